import type { Fault } from './fault';

/** Two of three hosts are gone within 60 s: no writes until one is back, and that passes by itself. */
export const twoFaults: Fault = {
  id: 'two-faults',
  title: 'standby killed, 20 s later the primary',
  short: false,
  bounds: { direct: 90, balancer: 90, redundancy: 150 },
  async play(scene) {
    const [standby] = scene.standbys;
    scene.breaks();
    await standby.kill();
    await scene.seconds(20);
    await scene.leader.kill();
    await scene.seconds(20);
    await standby.boot();
    await scene.failover(120);
    scene.heals();
    await scene.leader.boot();
  },
};
