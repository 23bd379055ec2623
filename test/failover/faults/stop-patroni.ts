import type { Fault } from './fault';

/** Patroni of the primary stands still, and its server goes on without it, until something that is not Patroni ends it. */
export const stopPatroni: Fault = {
  id: 'stop-patroni',
  title: 'Patroni of the primary stopped (SIGSTOP)',
  short: true,
  bounds: { direct: 45, balancer: 45, redundancy: 90 },
  async play(scene) {
    const signal = (name: string) => scene.leader.output(['systemctl', 'kill', '--kill-whom=main', `--signal=${name}`, 'patroni']);
    scene.breaks();
    await signal('SIGSTOP');
    await scene.failover();
    await scene.seconds(8);
    scene.heals();
    await signal('SIGCONT');
  },
};
