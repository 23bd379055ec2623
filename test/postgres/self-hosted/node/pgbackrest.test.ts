import { statSync } from 'fs';
import { NodeDisk } from './node-disk';

let node: NodeDisk;
beforeEach(() => (node = new NodeDisk()));
afterEach(() => node.remove(''));

/** Lines of a section of the settings. */
function settings(section: string): string[] {
  const [, found = ''] = new RegExp(`^\\[${section}\\]\\n((?:(?!\\[).*\\n)*)`, 'm').exec(node.read('etc/pgbackrest.conf')) ?? [];
  return found.split('\n').filter((line) => line !== '');
}

function configure(environment?: Readonly<Record<string, string>>) {
  if (environment !== undefined) {
    node.remove('');
    node = new NodeDisk(environment);
  }
  return node.run('pgbackrest.sh', ['configure']);
}

describe('the settings of pgBackRest', () => {
  test('keep encrypted backups in the bucket, by the role of the instance', () => {
    expect(configure().status).toBe(0);
    expect(settings('global')).toEqual(expect.arrayContaining([
      'repo1-type=s3', 'repo1-s3-bucket=orders-backups', 'repo1-s3-region=eu-central-1', 'repo1-s3-endpoint=s3.eu-central-1.amazonaws.com', 'repo1-s3-key-type=auto', 'repo1-path=/orders',
      'repo1-cipher-type=aes-256-cbc', 'repo1-cipher-pass=right horse', 'repo1-bundle=y', 'repo1-block=y', 'compress-type=zst', 'start-fast=y', 'archive-async=y', 'spool-path=/data/pgbackrest',
    ]));
    expect(settings('orders')).toContain('pg1-path=/data/postgresql/17/main');
  });

  test('keep full backups by time, and never drop WAL', () => {
    configure();
    expect(settings('global')).toEqual(expect.arrayContaining(['repo1-retention-full-type=time', 'repo1-retention-full=14']));
    expect(node.read('etc/pgbackrest.conf')).not.toContain('archive-push-queue-max');
  });

  test('are for root and PostgreSQL only, and the pass is in no list of processes', () => {
    configure();
    expect(statSync(node.path('etc/pgbackrest.conf')).mode % 0o1000).toBe(0o640);
    expect(node.read('log')).not.toContain('right horse');
  });

  test('of China have its endpoint', () => {
    configure({ REGION: 'cn-north-1' });
    expect(settings('global')).toContain('repo1-s3-endpoint=s3.cn-north-1.amazonaws.com.cn');
  });

  test.each(['{}', '{"cipherPass":""}', 'null', ''])('fail without a pass, of secret %p, and leave what was there', (secret) => {
    configure();
    const before = node.read('etc/pgbackrest.conf');
    node.write('run/node/cluster.json', secret);
    expect(configure().status).not.toBe(0);
    expect(node.read('etc/pgbackrest.conf')).toBe(before);
  });

  test('come with the times of the backups, in UTC', () => {
    configure({ FULL_BACKUP: 'Sat 23:30', DIFF_BACKUP: 'Sun..Fri 23:30' });
    expect(node.read('etc/systemd/system/node-backup-full.timer.d/schedule.conf')).toBe('[Timer]\nOnCalendar=\nOnCalendar=Sat 23:30 UTC\n');
    expect(node.read('etc/systemd/system/node-backup-diff.timer.d/schedule.conf')).toBe('[Timer]\nOnCalendar=\nOnCalendar=Sun..Fri 23:30 UTC\n');
    expect(node.calls('systemctl')[0]).toBe('systemctl daemon-reload');
  });
});

describe('the stanza', () => {
  const created = () => node.calls('pgbackrest').filter((line) => line.endsWith(' stanza-create'));

  test('is made by the primary, once since its boot', () => {
    node.command('pgbackrest', 'exit 0');
    node.run('pgbackrest.sh', ['stanza']);
    node.run('pgbackrest.sh', ['stanza']);
    expect(created()).toHaveLength(1);
  });

  test('fails where pgBackRest does, and is tried again', () => {
    node.command('pgbackrest', 'exit 28');
    expect(node.run('pgbackrest.sh', ['stanza']).status).toBe(28);
    node.run('pgbackrest.sh', ['stanza']);
    expect(created()).toHaveLength(2);
  });

  test('is no business of another node', () => {
    node.command('pgbackrest', 'exit 0');
    node.remove('primary');
    expect(node.run('pgbackrest.sh', ['stanza']).status).toBe(0);
    expect(created()).toHaveLength(0);
  });
});

describe('a backup', () => {
  beforeEach(() => node.command('pgbackrest', 'exit 0'));

  test('is taken by the primary', () => {
    node.run('backup.sh', ['diff']);
    expect(node.calls('pgbackrest')[0]).toBe('pgbackrest --stanza=orders --type=diff backup');
  });

  test('is left to the primary by the others, which is no failure', () => {
    node.remove('primary');
    expect(node.run('backup.sh', ['full'])).toMatchObject({ status: 0, stderr: expect.stringContaining('Another node is the primary, and takes the full backup.') });
    expect(node.calls('pgbackrest')).toEqual([]);
  });

  test('fails where pgBackRest does', () => {
    node.command('pgbackrest', 'exit 50');
    expect(node.run('backup.sh', ['full']).status).toBe(50);
  });
});

test('fails with its usage where nothing is asked for', () => {
  expect(node.run('pgbackrest.sh')).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage: pgbackrest.sh configure | stanza') });
});
