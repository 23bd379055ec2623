import type { Fault } from './fault';
import { replaceNode } from './replace-node';
import { timelineOf, untilRedundant } from '../lab/cluster';

/** A deployment that replaces every instance, one after the other; volumes stay. */
export const rollingChange: Fault = {
  id: 'rolling-change',
  title: 'every instance replaced, one after the other',
  short: false,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    const before = await timelineOf(scene.hosts);
    scene.breaks();
    for (const host of scene.hosts) {
      await replaceNode(scene, host, 'kept');
    }
    scene.heals();
    await untilRedundant(scene.hosts);
    const switchovers = (await timelineOf(scene.hosts)) - before;
    scene.expect('at most two switchovers', switchovers <= 2, String(switchovers));
  },
};
