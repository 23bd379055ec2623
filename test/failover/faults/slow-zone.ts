import type { Fault } from './fault';
import { switchOver, timelineOf, untilRedundant } from '../lab/cluster';
import { SlowCable } from '../lab/slow-cable';
import type { Scene } from '../scene';

/** Seconds for which the zone stays slow before anybody does something. Patroni's lease ends in 20. */
const WATCHED = 40;

/** Every frame of the primary takes longer, each way, while something is done. */
async function whileSlow(scene: Scene, seconds: number, act: () => Promise<void>): Promise<void> {
  scene.breaks();
  const cable = await SlowCable.put(scene.lab.work, scene.leader.node, seconds);
  try {
    await scene.seconds(WATCHED);
    await act();
  } finally {
    scene.heals();
    await cable.remove();
  }
}

/** The zone of the primary is slow and up. Nobody takes over by itself; an operator can hand over while it is slow. */
export const slowZone: Fault = {
  id: 'slow-zone',
  title: "primary's zone slow (+0.2 s each way), switchover meanwhile",
  short: false,
  bounds: { direct: 45, balancer: 60, redundancy: 90 },
  async play(scene) {
    const [candidate] = scene.standbys;
    const before = await timelineOf(scene.hosts);
    await whileSlow(scene, 0.2, async () => {
      const meanwhile = await timelineOf(scene.standbys);
      scene.expect('nobody takes over by itself', meanwhile === before, `timeline ${before}, then ${meanwhile}`);
      await switchOver(scene.leader, candidate, { on: candidate, timeout: 90 });
      await scene.failover();
    });
    await untilRedundant(scene.hosts);
    const after = await timelineOf(scene.hosts);
    scene.expect('one change of the timeline, by the switchover', after === before + 1, `timeline ${before}, then ${after}`);
  },
};

/** The zone of the primary is so slow that Patroni's requests to etcd end by their time limits: for the cluster, it is away. */
export const crawlingZone: Fault = {
  id: 'crawling-zone',
  title: "primary's zone slow (+1 s each way)",
  short: false,
  bounds: { direct: 90, balancer: 90, redundancy: 90 },
  async play(scene) {
    const before = await timelineOf(scene.hosts);
    await whileSlow(scene, 1, () => Promise.resolve());
    await untilRedundant(scene.hosts);
    const after = await timelineOf(scene.hosts);
    scene.expect('at most one change of the timeline', after <= before + 1, `timeline ${before}, then ${after}`);
  },
};
