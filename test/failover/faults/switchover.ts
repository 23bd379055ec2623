import type { Fault } from './fault';
import { switchOver } from '../lab/cluster';

/** An operator hands the primary to another node while clients write. */
export const switchover: Fault = {
  id: 'switchover',
  title: 'switchover under load',
  short: true,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    const [candidate] = scene.standbys;
    scene.breaks();
    await switchOver(scene.leader, candidate);
    await scene.failover();
    scene.heals();
    await scene.seconds(8);
  },
};
