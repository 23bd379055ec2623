import { setTimeout as sleep } from 'timers/promises';
import { chosenFaults } from './faults';
import type { Fault } from './faults/fault';
import { requirePrimary, sql, untilRedundant } from './lab/cluster';
import { Lab } from './lab/lab';
import { place } from './launch';
import type { Options } from './options';
import { playFault, type Play } from './runner';
import { tableOf } from './table';
import { Clients, SET_UP } from './writers/clients';

/** Minutes after which a run gives up, for the first deployment and for each play. */
const LIMIT = { deployment: 6, play: 4 };

const print = (text: string) => console.log(text);

async function setUp(lab: Lab): Promise<Clients> {
  const primary = await requirePrimary(lab.hosts);
  for (const [database, statement] of SET_UP) {
    const { code, output } = await sql(primary, database, statement);
    if (code !== 0) throw new Error(`'${statement.split(' PASSWORD')[0]}' failed: ${output}`);
  }
  return Clients.create(lab);
}

function printPlay({ expectations }: Play): void {
  expectations.forEach(({ text, holds, detail }) => print(`  ${holds ? 'PASS' : 'FAIL'} ${text}${detail === '' ? '' : ` (${detail})`}`));
}

/** What hosts said last, for whoever looks for the reason of a failure. */
async function printJournals(lab: Lab): Promise<void> {
  for (const host of lab.hosts.filter(({ isAlive }) => isAlive)) {
    const { output } = await host.run(['bash', '-c', "journalctl --no-pager -o short-iso -u patroni -u 'node-*' | grep -v 'writer@lab' | grep -vE '  File |~~|INFO: no action' | tail -150"], { timeout: 20 });
    print(`--- ${host.name}\n${output}`);
  }
}

/** Plays a fault; answers whether it could be played to its end. */
async function playOnce(lab: Lab, clients: Clients, fault: Fault, run: number, plays: Play[]): Promise<boolean> {
  const error = await playFault(lab, clients, fault, run).then((played) => {
    plays.push(played);
    printPlay(played);
  }, (thrown: Error) => thrown);
  const failed = error instanceof Error;
  if (failed) print(`  FAIL it could be played to its end\n${error.stack}`);
  if (failed || plays.at(-1)?.expectations.some(({ holds }) => !holds) === true) await printJournals(lab);
  return !failed;
}

/** Plays every chosen fault as often as asked for; answers with the number of those that could not be played to their end. */
async function playAll(lab: Lab, options: Options, plays: Play[]): Promise<number> {
  const clients = await setUp(lab);
  let broken = 0;
  for (const fault of chosenFaults(options)) {
    for (let run = 1; run <= options.runs; run += 1) {
      print(`\n${fault.title} (${fault.id}, run ${run} of ${options.runs})`);
      if (await playOnce(lab, clients, fault, run, plays)) continue;
      broken += 1;
      // A cluster that does not come back is no start for another fault.
      if (!(await untilRedundant(lab.hosts).then(() => true, () => false))) return broken;
    }
  }
  return broken;
}

async function playOptions(options: Options): Promise<number> {
  const started = Date.now();
  const plays: Play[] = [];
  const lab = await Lab.create({ ...place(), nodes: options.nodes, nodeFiles: options.nodeFiles, note: (text) => print(`  ${text}`) });
  print('\nThe first deployment');
  await lab.deploy();
  const broken = await playAll(lab, options, plays);
  const expectations = plays.flatMap((played) => played.expectations);
  const kept = expectations.filter(({ holds }) => holds).length;
  const failed = expectations.length - kept + broken;
  if (plays.length > 0) print(`\n${tableOf(plays)}`);
  print(`\n${kept} expectations hold, ${failed} do not, after ${Math.round((Date.now() - started) / 1000)} s`);
  lab.close();
  return failed === 0 ? 0 : 1;
}

async function keep(options: Options): Promise<never> {
  const lab = await Lab.create({ ...place(), nodes: options.nodes, nodeFiles: options.nodeFiles, note: (text) => print(`  ${text}`) });
  await lab.deploy().catch((error: Error) => print(error.message));
  print(`The lab is in ${lab.work}. A command in a host: ${lab.work}/in 1 journalctl -b. Ctrl-C ends it.`);
  return new Promise<never>(() => setInterval(() => undefined, 60_000));
}

/** A cluster that hangs must not hang whoever runs this. */
async function tooLong(minutes: number): Promise<never> {
  await sleep(minutes * 60_000, undefined, { ref: false });
  throw new Error(`This took more than ${minutes} minutes.`);
}

/** Plays what arguments ask for; answers with the exit code. */
export async function play(options: Options): Promise<number> {
  if (options.keep) return keep(options);
  const minutes = LIMIT.deployment + LIMIT.play * chosenFaults(options).length * options.runs;
  return Promise.race([playOptions(options), tooLong(minutes)]);
}
