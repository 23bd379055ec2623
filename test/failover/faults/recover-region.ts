import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'fs';
import { join } from 'path';
import type { Fault } from './fault';
import { ask, primary, until } from '../lab/cluster';
import { BUCKET, CLUSTER, ELSEWHERE } from '../lab/constants';
import { FENCE_ENVIRONMENT } from '../lab/environment';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/** How long hosts of the lost region must stay without PostgreSQL for the test to believe it. */
const FENCED_SECONDS = 30;

/** Files of the archive that never came to the other region. */
const MISSING_SEGMENTS = 2;

/** What `recover.sh` says of a recovery. */
interface Recovery {
  readonly backup: string;
  readonly reached: string | null;
  readonly recoveryPointAge: number | null;
  readonly unreadFiles: number | null;
  readonly recoverySeconds: number;
}

/**
 * The region is lost, and the other one has its backups but for the newest objects. A host there restores the newest complete backup and goes on. When the
 * lost region comes back, its nodes do not start PostgreSQL. At last the marker is taken away, as if it all had been a mistake, and they go on.
 */
export const recoverRegion: Fault = {
  id: 'recover-region',
  title: 'region lost, recovered in another one from a bucket without its newest objects',
  short: false,
  bounds: { direct: 900, balancer: 900, redundancy: 240 },
  async play(scene) {
    await fenceable(scene);
    const [complete, incomplete] = [await backUp(scene.leader, 'full'), await backUp(scene.leader, 'diff')];
    const expected = await writeOn(scene);
    scene.breaks();
    replicate(scene, incomplete);
    await Promise.all(scene.hosts.map((host) => host.kill()));
    const [elsewhere] = await scene.lab.elsewhere(1);
    await recover(scene, elsewhere, { complete, expected, gap: false });
    await returnFenced(scene);
    await elsewhere.kill();
    dropSegment(scene);
    await elsewhere.format();
    // A cluster of one node makes nothing anew while its bucket has backups.
    rmSync(join(bucket(scene, ELSEWHERE.bucket), ELSEWHERE.cluster), { recursive: true });
    await recover(scene, elsewhere, { complete, expected: 0, gap: true });
    await elsewhere.kill();
    await comeBack(scene);
  },
};

/** What the construct writes where another region may take over, and what `start.sh` does of it. */
async function fenceable(scene: Scene): Promise<void> {
  const lines = FENCE_ENVIRONMENT.map((line) => `echo '${line}' >> /etc/first-boot.env`);
  await Promise.all(scene.hosts.map((host) => host.bash([...lines, 'bash /opt/first-boot/region.sh', 'systemctl start node-metrics'].join('\n'), { timeout: 60 })));
}

/** Takes a backup; answers with its label. */
export async function backUp(host: Host, kind: string): Promise<string> {
  await until(`a ${kind} backup is taken`, async () => (await host.run(['systemctl', 'start', `node-backup-${kind}`], { timeout: 180 })).code === 0, 240);
  return (await host.bash('. /opt/first-boot/backups.sh; repository | jq -r ".[0].backup[-1].label"', { timeout: 60 })).trim();
}

/** Clients write on, and the heartbeat is taken. Answers with the number of rows that the other region must have. */
export async function writeOn(scene: Scene): Promise<number> {
  await scene.seconds(5);
  await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
  const rows = Number(await ask(scene.leader, 'lab', 'SELECT count(*) FROM lab.writes'));
  await archive(scene.leader, 1);
  // These are lost with the region.
  await archive(scene.leader, MISSING_SEGMENTS);
  return rows;
}

export async function archive(host: Host, segments: number): Promise<void> {
  for (let segment = 0; segment < segments; segment += 1) {
    const name = await ask(host, 'postgres', 'SELECT pg_walfile_name(pg_switch_wal())');
    await until(`${name} is in the archive`, async () => (await ask(host, 'postgres', `SELECT last_archived_wal >= '${name}' FROM pg_stat_archiver`)) === 't', 90);
  }
}

export const bucket = (scene: Scene, name: string) => join(scene.lab.work, 's3', name);

/** Keys of the WAL in a bucket, the newest last. */
function archived(scene: Scene, name: string): string[] {
  const files = readdirSync(bucket(scene, name), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.startsWith(join(CLUSTER, 'archive')) && /[0-9A-F]{24}-[^/]*_object$/.test(file)).sort();
}

/** S3 replicates objects in no order: a part of the newest backup, and the newest WAL, are not there. */
function replicate(scene: Scene, incomplete: string): void {
  cpSync(bucket(scene, BUCKET), bucket(scene, ELSEWHERE.replica), { recursive: true });
  const folder = join(bucket(scene, ELSEWHERE.replica), CLUSTER, 'backup', CLUSTER, incomplete);
  rmSync(join(folder, 'bundle'), { recursive: true, force: true });
  rmSync(join(folder, 'pg_data'), { recursive: true, force: true });
  archived(scene, ELSEWHERE.replica).slice(-MISSING_SEGMENTS).forEach((file) => rmSync(join(bucket(scene, ELSEWHERE.replica), file)));
}

/** One file of the archive in between is not there: the recovery ends before it. */
function dropSegment(scene: Scene): void {
  rmSync(join(bucket(scene, ELSEWHERE.replica), archived(scene, ELSEWHERE.replica).slice(-2)[0]));
}

