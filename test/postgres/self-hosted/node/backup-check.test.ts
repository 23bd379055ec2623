import { readFileSync } from 'fs';
import { join } from 'path';
import { NodeDisk } from './node-disk';

const HOUR = 3600;
const DAY = 24 * HOUR;

interface Verdict {
  readonly code: number;
  readonly newest: number | null;
  readonly newestFull: number | null;
  readonly problems: string[];
}

interface Info {
  readonly backup: { readonly type: string; readonly timestamp: { stop: number } }[];
}

/** Answers of pgBackRest 2.55 for real repositories. */
function recorded(name: string): Buffer {
  const text = readFileSync(join(__dirname, 'recorded', name));
  return name.endsWith('.base64') ? Buffer.from(text.toString(), 'base64') : text;
}

/** The good repository, with backups of other ages in seconds. */
function aged(full: number, diff?: number): string {
  const now = Math.floor(Date.now() / 1000);
  const [stanza] = JSON.parse(recorded('good.json').toString()) as [Info];
  const backup = stanza.backup.filter(({ type }) => type === 'full' || diff !== undefined);
  backup.forEach((each) => (each.timestamp.stop = now - (each.type === 'full' ? full : diff!)));
  return JSON.stringify([{ ...stanza, backup }]);
}

let node: NodeDisk;
beforeEach(() => (node = new NodeDisk()));
afterEach(() => node.remove(''));

/** pgBackRest with a repository; `check` ends with a code. */
function repository(info: string | Buffer, check = 0): void {
  node.write('info', info);
  node.command('pgbackrest', `case "$*" in *" info") cat "$ROOT/info" ;; *" check") exit ${check} ;; esac`);
}

function verdict(): Verdict {
  return JSON.parse(node.read('run/node/backup.json')) as Verdict;
}

describe('the hourly check of backups', () => {
  test('keeps when the newest good backups ended', () => {
    repository(recorded('good.json'));
    expect(node.run('backup-check.sh').status).toBe(0);
    expect(verdict()).toMatchObject({ code: 0, newest: 1796118916, newestFull: 1796118505, problems: [] });
  });

  test.each([
    ['wrong-pass.base64', "Repository 1: [FormatError] unable to load info file '/orders/backup/orders/backup.info' or '/orders/backup/orders/backup.info.copy': (99)."],
    ['no-s3.json', "Repository 1: [HostConnectError] unable to connect to '127.0.0.1:9444': [111] Connection refused (99)."],
    ['missing-stanza.json', 'Repository 1: missing stanza path (1).'],
    ['no-backups-unencrypted.json', 'Repository 1: no valid backups (2).'],
    ['unencrypted.json', 'The repository is not encrypted.'],
    ['wrong-checksums.json', 'The newest backup, 20261201-095606F, has pages with wrong checksums.'],
  ])('fails on %s, although pgBackRest ended with 0, and the age is unknown from then on', (name, problem) => {
    repository(aged(HOUR));
    node.run('backup-check.sh');
    expect(node.has('run/node/backup.json')).toBe(true);
    repository(recorded(name));
    const { status, stderr } = node.run('backup-check.sh', ['now']);
    expect(status).not.toBe(0);
    expect(stderr).toContain(problem);
    expect(node.has('run/node/backup.json')).toBe(false);
  });

  test.each(['', 'not JSON', '[]', '{}'])('fails on an answer %p that is none', (text) => {
    repository(text);
    expect(node.run('backup-check.sh').status).not.toBe(0);
    expect(node.has('run/node/backup.json')).toBe(false);
  });

  test('fails where WAL does not arrive, after three attempts, however good the backups are', () => {
    repository(aged(HOUR), 82);
    const { status, stderr } = node.run('backup-check.sh');
    expect(status).not.toBe(0);
    expect(stderr).toContain('WAL does not arrive in the repository.');
    expect(node.calls('pgbackrest').filter((line) => line.endsWith(' check'))).toHaveLength(3);
    expect(node.has('run/node/backup.json')).toBe(false);
  });

  test('asks S3 once an hour, and at once where somebody wants it', () => {
    repository(aged(HOUR));
    node.run('backup-check.sh');
    const first = node.calls('pgbackrest').length;
    node.run('backup-check.sh');
    expect(node.calls('pgbackrest')).toHaveLength(first);
    node.run('backup-check.sh', ['now']);
    expect(node.calls('pgbackrest')).toHaveLength(2 * first);
    node.write('run/node/backup.json', JSON.stringify({ ...verdict(), checked: Math.floor(Date.now() / 1000) - HOUR - 1 }));
    node.run('backup-check.sh');
    expect(node.calls('pgbackrest')).toHaveLength(3 * first);
  });

  test('is the business of the primary, and another node forgets that it was one', () => {
    repository(aged(HOUR));
    node.run('backup-check.sh');
    node.remove('primary');
    const before = node.calls('pgbackrest').length;
    expect(node.run('backup-check.sh', ['now']).status).toBe(0);
    expect(node.calls('pgbackrest')).toHaveLength(before);
    expect(node.has('run/node/backup.json')).toBe(false);
  });
});

