import type { Fault } from './fault';
import { moveEtcdLeader } from '../lab/cluster';
import type { Scene } from '../scene';

const bounds = { direct: 45, balancer: 45, redundancy: 90 };

/** A host dies, and boots again later. */
async function kill(scene: Scene): Promise<void> {
  scene.breaks();
  await scene.leader.kill();
  await scene.failover();
  await scene.seconds(8);
  scene.heals();
  await scene.leader.boot();
}

/** The worst host dies: the primary's, while it also leads etcd. */
export const killHost: Fault = {
  id: 'kill-host',
  title: "primary's host killed, with etcd's leader",
  short: true,
  bounds,
  async play(scene) {
    await moveEtcdLeader(scene.hosts, scene.leader);
    await kill(scene);
  },
};

/** The primary's host dies as nodes are most of the time: their timer keeps etcd's leader elsewhere. */
export const killHostOnly: Fault = {
  id: 'kill-host-only',
  title: "primary's host killed, etcd's leader elsewhere",
  short: false,
  bounds,
  async play(scene) {
    await moveEtcdLeader(scene.hosts, scene.standbys[0]);
    await kill(scene);
  },
};