interface Expected {
  /** Label of the newest complete backup. */
  readonly complete: string;
  /** Rows that must be there. */
  readonly expected: number;
  /** Whether a file of the archive is missing before others. */
  readonly gap: boolean;
}

/** Boots the first node of the other region, which recovers; answers with what it says and has. */
export async function recoverOn(scene: Scene, host: Host) {
  const since = Date.now();
  await scene.lab.replace(host);
  const took = (Date.now() - since) / 1000;
  const found = JSON.parse(await host.bash('cat /data/recover/result.json')) as Recovery;
  const rows = Number(await ask(host, 'lab', 'SELECT count(*) FROM lab.writes'));
  const journal = await host.bash('journalctl --no-pager -u patroni', { timeout: 30 });
  return { since, found, rows, journal, figures: `RPO ${found.recoveryPointAge} s, RTO ${took.toFixed(1)} s, backup ${found.backup}` };
}

async function recover(scene: Scene, host: Host, { complete, expected, gap }: Expected): Promise<void> {
  const { since, found, rows, journal, figures } = await recoverOn(scene, host);
  const where = gap ? 'with a gap in the archive' : 'without its newest objects';
  scene.expect(`${where}, another region recovers from the newest complete backup`, found.backup === complete, figures);
  scene.expect(`${where}, it has what was archived`, rows >= expected, `${rows} rows, and ${expected} were there`);
  scene.expect(`${where}, it says whether the recovery ended early`, gap ? (found.unreadFiles ?? 0) > 0 : found.unreadFiles === 0, `${found.unreadFiles} files of WAL behind its end`);
  scene.expect(`${where}, the journal says so`, /RPO=\d+ s/.test(journal) && journal.includes('The recovery ended early') === gap);
  await goesOn(scene, host, since);
}

/** The recovered cluster takes writes, archives under a stanza of its own, and has told others. */
async function goesOn(scene: Scene, host: Host, since: number): Promise<void> {
  await ask(host, 'lab', "INSERT INTO lab.writes VALUES ('elsewhere', 1)");
  await archive(host, 1);
  scene.expect('its archive is a new stanza in its own bucket', existsSync(join(bucket(scene, ELSEWHERE.bucket), ELSEWHERE.cluster, 'archive', ELSEWHERE.cluster)));
  const mode = await ask(host, 'postgres', 'SHOW archive_mode');
  const left = await host.bash('cat /data/postgresql/17/main/postgresql.auto.conf; ls /data/postgresql/17/main | grep -c "signal$" || true');
  scene.expect('nothing of the restore is left in its settings', mode === 'on' && !left.includes('restore_command'), left.trim());
  const metrics = scene.lab.aws.callsOf('cloudwatch:PutMetricData', since).map(({ input }) => JSON.stringify(input)).join();
  scene.expect('it publishes RPO and RTO', metrics.includes('RecoveryPointAge') && metrics.includes('RecoveryTime'));
  const stopped = scene.lab.aws.callsOf('autoscaling:UpdateAutoScalingGroup', since).filter(({ input }) => input.DesiredCapacity === '0').map(({ input }) => input.AutoScalingGroupName);
  scene.expect('it stops every group of the lost region', stopped.length === scene.hosts.length, stopped.join(', '));
}

/** The lost region has power again. */
async function returnFenced(scene: Scene): Promise<void> {
  await Promise.all(scene.hosts.map((host) => host.powerOn()));
  await until('each node found the marker', async () => (await journals(scene)).every((journal) => journal.includes('another region has taken over')), 120);
  await scene.seconds(FENCED_SECONDS);
  const running = await Promise.all(scene.hosts.map(async (host) => (await host.run(['pgrep', '-x', 'postgres'])).code === 0));
  scene.expect('no node of the lost region starts PostgreSQL', running.every((one) => !one) && (await primary(scene.hosts)) === undefined, `${FENCED_SECONDS} s after each said why`);
}

/** What hosts that boot say of Patroni; nothing where one does not answer yet. */
async function journals(scene: Scene): Promise<string[]> {
  return Promise.all(scene.hosts.map(async (host) => (await host.run(['journalctl', '--no-pager', '-b', '-u', 'patroni'], { timeout: 20 })).output));
}

/** Whoever decides that it was a mistake deletes the marker. */
async function comeBack(scene: Scene): Promise<void> {
  const folder = join(bucket(scene, ELSEWHERE.replica), 'fence');
  const marker = readdirSync(folder).find((name) => name.endsWith('_object')) ?? '';
  scene.expect('the marker says who has taken over', readFileSync(join(folder, marker), 'utf8').includes(ELSEWHERE.cluster));
  scene.heals();
  rmSync(folder, { recursive: true });
  await until('a node of the region is primary again', async () => (await primary(scene.hosts)) !== undefined, 120);
  await Promise.all(scene.hosts.map((host) => host.bash('systemctl disable --now node-region-fence.timer; rm -r /etc/systemd/system/patroni.service.d/region-fence.conf; sed -i "/^FENCE_/d" /etc/first-boot.env; systemctl daemon-reload')));
  rmSync(bucket(scene, ELSEWHERE.replica), { recursive: true });
  rmSync(join(bucket(scene, ELSEWHERE.bucket), ELSEWHERE.cluster), { recursive: true });
}
