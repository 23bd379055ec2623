import type { Fault } from './fault';
import { expectNoFailure, useService } from './service-scene';
import { switchOver } from '../lab/cluster';

/** An operator hands the primary to another node while clients use the service, which waits for it. */
export const serviceSwitchover: Fault = {
  id: 'service-switchover',
  title: 'switchover under the service',
  short: false,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    const [candidate] = scene.standbys;
    const answers = await useService(scene, async () => {
      scene.breaks();
      await switchOver(scene.leader, candidate);
      await scene.failover();
      scene.heals();
      await scene.seconds(15);
    });
    expectNoFailure(scene, answers);
  },
};
