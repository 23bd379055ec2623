import { createHash } from 'crypto';
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import type { Fault } from './fault';
import { ask, until } from '../lab/cluster';
import { BUCKET, CLUSTER, REGION } from '../lab/constants';
import type { Host } from '../lab/host';
import { samplesOf } from '../lab/metrics';
import type { Scene } from '../scene';

/** Within which the alarm has to ring, in seconds: the archiver comes to the file, and a metric is published each minute. */
const NOTICED = 120;

/** Another primary has archived a file of WAL under the name that comes next. Error 45: the alarm rings, nothing is written over it, and the way out of the docs works. */
export const walConflict: Fault = {
  id: 'wal-conflict',
  title: 'WAL of another primary in the archive (error 45)',
  short: false,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    const segment = await ask(scene.leader, 'postgres', 'SELECT pg_walfile_name(pg_current_wal_lsn() + 16777216)');
    scene.breaks();
    await archiveForeign(scene.standbys[0], segment);
    const [foreign] = objectsOf(scene, segment);
    const conflicts = (since: number) => samplesOf(scene.lab.aws, since).filter(({ name, node }) => name === 'WalConflicts' && node === scene.leader.node);
    // It becomes the current one, and is done.
    await ask(scene.leader, 'postgres', 'SELECT pg_switch_wal()');
    await ask(scene.leader, 'postgres', "SELECT pg_logical_emit_message(true, 'lab', 'x'), pg_switch_wal()");
    const took = await until('the metric tells it', () => Promise.resolve(conflicts(scene.began).some(({ value }) => value > 0)), 240);
    scene.expect(`the alarm rings within ${NOTICED} s`, took <= NOTICED, `${took.toFixed(1)} s`);
    await scene.seconds(65);
    const kept = objectsOf(scene, segment);
    scene.expect('nothing is archived over it', kept.length === 1 && kept[0].name === foreign.name && kept[0].hash === foreign.hash, kept.map(({ name }) => name).join(', '));
    await wayOut(scene, segment, foreign.name);
    scene.heals();
    const since = Date.now();
    await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
    scene.expect('the metric is 0 again', conflicts(since).every(({ value }) => value === 0) && conflicts(since).length > 0);
  },
};

/** Archives WAL of this cluster under another name, by the program and the settings of a node. */
async function archiveForeign(host: Host, segment: string): Promise<void> {
  await host.bash([
    'install -d -m 700 -o postgres -g postgres /tmp/foreign',
    'own=$(find /data/postgresql/17/main/pg_wal -maxdepth 1 -type f -regex ".*/[0-9A-F]*" -size 16M | sort | head -n 1)',
    `install -m 600 -o postgres -g postgres "$own" /tmp/foreign/${segment}`,
    `. /opt/first-boot/backups.sh; pgbackrest_ --no-archive-async archive-push /tmp/foreign/${segment}`,
  ].join('\n'), { timeout: 60 });
}

interface Archived {
  readonly name: string;
  readonly hash: string;
}

/** What the bucket has of a file of WAL. */
function objectsOf(scene: Scene, segment: string): Archived[] {
  const folder = join(scene.lab.work, 's3', BUCKET);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes(`/${segment}-`) && file.endsWith('_object'));
  return files.map((file) => ({ name: file.replace('._S3rver_object', ''), hash: createHash('sha256').update(readFileSync(join(folder, file))).digest('hex') }));
}

/** Commands of docs/monitoring.md: the file of the other primary goes, the archiver goes on by itself, and a full backup begins anew. */
async function wayOut(scene: Scene, segment: string, key: string): Promise<void> {
  const log = await scene.leader.bash('journalctl --no-pager -u patroni --since -10min | grep "already exists in the repo1 archive" | tail -n 1');
  scene.expect('the journal names the file', log.includes(segment), log.trim().slice(-160));
  const listed = await scene.leader.bash(`. /opt/first-boot/backups.sh; pgbackrest_ repo-ls archive/${CLUSTER}/17-1/${segment.slice(0, 16)} --filter '^${segment}'`, { timeout: 60 });
  scene.expect('a command of pgBackRest shows it', key.endsWith(listed.trim()) && listed.trim() !== '', listed.trim());
  await scene.leader.bash(`aws s3 rm --region ${REGION} s3://${BUCKET}/${CLUSTER}/archive/${CLUSTER}/17-1/${segment.slice(0, 16)}/${listed.trim()}`, { timeout: 60 });
  const took = await until(`${segment} is archived`, async () => (await ask(scene.leader, 'postgres', `SELECT last_archived_wal >= '${segment}' FROM pg_stat_archiver`)) === 't', 120);
  const own = objectsOf(scene, segment);
  scene.expect('the archive goes on with the own file', own.length === 1 && own[0].name !== key, `after ${took.toFixed(1)} s`);
  await scene.leader.bash('systemctl start node-backup-full', { timeout: 180 });
  const { code, output } = await scene.leader.run(['bash', '/opt/first-boot/backup-check.sh', 'now'], { timeout: 120 });
  scene.expect('backups are good again', code === 0, output.trim().split('\n').pop());
}
