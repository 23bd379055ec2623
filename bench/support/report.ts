/** One figure that has a target. */
export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit?: string;
  /** More is better. */
  readonly atLeast?: boolean;
}

/** Prints a Markdown table, aligned. */
export function printTable(title: string, head: string[], rows: (string | number)[][]): void {
  const cells = [head, ...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? format(cell) : cell)))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length), 3));
  const line = (row: string[]) => `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  console.log(['', title, '', line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n'));
}

/** Prints each figure beside its target. */
export function printVerdicts(verdicts: readonly Verdict[]): void {
  printTable('### Targets', ['figure', 'measured', 'target', 'held'], verdicts.map(({ what, value, target, unit = '', atLeast = false }) => [
    what, `${value.toFixed(2)}${unit}`, `${atLeast ? '≥' : '≤'} ${target}${unit}`, (atLeast ? value >= target : value <= target) ? 'yes' : 'no',
  ]));
}

/** Digits that mean something. */
function format(value: number): string {
  return Number.isInteger(value) || value >= 1000 ? value.toFixed(0) : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
