import type { Fault } from './fault';
import { plug, unplug } from '../lab/network';

/** The primary is cut off, with a client in it that goes on writing, and comes back after others have gone on. */
export const partition: Fault = {
  id: 'partition',
  title: 'primary cut off, then healed',
  short: true,
  bounds: { direct: 45, balancer: 45, redundancy: 90 },
  async play(scene) {
    scene.breaks();
    await unplug(scene.leader.node);
    await scene.failover();
    await scene.seconds(15);
    scene.heals();
    await plug(scene.leader.node);
  },
};
