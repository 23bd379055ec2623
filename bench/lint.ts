import { printTable, type Verdict } from './support/report';
import { fastest } from './support/statistics';
import { lintMigrations } from '../src/postgres/engine/migrations/lint-migrations';

const MEGABYTES = [0.5, 5] as const;
const ROUNDS = 7;
const SHAPES: { readonly [name: string]: (bytes: number) => string } = {
  'one INSERT of many rows': (bytes) => `INSERT INTO t VALUES\n${repeat(bytes, (index) => `(${index}, '${'x'.repeat(60)}')`).join(',\n')};`,
  'many statements': (bytes) => repeat(bytes, (index) => `INSERT INTO t VALUES (${index}, 'y');`).join('\n'),
  'one function': (bytes) => `CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN\n${repeat(bytes, (index) => `  PERFORM ${index};`).join('\n')}\nEND $$;`,
};

/** (k) The lint of one migration file, by its size. */
export async function benchLint(): Promise<Verdict[]> {
  const results = Object.entries(SHAPES).map(([name, shape]) => {
    const files = MEGABYTES.map((size) => ({ name: '20260101000000_x.sql', content: `-- migrate:up\n${shape(size * 1e6)}\n-- migrate:down\n` }));
    const rounds = Array.from({ length: ROUNDS }, () => files.map(timed));
    const [small, large] = MEGABYTES.map((_, index) => fastest(rounds.map((round) => round[index])));
    return { name, small, large, growth: large / small / (MEGABYTES[1] / MEGABYTES[0]) };
  });
  printTable(`### (k) Lint of a migration file, fastest of ${ROUNDS} rounds`, ['', `${MEGABYTES[0]} MB, ms`, `${MEGABYTES[1]} MB, ms`, 'time for each MB, ratio'], results.map(({ name, small, large, growth }) => [name, small, large, growth]));
  return [{ what: `(k) lint, time for each MB, ${MEGABYTES[1]} MB over ${MEGABYTES[0]} MB, worst of ${results.length}`, value: Math.max(...results.map(({ growth }) => growth)), target: 2 }];
}

function timed(file: { readonly name: string; readonly content: string }): number {
  const start = performance.now();
  lintMigrations('dbmate', [file]);
  return performance.now() - start;
}

function repeat(bytes: number, line: (index: number) => string): string[] {
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += lines[lines.length - 1].length + 1) lines.push(line(lines.length));
  return lines;
}
