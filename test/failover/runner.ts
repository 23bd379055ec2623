import { mkdirSync } from 'fs';
import { join } from 'path';
import type { Fault } from './faults/fault';
import { requirePrimary, untilRedundant } from './lab/cluster';
import type { Lab } from './lab/lab';
import { Scene, type Expectation } from './scene';
import type { Clients } from './writers/clients';
import { Writers } from './writers/writers';

/** What one play of a fault showed; times are seconds. */
export interface Play {
  readonly fault: Fault;
  readonly acknowledged: number;
  readonly lost: number;
  readonly direct: number;
  readonly balancer: number;
  readonly redundancy: number;
  readonly expectations: Expectation[];
}

/** Plays a fault under load, waits until every node takes part again, and compares what was acknowledged with what is stored. */
export async function playFault(lab: Lab, clients: Clients, fault: Fault, run: number): Promise<Play> {
  await untilRedundant(lab.hosts);
  const scene = new Scene(lab, clients, await requirePrimary(lab.hosts));
  const folder = join(lab.work, `${fault.id}-${run}`);
  mkdirSync(folder);
  const writers = await Writers.start(clients, folder, `${fault.id}-${run}`, scene.leader);
  try {
    await scene.seconds(2);
    await fault.play(scene);
    await untilRedundant(lab.hosts);
    const redundancy = (Date.now() - scene.ended) / 1000;
    await scene.seconds(2);
    await writers.stop();
    return await judge(scene, fault, writers, redundancy);
  } finally {
    await writers.stop();
  }
}

async function judge(scene: Scene, fault: Fault, writers: Writers, redundancy: number): Promise<Play> {
  const stopped = Date.now();
  const verdict = await writers.judge(await requirePrimary(scene.hosts));
  const direct = writers.stall('direct', scene.began, stopped);
  const balancer = writers.stall('balancer', scene.began, stopped);
  scene.expect('no acknowledged row is lost', verdict.lost === 0, `${verdict.lost} of ${verdict.acknowledged}`);
  within(scene, 'stall of writers with all addresses', direct, fault.bounds.direct);
  within(scene, 'stall of writers through the balancer', balancer, fault.bounds.balancer);
  within(scene, 'redundancy', redundancy, fault.bounds.redundancy);
  return { fault, ...verdict, direct, balancer, redundancy, expectations: scene.expectations };
}

function within(scene: Scene, what: string, seconds: number, bound: number): void {
  scene.expect(`${what}: at most ${bound} s`, seconds <= bound, `${seconds.toFixed(1)} s`);
}
