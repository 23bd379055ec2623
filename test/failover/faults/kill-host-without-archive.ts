import type { Fault } from './fault';
import { cutStorage, healStorage } from '../lab/network';

/** No node reaches S3 when the host of the primary dies. A standby that asks the archive before it promotes must not wait for it. */
export const killHostWithoutArchive: Fault = {
  id: 'kill-host-without-archive',
  title: "primary's host killed while S3 is unreachable",
  short: false,
  bounds: { direct: 60, balancer: 60, redundancy: 120 },
  async play(scene) {
    await cutStorage();
    try {
      await scene.seconds(20);
      scene.breaks();
      await scene.leader.kill();
      await scene.failover(180);
      await scene.seconds(8);
    } finally {
      await healStorage();
    }
    scene.heals();
    await scene.leader.boot();
  },
};
