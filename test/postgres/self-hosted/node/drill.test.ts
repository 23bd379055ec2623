import { NodeDisk } from './node-disk';
import type { DrillResult } from '../drill-result';

const BIN = '/usr/lib/postgresql/17/bin';
const INSTANCE = 'i-0123456789abcdef0';

let node: NodeDisk;

/** Age of the last heartbeat in the restored data; none where it has none. */
function heartbeat(seconds: number | undefined): void {
  node.command('psql', seconds === undefined ? 'echo "relation does not exist" >&2; exit 1' : `echo ${seconds}`);
}

beforeEach(() => {
  node = new NodeDisk({ CLUSTER_SECRET: 'pass', NODES: '10.0.0.9', FULL_BACKUP: '', DIFF_BACKUP: '' });
  node.remove('run/node/cluster.json');
  node.write('opt/first-boot/install.sh', 'echo "install" >> "$(dirname "$0")/../../log"\n');
  node.command('curl', `case "$*" in *api/token*) echo token ;; *) printf ${INSTANCE} ;; esac`);
  node.command('systemctl', 'if [[ "$*" == *Timestamp* ]]; then date -d "-90 seconds" "+%a %F %T %Z"; fi');
  node.command('pgbackrest', 'echo "INFO: restore of $*"; exit 0');
  node.command('pg_isready', 'exit 0');
  node.command('nproc', 'echo 2');
  node.command('setpriv', `while [[ "$1" == --* ]]; do shift; done; case $1 in
    ${BIN}/pg_controldata) echo 'max_prepared_xacts setting:           0' ;;
    ${BIN}/pg_ctl) exit 0 ;;
    ${BIN}/pg_amcheck) echo "pg_amcheck $*" >> "$ROOT/log"; test ! -e "$ROOT/damaged" || { echo 'heap table "lab.public.orders", block 3, offset 2:' ; exit 2; } ;;
    *) exec "$@" ;;
  esac`);
  node.command('aws', `case "$*" in
    *get-secret-value*) test ! -e "$ROOT/no-secret" && echo '{"cipherPass":"right horse"}' ;;
    *put-object*) [[ "$*" =~ --key\\ ([^ ]+) ]]; mkdir -p "$ROOT/bucket/$(dirname "\${BASH_REMATCH[1]}")"; cp "$ROOT/run/node/drill/result.json" "$ROOT/bucket/\${BASH_REMATCH[1]}" ;;
    *put-metric-data*) [[ "$*" =~ file://([^ ]+) ]] && cp "\${BASH_REMATCH[1]}" "$ROOT/published.json" ;;
  esac`);
  heartbeat(40);
});
afterEach(() => node.remove(''));

const drill = () => node.run('drill.sh', ['/etc/first-boot.env']);
const result = (name = 'result') => JSON.parse(node.read(`bucket/drill/orders/${name}.json`)) as DrillResult;
const published = () => Object.fromEntries((JSON.parse(node.read('published.json')) as { MetricName: string; Value: number }[]).map(({ MetricName, Value }) => [MetricName, Value]));
const ended = () => node.calls('aws').filter((call) => call.includes('terminate-instance-in-auto-scaling-group'));

describe('a restore drill', () => {
  test('restores up to now, checks every table, publishes how long it took, and ends its instance', () => {
    const { status, stderr } = drill();
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('The drill has ended') });
    expect(node.calls('pgbackrest').filter((call) => / restore$/.test(call))).toEqual([expect.stringContaining('--type=default')]);
    expect(node.calls('pg_amcheck')).toEqual([expect.stringMatching(/--all --install-missing/)]);
    expect(result()).toMatchObject({ succeeded: true, recoveryPointAge: 40, problem: null });
    expect(result('succeeded')).toEqual(result());
    expect(result().recoveryTime).toBeGreaterThanOrEqual(90);
    expect(published()).toEqual({ RestoreDrillSucceeded: 1, RestoreDrillRecoveryPointAge: 40, RestoreDrillRecoveryTime: result().recoveryTime });
    expect(ended()).toEqual([expect.stringContaining(`--instance-id ${INSTANCE} --should-decrement-desired-capacity`)]);
  });

  test('fetches the pass of the backups, and nothing of the admin', () => {
    drill();
    expect(node.calls('aws').filter((call) => call.includes('get-secret-value'))).toEqual([expect.stringContaining('--secret-id pass')]);
    expect(node.has('run/node/admin.json')).toBe(false);
  });

  test('schedules no backups', () => {
    drill();
    expect(node.calls('systemctl').filter((call) => call.includes('timer'))).toEqual([]);
  });

  test('keeps what pgBackRest said for whoever looks at the console', () => {
    expect(drill().stderr).toContain('INFO: restore of');
  });
});

describe('a restore drill that fails', () => {
  test.each([
    ['where a table is damaged', () => node.write('damaged', ''), 'block 3, offset 2', 40],
    ['where the archive ends early', () => heartbeat(700), '700 s older than the time asked for, and 600 s are the limit', 700],
    ['where the heartbeat is missing', () => heartbeat(undefined), 'has no heartbeat of the cluster', null],
    ['where pgBackRest does', () => node.command('pgbackrest', 'echo "ERROR: [055]: unable to load info file"; exit 55'), 'unable to load info file', null],
    ['where the pass cannot be read', () => node.write('no-secret', ''), 'Gave up after 30 attempts', null],
    ['where packages cannot be installed', () => node.write('opt/first-boot/install.sh', 'echo "no mirror answers"; exit 1\n'), 'no mirror answers', null],
  ])('%s says so, counts as no success, and ends its instance', (_, broken, problem, age) => {
    broken();
    expect(drill().status).toBe(0);
    expect(result()).toMatchObject({ succeeded: false, recoveryPointAge: age, problem: expect.stringContaining(problem) });
    expect(node.has('bucket/drill/orders/succeeded.json')).toBe(false);
    expect(published()).toMatchObject({ RestoreDrillSucceeded: 0 });
    expect(ended()).toHaveLength(1);
  });

  test('to report anything still ends its instance', () => {
    node.command('aws', 'exit 255');
    expect(drill().status).not.toBe(0);
    expect(ended()).toHaveLength(30);
  });

  test('leaves the success of the drill before', () => {
    drill();
    const before = result('succeeded');
    node.write('damaged', '');
    drill();
    expect(result('succeeded')).toEqual(before);
    expect(result().succeeded).toBe(false);
  });
});
