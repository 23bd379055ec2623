import * as fs from 'fs';
import * as path from 'path';
import type { Report } from '../../examples/demo/report';

const FILE = path.join(__dirname, 'filtered.json');

/** By example and posture: what is taken out of it, and how often. */
type FilteredList = Record<string, Record<string, number>>;

/**
 * Prints what was filtered and compares it with the list in the repository, so that nobody takes more or less out of what is
 * tested without knowing. With `--accept` the list becomes what was found.
 */
export function checkFiltered(report: Report, name: string, changes: Record<string, string[]>): void {
  const found = Object.fromEntries(Object.entries(changes).map(([what, where]): [string, number] => [what, where.length]).sort(([a], [b]) => a < b ? -1 : 1));
  Object.entries(found).forEach(([what, times]) => report.note(`filtered: ${what} × ${times}`));
  const list = JSON.parse(fs.readFileSync(FILE, 'utf8')) as FilteredList;
  if (process.argv.includes('--accept')) {
    fs.writeFileSync(FILE, `${JSON.stringify({ ...list, [name]: found }, undefined, 2)}\n`);
  }
  const expected = process.argv.includes('--accept') ? found : list[name] ?? {};
  const differences = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((what) => expected[what] !== found[what])
    .map((what) => `${what}: ${expected[what] ?? 0} in filtered.json, ${found[what] ?? 0} now`);
  report.check(differences.length === 0, `what is filtered of ${name} is what filtered.json says`, differences.join('; '));
}
