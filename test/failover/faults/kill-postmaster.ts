import type { Fault } from './fault';

/** The server process dies; Patroni starts it again. */
export const killPostmaster: Fault = {
  id: 'kill-postmaster',
  title: 'postmaster killed',
  short: true,
  bounds: { direct: 20, balancer: 20, redundancy: 60 },
  async play(scene) {
    scene.breaks();
    await scene.leader.bash('kill -KILL "$(head -1 /data/postgresql/17/main/postmaster.pid)"');
    scene.heals();
    await scene.seconds(12);
  },
};