describe('a backup that a timer missed is taken by the check', () => {
  const started = (info: string | Buffer) => {
    repository(info);
    node.run('backup-check.sh');
    return node.calls('systemctl').map((line) => line.split(' ').pop());
  };

  test('where the newest is older than 26 hours', () => {
    expect(started(aged(2 * DAY, 27 * HOUR))).toEqual(['node-backup-diff.service']);
  });

  test('as a full one, where that is due too or there is none', () => {
    expect(started(aged(7 * DAY, 27 * HOUR))).toEqual(['node-backup-full.service']);
    expect(started(recorded('no-backups-unencrypted.json'))).toContain('node-backup-full.service');
  });

  test('not where all were taken', () => {
    expect(started(aged(6 * DAY, 25 * HOUR))).toEqual([]);
  });

  test('not where one runs already', () => {
    expect(started(aged(2 * DAY, 27 * HOUR).replace('"held":false', '"held":true'))).toEqual([]);
  });

  test.each(['wrong-pass.base64', 'no-s3.json', 'missing-stanza.json'])('not where none could be taken: %s', (name) => {
    expect(started(recorded(name))).toEqual([]);
  });

  test('and a stanza that is gone is made again by whoever asks next', () => {
    node.write('run/node/stanza', '');
    repository(recorded('missing-stanza.json'));
    node.run('backup-check.sh');
    expect(node.run('pgbackrest.sh', ['stanza']).status).toBe(0);
    expect(node.calls('pgbackrest').pop()).toBe('pgbackrest --stanza=orders stanza-create');
  });
});

describe('the hourly check, where there are restore drills', () => {
  const MADE = 1_790_000_000;
  const BORN = 'SELECT system_identifier >> 32';

  beforeEach(() => {
    node.remove('');
    node = new NodeDisk({ RESTORE_DRILLS: 'on' });
    node.command('psql', `[[ "$*" == *"${BORN}"* ]] && echo ${MADE}`);
    repository(aged(HOUR));
  });

  const drill = () => JSON.parse(node.read('run/node/drill.json')) as { checked: number; succeeded: number };
  const listed = (answer: string) => node.command('aws', `[[ "$*" == *"--prefix drill/orders/succeeded.json"* ]] && ${answer}`);

  test('keeps when one last succeeded', () => {
    listed('echo 2026-12-05T05:20:00+00:00');
    expect(node.run('backup-check.sh').status).toBe(0);
    expect(drill().succeeded).toBe(Date.parse('2026-12-05T05:20:00Z') / 1000);
  });

  test('counts from the beginning of a cluster that has had none', () => {
    listed('echo None');
    node.run('backup-check.sh');
    expect(drill().succeeded).toBe(MADE);
  });

  test.each(['exit 255', 'exit 254'])('knows nothing from then on where S3 does not answer (%s), and checks backups all the same', (answer) => {
    listed('echo None');
    node.run('backup-check.sh');
    listed(answer);
    expect(node.run('backup-check.sh', ['now']).status).toBe(0);
    expect(node.has('run/node/drill.json')).toBe(false);
    expect(node.has('run/node/backup.json')).toBe(true);
  });

  test('knows nothing on a node that is no longer the primary', () => {
    listed('echo None');
    node.run('backup-check.sh');
    node.remove('primary');
    node.run('backup-check.sh');
    expect(node.has('run/node/drill.json')).toBe(false);
  });
});

test('the hourly check asks for no drill where there are none', () => {
  repository(aged(HOUR));
  node.run('backup-check.sh');
  expect(node.calls('aws')).toEqual([]);
  expect(node.has('run/node/drill.json')).toBe(false);
});
