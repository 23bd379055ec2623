// Stands for psql where only a server is there: -c STATEMENT or -f - on the standard input, rows as `-XAtq` prints them, notices on the standard error.
import { readFileSync } from 'fs';
import pg from 'pg';

const args = process.argv.slice(2);
const value = (name) => args[args.indexOf(name) + 1];
const statement = args.includes('-c') ? value('-c') : readFileSync(0, 'utf8');
const { PGTEST, PGOPTIONS: options } = process.env;
const client = new pg.Client({ ...JSON.parse(PGTEST), database: value('-d'), options });
client.on('notice', ({ severity, message }) => console.error(`${severity}:  ${message}`));
try {
  await client.connect();
  const results = [await client.query({ text: statement, rowMode: 'array', types: { getTypeParser: () => String } })].flat();
  results.flatMap(({ rows }) => rows).forEach((row) => console.log(row.map((each) => each ?? '').join('|')));
} catch (error) {
  console.error(`ERROR:  ${error.message}`);
  process.exitCode = 3;
} finally {
  await client.end();
}
