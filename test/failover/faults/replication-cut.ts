import type { Fault } from './fault';
import type { Host } from '../lab/host';

/** No standby gets anything any more while clients still reach the primary. Then its host dies: what was acknowledged must be elsewhere. */
export const replicationCut: Fault = {
  id: 'replication-cut',
  title: 'replication cut, then primary killed',
  short: false,
  bounds: { direct: 60, balancer: 60, redundancy: 120 },
  async play(scene) {
    const peers = scene.standbys.map(({ address }: Host) => address).join(', ');
    scene.breaks();
    await scene.leader.drop(`ip saddr { ${peers} } tcp dport 5432`);
    await scene.seconds(8);
    await scene.leader.kill();
    await scene.failover();
    await scene.seconds(8);
    scene.heals();
    await scene.leader.boot();
  },
};
