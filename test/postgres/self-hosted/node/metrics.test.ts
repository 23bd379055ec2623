import { execFileSync } from 'child_process';
import { join } from 'path';
import type { Client } from 'pg';
import { NodeDisk } from './node-disk';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

interface Datum {
  readonly MetricName: string;
  readonly Unit: string;
  readonly Value: number;
  readonly Dimensions: { readonly Name: string; readonly Value: string }[];
}

const PSQL = join(__dirname, 'psql.mjs');
const CLUSTER = [{ Name: 'Cluster', Value: 'orders' }];
const NODE = [...CLUSTER, { Name: 'Node', Value: '1' }];
const OF_NODE = ['CPUUtilization', 'FreeableMemory', 'FreeStorageSpace', 'DatabaseConnections', 'WalConflicts', 'CertificateLifetime', 'UnreachablePeers'];

let server: PostgresServer;
let client: Client;
let node: NodeDisk;

beforeAll(async () => {
  server = await startPostgres({ major: 17 });
  client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
});
afterAll(async () => {
  await client.end();
  await server.remove();
});

beforeEach(async () => {
  await client.query('DROP SCHEMA IF EXISTS node CASCADE');
  node = new NodeDisk();
  node.command('psql', `exec '${process.execPath}' '${PSQL}' "$@"`);
  node.command('python3', 'echo 0');
  node.write('data/pgbackrest/lock/none', '');
  node.write('etc/node/tls/node.crt', certificate());
  node.write('run/node/backup.json', JSON.stringify({ checked: now(), newest: now() - 7200 }));
});
afterEach(() => node.remove(''));

function certificate(): string {
  return execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-days', '30', '-subj', '/CN=node-1'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function run() {
  const { host, port, ca, superuser } = server;
  return node.run('metrics.sh', [], { PGTEST: JSON.stringify({ host, port, user: superuser.username, password: superuser.password, ssl: { ca } }) });
}

/** Metrics that one run publishes. */
function published(): Datum[] {
  const { status, stderr } = run();
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(node.read('published.json')) as Datum[];
}

function values(): Record<string, number> {
  return Object.fromEntries(published().map(({ MetricName, Value }) => [MetricName, Value]));
}

/** Restore drills are on; what the check of the backups kept of them. */
function knowDrills(drill?: object): void {
  node.write('etc/first-boot.env', `${node.read('etc/first-boot.env')}RESTORE_DRILLS=on\n`);
  if (drill !== undefined) node.write('run/node/drill.json', JSON.stringify(drill));
}

describe('a primary', () => {
  test('publishes how the cluster is and how the node is, in one call', () => {
    run();
    const data = published();
    expect(data.map(({ MetricName }) => MetricName).filter((name) => !OF_NODE.includes(name)))
      .toEqual(['WritesSucceeded', 'WriteLatency', 'Timeline', 'TimelineChanged', 'BackupAge', 'ArchiveFailures', 'ArchiveBacklog', 'StreamingReplicas']);
    expect(data.filter(({ Dimensions }) => JSON.stringify(Dimensions) === JSON.stringify(CLUSTER)).map(({ MetricName }) => MetricName)).toEqual(expect.arrayContaining(OF_NODE));
    expect(data.filter(({ Dimensions }) => JSON.stringify(Dimensions) === JSON.stringify(NODE)).map(({ MetricName }) => MetricName)).toEqual(['CertificateLifetime', 'UnreachablePeers']);
    const calls = node.calls('aws');
    expect(calls[calls.length - 1]).toMatch(/^aws cloudwatch put-metric-data --namespace CdkPrivateBackend\/SelfHostedPostgres --metric-data file:/);
    expect(calls).toHaveLength(2);
  });

  test('publishes numbers that are right', () => {
    run();
    const found = values();
    expect(found).toMatchObject({ WritesSucceeded: 1, Timeline: 1, TimelineChanged: 0, ArchiveFailures: 0, ArchiveBacklog: 0, StreamingReplicas: 0, WalConflicts: 0, UnreachablePeers: 0 });
    expect(found.BackupAge).toBeGreaterThanOrEqual(7200);
    expect(found.BackupAge).toBeLessThan(7260);
    expect(found.CertificateLifetime / 86400).toBeCloseTo(30, 1);
    expect(found.CPUUtilization).toBeLessThanOrEqual(100);
    expect(found.FreeableMemory).toBeGreaterThan(1e6);
    expect(found.FreeStorageSpace).toBeGreaterThan(1e6);
    expect(found.DatabaseConnections).toBeGreaterThanOrEqual(2);
  });

  test.each([[90, 90], [-30, 0]])('publishes since when a restore drill has succeeded: %i s ago are %i', (ago, age) => {
    knowDrills({ checked: now(), succeeded: now() - ago });
    const { RestoreDrillAge: found } = values();
    expect(found).toBeGreaterThanOrEqual(age);
    expect(found).toBeLessThan(age + 60);
  });

  test('writes one row, whose time advances', async () => {
    values();
    const { rows: [first] } = await client.query('SELECT at FROM node.heartbeat');
    values();
    const { rows } = await client.query('SELECT at FROM node.heartbeat');
    expect(rows).toHaveLength(1);
    expect(rows[0].at.getTime()).toBeGreaterThan(first.at.getTime());
  });

  test('tells for ten minutes that it has another timeline than the primary before it', async () => {
    values();
    await client.query('UPDATE node.heartbeat SET timeline = 7');
    expect(values()).toMatchObject({ Timeline: 1, TimelineChanged: 1 });
    expect(values()).toMatchObject({ TimelineChanged: 1 });
    await client.query("UPDATE node.heartbeat SET changed_at = changed_at - interval '11 minutes'");
    expect(values()).toMatchObject({ TimelineChanged: 0 });
  });

  test('that takes no writes says so, and nothing that it cannot know', async () => {
    await client.query('ALTER SYSTEM SET default_transaction_read_only = on');
    await client.query('SELECT pg_reload_conf()');
    try {
      const found = values();
      expect(found.WritesSucceeded).toBe(0);
      expect(Object.keys(found).filter((name) => /Timeline|WriteLatency/.test(name))).toEqual([]);
    } finally {
      await client.query('SET default_transaction_read_only = off');
      await client.query('ALTER SYSTEM RESET default_transaction_read_only');
      await client.query('SELECT pg_reload_conf()');
    }
  });

  test('that waits for a standby in vain does not take the write for one', async () => {
    values();
    node.command('timeout', 'exit 124');
    expect(values().WritesSucceeded).toBe(0);
    node.command('timeout', 'shift; "$@"; echo "WARNING:  canceling wait for synchronous replication due to user request" >&2');
    expect(values().WritesSucceeded).toBe(0);
  });

  test('takes the faster one of two writes where one was slow', () => {
    node.command('timeout', 'shift; test -e "$ROOT/slow" || { touch "$ROOT/slow"; /bin/sleep 1.2; }; exec "$@"');
    expect(values().WriteLatency).toBeLessThan(1.2);
    expect(node.calls('timeout')).toHaveLength(2);
  });
});

