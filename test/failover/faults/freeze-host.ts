import type { Fault } from './fault';

/** Every process of the primary's host stands still, as where a hypervisor pauses it, and goes on when others have gone on. */
export const freezeHost: Fault = {
  id: 'freeze-host',
  title: "primary's host frozen, then thawed",
  short: false,
  bounds: { direct: 60, balancer: 60, redundancy: 90 },
  async play(scene) {
    scene.breaks();
    scene.leader.freeze();
    try {
      await scene.failover();
      await scene.seconds(10);
    } finally {
      scene.heals();
      scene.leader.thaw();
    }
  },
};
