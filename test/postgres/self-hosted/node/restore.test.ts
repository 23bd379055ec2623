import { NodeDisk } from './node-disk';

const BIN = '/usr/lib/postgresql/17/bin';
const SECONDS = 1000;

let node: NodeDisk;
let restored: number | undefined;

beforeEach(() => {
  node = new NodeDisk();
  restored = Date.now();
  node.command('pgbackrest', 'exit 0');
  node.command('pg_isready', 'exit 0');
  node.command('setpriv', `while [[ "$1" == --* ]]; do shift; done; case $1 in
    ${BIN}/pg_controldata) echo 'max_prepared_xacts setting:           7' ;;
    ${BIN}/pg_ctl) echo "pg_ctl $*" >> "$ROOT/log"; test ! -e "$ROOT/broken" ;;
    *) exec "$@" ;;
  esac`);
});
afterEach(() => node.remove(''));

/** Restores up to a moment, of a cluster whose last heartbeat that was restored was at a time in milliseconds. */
function restore(moment: string, ...limit: string[]) {
  node.command('psql', restored === undefined ? 'echo "relation does not exist" >&2; exit 1' : `statement="\${*: -1}"; number=\${statement#*ceil(}; echo $((\${number%% *} - ${Math.floor(restored / SECONDS)}))`);
  return node.run('restore.sh', [moment, node.path('scratch'), ...limit]);
}

describe('a restore', () => {
  test('is good where the heartbeat was written until shortly before, and prints how long', () => {
    restored = Date.parse('2026-12-01T10:00:00Z');
    expect(restore('2026-12-01T10:01:00Z')).toMatchObject({ status: 0, stdout: 'RPO=60\n' });
  });

  test('up to the end of the archive is measured from now', () => {
    restored = Date.now() - 30 * SECONDS;
    const { status, stdout } = restore('latest');
    expect(status).toBe(0);
    expect(Number(/^RPO=(\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(30);
  });

  test.each([[[]], [['59']]])('fails where it ended early, although PostgreSQL came up, beyond a limit of %p', (limit) => {
    restored = Date.parse('2026-12-01T10:00:00Z');
    const { status, stdout, stderr } = restore(limit.length === 0 ? '2026-12-01T10:03:01Z' : '2026-12-01T10:01:00Z', ...limit);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^RPO=(181|60)$/m);
    expect(stderr).toContain('the archive could not be read up to there');
  });

  test('fails where nobody knows how far it came', () => {
    restored = undefined;
    expect(restore('latest')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('has no heartbeat of the cluster') });
  });

  test('fails where the server does not come up, with its log', () => {
    node.write('broken', '');
    expect(restore('latest')).toMatchObject({ status: 1, stderr: expect.stringContaining('The scratch server did not come up. Its log is /scratch/log.') });
  });

  test('fails where pgBackRest does, and starts nothing', () => {
    node.command('pgbackrest', 'exit 75');
    expect(restore('latest').status).toBe(75);
    expect(node.calls('pg_ctl')).toEqual([]);
  });

  test('fails into a directory that holds something, and writes nothing over it', () => {
    node.write('scratch/precious', 'row');
    expect(restore('latest')).toMatchObject({ status: 2, stderr: expect.stringContaining('Directory /scratch is not empty.') });
    expect(node.calls('pgbackrest')).toEqual([]);
  });

  test.each(['soon', '2026-12-01T25:00:00Z', '2026-12-01T10:00:00', '10:00', ''])('fails on %p, which is no time, before it restores anything', (moment) => {
    expect(restore(moment)).toMatchObject({ status: 2, stderr: expect.stringContaining(`The time '${moment}' cannot be read.`) });
    expect(node.calls('pgbackrest')).toEqual([]);
  });

  test('fails with its usage where it does not know where to', () => {
    expect(node.run('restore.sh', ['latest'])).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage: restore.sh TIME DIRECTORY [SECONDS]') });
  });

  test('asks for the moment in UTC, and keeps away from what the server of the node uses', () => {
    restored = Date.parse('2026-12-01T10:00:00Z');
    restore('2026-12-01T11:00:30+01:00');
    const [command] = node.calls('pgbackrest');
    expect(command).toContain('--type=time --target-action=promote --target=2026-12-01 10:00:30.000000+00');
    expect(command).toMatch(/--pg1-path=\/scratch\/data --tablespace-map-all=\/scratch\/tablespaces/);
    expect(command).toContain('--no-archive-async');
    const config = node.read('scratch/scratch.conf');
    expect(config).toContain("listen_addresses = ''\n");
    expect(config).toContain('archive_mode = off\n');
    expect(config).toContain('max_prepared_transactions = 7\n');
  });
});
