import type { Fault } from './fault';
import { moveEtcdLeader } from '../lab/cluster';

/** The worst host dies: the primary's, while it also leads etcd. Later it boots again. */
export const killHost: Fault = {
  id: 'kill-host',
  title: "primary's host killed, with etcd's leader",
  short: true,
  bounds: { direct: 45, balancer: 45, redundancy: 90 },
  async play(scene) {
    await moveEtcdLeader(scene.hosts, scene.leader);
    scene.breaks();
    await scene.leader.kill();
    await scene.failover();
    await scene.seconds(8);
    scene.heals();
    await scene.leader.boot();
  },
};
