import type { Fault } from './fault';

/** An operator hands the primary to another node while clients write. */
export const switchover: Fault = {
  id: 'switchover',
  title: 'switchover under load',
  short: true,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    const [candidate] = scene.standbys;
    scene.breaks();
    await scene.leader.output(['patronictl', '-c', '/etc/patroni/config.yml', 'switchover', '--leader', scene.leader.name, '--candidate', candidate.name, '--force'], { timeout: 60 });
    await scene.failover();
    scene.heals();
    await scene.seconds(8);
  },
};
