import type { Fault } from './fault';
import { ask, until } from '../lab/cluster';
import type { CommandResult } from '../lab/commands';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

const ROWS = 1000;

/** Where a scratch server is put. */
const SCRATCH = '/data/scratch';

const CONFIGURATION = '/etc/pgbackrest.conf';

/** A table is dropped by mistake while clients write; a scratch server on a standby has it as it was the moment before. */
export const backupAndRestore: Fault = {
  id: 'backup-and-restore',
  title: 'table dropped, and restored from the backups at a point in time',
  short: true,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    const [standby] = scene.standbys;
    await takeBackup(scene);
    await ask(scene.leader, 'lab', `CREATE TABLE lab.precious AS SELECT generate_series(1, ${ROWS}) AS number`);
    await scene.leader.bash('systemctl start node-metrics');
    const written = Number(await ask(scene.leader, 'lab', 'SELECT count(*) FROM lab.writes'));
    await scene.seconds(1);
    const moment = new Date().toISOString();
    await scene.seconds(1);
    scene.breaks();
    await ask(scene.leader, 'lab', 'DROP TABLE lab.precious');
    await archiveAll(scene.leader);
    await restore(scene, standby, moment, written);
    await restoreTooLate(scene, standby);
    await loseThePass(scene, standby);
    scene.heals();
  },
};

/** Every node has the timers, and only the primary takes the backup. Its age is published within a minute. */
export async function takeBackup(scene: Scene): Promise<void> {
  const since = Date.now();
  const before = await goodBackups(scene.leader);
  // One that the hourly check takes just then comes first.
  await Promise.all(scene.hosts.map((host) => host.run(['systemctl', 'start', 'node-backup-full'], { timeout: 180 })));
  await until('there is a good backup', async () => (await goodBackups(scene.leader)) > before, 120);
  await scene.leader.bash('bash /opt/first-boot/backup-check.sh now', { timeout: 120 });
  const taken = (await goodBackups(scene.leader)) - before;
  scene.expect('there is another good backup, and not one of each node', taken <= 2, `${taken} after ${seconds(since)} s`);
  await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
  const published = scene.lab.aws.callsOf('cloudwatch:PutMetricData', since).filter(({ node }) => node === scene.leader.node).map(({ input }) => JSON.stringify(input));
  scene.expect('the primary publishes its age', published.some((text) => text.includes('BackupAge')), `${published.length} calls`);
}

async function goodBackups(host: Host): Promise<number> {
  const found = await host.bash('. /opt/first-boot/backups.sh; repository | jq "[.[0].backup[] | select(.error == false)] | length"', { timeout: 60 });
  return Number(found);
}

/** The segment that is written now, and all before it. */
export async function archiveAll(host: Host): Promise<void> {
  const segment = await ask(host, 'postgres', 'SELECT pg_walfile_name(pg_switch_wal())');
  await until(`${segment} is in the archive`, async () => (await ask(host, 'postgres', `SELECT last_archived_wal >= '${segment}' FROM pg_stat_archiver`)) === 't', 60);
}

/** Restores into the folder of the scratch server. */
export async function restoreInto(host: Host, ...args: string[]): Promise<CommandResult> {
  const [moment, ...limit] = args;
  return host.run(['bash', '/opt/first-boot/restore.sh', moment, SCRATCH, ...limit], { timeout: 300 });
}

async function restore(scene: Scene, host: Host, moment: string, written: number): Promise<void> {
  const since = Date.now();
  const { output } = await restoreInto(host, moment);
  const [, rpo = 'none'] = /^RPO=(\d+)$/m.exec(output) ?? [];
  scene.expect('a restore comes up to the moment before', rpo !== 'none', `RPO ${rpo} s, RTO ${seconds(since)} s`);
  const scratch = (statement: string) => host.bash(`setpriv --reuid=postgres --regid=postgres --init-groups psql -XAtq -h ${SCRATCH} -d lab -c "${statement}"`);
  const rows = (await scratch('SELECT count(*) FROM lab.precious')).trim();
  scene.expect('it has every row of the table that was dropped', rows === String(ROWS), `${rows} of ${ROWS}`);
  const writes = (await scratch('SELECT count(*) FROM lab.writes')).trim();
  scene.expect('it has every write of clients up to then', Number(writes) >= written, `${writes}, and ${written} were there`);
  const mode = (await scratch('SHOW archive_mode')).trim();
  scene.expect('it writes nothing into the archive of the cluster', mode === 'off', `archive_mode is ${mode}`);
  await removeScratch(host);
}

/** PostgreSQL never takes the end of the archive for the moment that was asked for. */
async function restoreTooLate(scene: Scene, host: Host): Promise<void> {
  const { code, output } = await restoreInto(host, new Date(Date.now() + 3_600_000).toISOString());
  scene.expect('a restore that cannot come so far fails', code === 1 && output.includes('The scratch server did not come up.'), `it ended with ${code}`);
  await removeScratch(host);
}

/** pgBackRest itself ends with 0. */
async function loseThePass(scene: Scene, host: Host): Promise<void> {
  await host.bash(`sed -i 's/^repo1-cipher-pass=.*/repo1-cipher-pass=wrong/' ${CONFIGURATION}`);
  const info = await host.run(['bash', '-c', '. /opt/first-boot/backups.sh; repository > /tmp/info; bash /opt/first-boot/backup-check.sh judge < /tmp/info'], { timeout: 60 });
  scene.expect('a wrong pass is found', info.code === 0 && /"newest":null.*unable to load info file/.test(info.output), info.output.trim().split('\n').pop());
  await host.bash('bash /opt/first-boot/pgbackrest.sh configure');
}

/** Ends the scratch server, and removes it. */
export async function removeScratch(host: Host): Promise<void> {
  await host.run(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '/usr/lib/postgresql/17/bin/pg_ctl', '-D', `${SCRATCH}/data`, '-m', 'immediate', 'stop'], { timeout: 30 });
  await host.bash(`rm -rf ${SCRATCH}`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
