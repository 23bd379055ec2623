import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { takeBackup } from './backup-and-restore';
import type { Fault } from './fault';
import { members, requirePrimary, sql, switchOver, until, untilRedundant } from '../lab/cluster';
import type { Host } from '../lab/host';
import { createServiceDatabase } from '../lab/service-database';
import type { Scene } from '../scene';
import { readSteps, shapeOf, withOutputs, type Step } from '../validation';

const PAGE = join(__dirname, '..', '..', '..', 'examples', '02-hello-birthday', 'validate.md');

/** Set, the page gets the outputs of this run. */
const WRITE = 'WRITE_VALIDATION';

/** Seconds before now to which the page restores, and some for the archive. */
const BEFORE_RESTORE = 150;

/** Commands that a person types to look whether all is well: those of a page, whose outputs have to be what it shows. */
export const validate: Fault = {
  id: 'validate',
  title: 'validation of the example, as its page shows it',
  short: false,
  bounds: { direct: 30, balancer: 45, redundancy: 60 },
  async play(scene) {
    await arrange(scene);
    const since = Date.now();
    const page = readFileSync(PAGE, 'utf8');
    const outputs: string[] = [];
    scene.breaks();
    for (const step of readSteps(page)) {
      if (step.command.includes('restore.sh')) await sleep(Math.max(0, since + BEFORE_RESTORE * 1000 - Date.now()));
      outputs.push(await perform(scene, step));
    }
    scene.heals();
    if (process.env[WRITE] !== undefined) writeFileSync(PAGE, withOutputs(page, outputs));
  },
};

/** The page begins with node-1 as the primary, somebody whose birthday is known, and a backup. */
async function arrange(scene: Scene): Promise<void> {
  const [first] = scene.hosts;
  await createServiceDatabase(scene.lab);
  const { code, output } = await sql(scene.leader, 'hello', "INSERT INTO people (username, date_of_birth) VALUES ('ada', '1990-12-10') ON CONFLICT DO NOTHING");
  if (code !== 0) throw new Error(`Ada can't be remembered: ${output}`);
  await takeBackup(scene);
  if (scene.leader === first) return;
  await switchOver(scene.leader, first);
}

/** Runs a command as the page's reader does, and compares what it prints. */
async function perform(scene: Scene, { where, command, output: expected, moving }: Step): Promise<string> {
  await untilSteady(scene);
  const host = await hostOf(scene, where);
  const { output } = await host.run(['bash', '-c', command], { timeout: 300 });
  const [shape, wanted] = [shapeOf(output, moving), shapeOf(expected, moving)];
  const same = shape.join('\n') === wanted.join('\n');
  scene.expect(`on the ${where}: ${command.split('\n').join(' ')}`, same, same ? '' : `it printed:\n${output}\nwhere the page has the shape:\n${wanted.join('\n')}\nand not:\n${shape.join('\n')}`);
  return output;
}

/** A standby streams before it may confirm. */
async function untilSteady(scene: Scene): Promise<void> {
  await untilRedundant(scene.hosts);
  const confirm = async () => (await members(scene.hosts)).filter(({ role }) => role === 'quorum_standby').length;
  await until('every standby may confirm', async () => (await confirm()) === scene.hosts.length - 1, 60);
}

async function hostOf(scene: Scene, where: Step['where']): Promise<Host> {
  const primary = await requirePrimary(scene.hosts);
  return where === 'primary' ? primary : scene.hosts.filter((host) => host !== primary)[0];
}
