import { readFileSync } from 'fs';
import { join } from 'path';
import { readSteps, shapeOf, withOutputs } from './validation';

const PAGE = readFileSync(join(__dirname, '..', '..', 'examples', '02-hello-birthday', 'validate.md'), 'utf8');

const block = (where: string, command: string, output: string, kind = 'text') => ['```sh ' + where, command, '```', '', '```' + kind, output, '```', ''].join('\n');

test('a step is a command on a node, and its output', () => {
  const page = `Text.\n\n${block('primary', 'one \\\n  two', 'a\nb')}\nMore.\n\n${block('standby', 'three', 'c', 'text moving')}`;
  expect(readSteps(page)).toEqual([
    { where: 'primary', command: 'one \\\n  two', output: 'a\nb', moving: false },
    { where: 'standby', command: 'three', output: 'c', moving: true },
  ]);
});

test('outputs are written anew, and nothing else', () => {
  const page = `Text.\n\n${block('primary', 'one', 'a')}\nMore.\n\n${block('standby', 'two', 'b', 'text moving')}`;
  expect(withOutputs(page, ['\n x  \ny\n\n', '$& z'])).toBe(`Text.\n\n${block('primary', 'one', ' x\ny')}\nMore.\n\n${block('standby', 'two', '$& z', 'text moving')}`);
  expect(withOutputs(PAGE, readSteps(PAGE).map(({ output }) => output))).toBe(PAGE);
});

test.each([
  ['positions', 'node-2 | 0/5000148', 'node-2 | 1A/6F'],
  ['times', '2026-12-01 13:55:00.12345 done', '2026-12-02 03:00:01.5 done'],
  ['numbers', 'RPO=12, 3.5 MB', 'RPO=0, 17.25 MB'],
  ['widths', '| a   | b |\n+-----+---+', '| a | b    |\n+---+------+'],
  ['dots of whoever waits', 'waiting... done', 'waiting....... done'],
  ['the id of a cluster', '+ Cluster: failover (7578901234567890123) ---+', '+ Cluster: failover (7578901234567890999) -+'],
])('the shape is the same for other %s', (_, one, other) => {
  expect(shapeOf(one)).toEqual(shapeOf(other));
});

test.each([
  ['names of nodes', 'node-2 | streaming', 'node-3 | streaming'],
  ['names of slots', 'node_2 | t', 'node_3 | t'],
  ['states', 'node-2 | streaming', 'node-2 | running'],
  ['numbers of rows', '(2 rows)', '(1 row)'],
  ['lines', 'a', 'a\nb'],
])('fails to be the same shape for other %s', (_, one, other) => {
  expect(shapeOf(one)).not.toEqual(shapeOf(other));
});

test('tables of members that move are not compared, and what is said about them is', () => {
  expect(shapeOf('12:00 Switched over\n| node-1 | stopped |\n+---+', true)).toEqual(shapeOf('13:00 Switched over\n| node-1 | running |\n| node-2 | running |\n+---+', true));
  expect(shapeOf('Switched over\n| node-1 |', true)).not.toEqual(shapeOf('Failed over\n| node-1 |', true));
});

test('the page shows all that the system is validated by', () => {
  const commands = readSteps(PAGE).map(({ where, command }) => `${where}: ${command}`).join('\n');
  for (const part of ['primary: .*pg_replication_slots', 'primary: .*pg_stat_replication', 'primary: .*pg_is_in_recovery', 'standby: .*pg_is_in_recovery', 'patronictl .*list', 'patronictl .*switchover', 'patronictl .*failover', 'restore.sh']) {
    expect(commands).toMatch(new RegExp(part));
  }
});
