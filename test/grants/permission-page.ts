import type { GrantRow, GrantTable } from './grant-table';

export const PAGE = 'docs/permissions.md';

/** The page with the tables of all grants between their marks. A grant without marks is an error. */
export function withTables(page: string, tables: readonly GrantTable[]): string {
  return [...new Map(tables.flatMap((table) => table.covers.map((grant) => [grant, table] as const)).reverse())].reduce((text, [grant, { rows }]) => {
    const marked = new RegExp(`(\n### \`${grant}\`\n\n<!-- ${grant} -->\n)[^]*?(<!-- end -->\n)`);
    if (!marked.test(text)) throw new Error(`${PAGE} has no section '### \`${grant}\`' with the marks '<!-- ${grant} -->' and '<!-- end -->'`);
    return text.replace(marked, (_, begin: string, end: string) => begin + tableOf(rows) + end);
  }, page);
}

/** Rows that say the same of several actions are one. */
function tableOf(rows: readonly GrantRow[]): string {
  const lines = new Map<string, string[]>();
  for (const { decision, action, why } of [...rows].sort((a, b) => a.decision.localeCompare(b.decision))) {
    const key = `${decision === 'allowed' ? 'may' : 'may not'}|${why}`;
    lines.set(key, [...new Set([...lines.get(key) ?? [], action])]);
  }
  const body = [...lines].map(([key, actions]) => {
    const [may, why] = key.split('|');
    return `| ${may} | ${why} | ${actions.map((action) => `\`${action}\``).join(', ')} |`;
  });
  return ['| | | action |', '|---|---|---|', ...body, ''].join('\n');
}
