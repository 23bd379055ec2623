import type { CostLine, CostSubtotal, CostSummary } from '../cost-summary';

/** Cells of a row: construct, price, quantity, unit price, amount, idle amount. */
type Row = readonly [string, string, string, string, string, string];

const HEADER: Row = ['construct', 'price', 'a month', 'unit price', 'USD', 'USD idle'];

interface Remark {
  readonly title: string;
  readonly items: readonly string[];
}

/** Columns that align, numbers to the right. */
export function textOf(summary: CostSummary): string {
  const rows = [HEADER, ...rowsOf(summary), ...sumsOf(summary).map(({ name, total, idleTotal }): Row => [name, '', '', '', money(total), money(idleTotal)])];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const table = rows.map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd());
  return [...table, ...remarksOf(summary).flatMap(({ title, items }) => ['', `${title}:`, ...items.map((item) => `- ${item}`)])].join('\n');
}

export function markdownOf(summary: CostSummary): string {
  const rows = [
    ...rowsOf(summary).map(([construct, price, ...numbers]) => [construct, `\`${price}\``, ...numbers]),
    ...sumsOf(summary).map(({ name, total, idleTotal }) => [`**${name}**`, '', '', '', `**${money(total)}**`, `**${money(idleTotal)}**`]),
  ];
  return [
    `| ${HEADER.join(' | ')} |`,
    '|---|---|--:|--:|--:|--:|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    ...remarksOf(summary).flatMap(({ title, items }) => ['', `${title}:`, '', ...items.map((item) => `- ${item}`)]),
  ].join('\n');
}

/** One row for equal prices of one construct. */
function rowsOf({ lines, stacks }: CostSummary): Row[] {
  const groups = new Map<string, CostLine[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.stack, line.construct, line.priceName, line.region, line.unitPrice]);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()].map((group): Row => {
    const [{ stack, construct, priceName, unit, unitPrice }] = group;
    return [
      stacks.length > 1 ? `${stack}/${construct}` : construct,
      priceName,
      counted(sum(group, ({ quantity }) => quantity), unit),
      decimal(unitPrice),
      money(sum(group, ({ monthly }) => monthly)),
      money(sum(group, ({ idleMonthly }) => idleMonthly)),
    ];
  });
}

function sumsOf(summary: CostSummary): CostSubtotal[] {
  const all = { name: 'all', total: summary.total, idleTotal: summary.idleTotal };
  const several = (name: string, parts: readonly CostSubtotal[]) => (parts.length > 1 ? parts.map((part) => ({ ...part, name: `${name} ${part.name}` })) : []);
  return [...several('stack', summary.stacks), ...several('posture', summary.postures), all];
}

function remarksOf(summary: CostSummary): Remark[] {
  return [
    { title: 'Assumptions', items: summary.assumptions },
    { title: 'Not decided by the templates', items: summary.undecided.map(({ constructPath, message }) => `${constructPath}: ${message}`) },
    { title: 'Types without a known price, not in the totals', items: summary.unknownTypes },
    { title: 'Types that cost only what is used', items: summary.usageBasedTypes.length === 0 ? [] : [summary.usageBasedTypes.join(', ')] },
  ].filter(({ items }) => items.length > 0);
}

function sum(lines: readonly CostLine[], amountOf: (line: CostLine) => number): number {
  return lines.reduce((amount, line) => amount + amountOf(line), 0);
}

function money(amount: number): string {
  return amount.toFixed(2);
}

function counted(quantity: number, unit: string): string {
  return `${decimal(quantity)} ${unit}${quantity === 1 || unit === 'GB' ? '' : 's'}`;
}

/** As many digits as the price lists have. */
function decimal(value: number): string {
  return String(Number(value.toFixed(7)));
}
