import type { Fault } from './fault';
import { sql } from '../lab/cluster';
import { cutStorage, healStorage } from '../lab/network';

/** WAL that comes while nobody can archive it. */
const SEGMENTS = 128;

const BATCH = 16;

/** No node reaches S3 while 2 GB of WAL are written. It is kept, clients go on, and the archive catches up. */
export const archiveUnreachable: Fault = {
  id: 'archive-unreachable',
  title: 'archive unreachable for 2 GB of WAL',
  short: false,
  bounds: { direct: 30, balancer: 30, redundancy: 180 },
  async play(scene) {
    const waiting = () => scene.leader.bash('ls /data/postgresql/17/main/pg_wal/archive_status | grep -c "ready$" || true').then(Number);
    scene.breaks();
    await cutStorage();
    for (let segment = 0; segment < SEGMENTS; segment += BATCH) {
      // What this writes is WAL and nothing else.
      const { code, output } = await sql(scene.leader, 'lab', `SELECT pg_logical_emit_message(false, 'lab', repeat('x', 16777216)) FROM generate_series(1, ${BATCH})`, 120);
      if (code !== 0) throw new Error(`No more WAL after ${segment} segments: ${output}`);
    }
    const kept = await waiting();
    scene.expect('every segment is kept', kept >= SEGMENTS, `${kept} wait`);
    scene.heals();
    await healStorage();
    await scene.seconds(60);
    const left = await waiting();
    scene.expect('the archive catches up', left < kept, `${left} wait after 60 s`);
  },
};