describe('a number that cannot be read is not published', () => {
  test.each([
    ['BackupAge', 'a check of the backups that failed', () => node.remove('run/node/backup.json')],
    ['BackupAge', 'a check of the backups that is hours old', () => node.write('run/node/backup.json', JSON.stringify({ checked: now() - 8000, newest: now() - 9000 }))],
    ['RestoreDrillAge', 'a drill that nobody knows of', () => knowDrills()],
    ['RestoreDrillAge', 'a look at drills that is hours old', () => knowDrills({ checked: now() - 8000, succeeded: now() - 9000 })],
    ['BackupAge', 'no good backup', () => node.write('run/node/backup.json', JSON.stringify({ checked: now(), newest: null }))],
    ['FreeStorageSpace', 'a volume that is not mounted', () => node.command('mountpoint', 'exit 32')],
    ['CertificateLifetime', 'no certificate', () => node.remove('etc/node/tls/node.crt')],
    ['UnreachablePeers', 'peers that nobody could ask', () => node.command('python3', 'exit 1')],
    ['WalConflicts', 'no spool', () => node.remove('data/pgbackrest')],
    ['DatabaseConnections', 'no server', () => node.command('psql', 'exit 2')],
    ['ArchiveBacklog', 'no server', () => node.command('psql', 'exit 2')],
    ['StreamingReplicas', 'no server', () => node.command('psql', 'exit 2')],
  ])('%s: %s', (name, _why, damage) => {
    damage();
    expect(run().stderr).toContain(`${name} is unknown.`);
    expect((JSON.parse(node.read('published.json')) as Datum[]).map(({ MetricName }) => MetricName)).not.toContain(name);
  });

  test('and neither is the lag, where no standby streams', () => {
    expect(Object.keys(values())).not.toContain('ReplicationLag');
  });

  test('nor how much a counter grew, in the first minute', () => {
    expect(Object.keys(values()).filter((name) => /CPU|ArchiveFailures/.test(name))).toEqual([]);
  });
});

describe('a node', () => {
  test('that is no primary publishes nothing of the cluster', async () => {
    node.remove('primary');
    run();
    expect(Object.keys(values()).sort()).toEqual([...OF_NODE].sort());
    expect((await client.query("SELECT to_regclass('node.heartbeat') AS there")).rows).toEqual([{ there: null }]);
  });

  test('alone asks no peers and waits for no standbys', () => {
    node.remove('');
    node = new NodeDisk({ NODES: '10.0.0.1' });
    node.command('psql', `exec '${process.execPath}' '${PSQL}' "$@"`);
    expect(Object.keys(values()).filter((name) => /Peers|Replica/.test(name))).toEqual([]);
    expect(node.calls('python3')).toEqual([]);
  });

  test('counts WAL that the repository has otherwise while pgBackRest tries again, and no other errors', () => {
    const out = 'data/pgbackrest/archive/orders/out';
    node.write(`${out}/000000010000000000000005.error`, "45\nWAL file '000000010000000000000005' already exists in the repo1 archive with a different checksum");
    node.write(`${out}/000000010000000000000006.error`, '39\nunable to find a valid repository');
    node.write(`${out}/000000010000000000000004.ok`, '');
    expect(values().WalConflicts).toBe(1);
    execFileSync('touch', ['-d', '-11 minutes', node.path(`${out}/000000010000000000000005.error`)]);
    expect(values().WalConflicts).toBe(0);
  });

  test('counts what the archive failed since the last minute, also after its statistics began again', () => {
    const failed = (count: number): number | undefined => {
      node.command('psql', `[[ "$*" == *failed_count* ]] && echo ${count} || exec '${process.execPath}' '${PSQL}' "$@"`);
      return values().ArchiveFailures;
    };
    expect([failed(5), failed(5), failed(9), failed(2)]).toEqual([undefined, 0, 4, 2]);
  });

  test('fails where CloudWatch does not take its numbers', () => {
    node.command('aws', 'echo "An error occurred (AccessDenied)" >&2; exit 254');
    expect(run()).toMatchObject({ status: 254, stderr: expect.stringContaining('AccessDenied') });
  });
});
