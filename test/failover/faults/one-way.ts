import type { Fault } from './fault';

/** The primary still speaks, and hears nobody. */
export const oneWay: Fault = {
  id: 'one-way',
  title: 'primary hears nobody (one-way partition)',
  short: false,
  bounds: { direct: 45, balancer: 45, redundancy: 90 },
  async play(scene) {
    scene.breaks();
    await scene.leader.drop('iifname eth0');
    await scene.failover();
    await scene.seconds(15);
    scene.heals();
    await scene.leader.hear();
  },
};
