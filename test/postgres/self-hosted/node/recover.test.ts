import { NodeDisk } from './node-disk';

const NEWEST = '20261202-020000F_20261203-020000D';
const OLDER = '20261202-020000F';
const SEGMENT = 'lost/archive/lost/17-1/0000000100000000/';

let node: NodeDisk;

/** The list of backups, and which of them can be restored. */
function backups(complete: string[], found = [OLDER, NEWEST]): void {
  const info = [{ backup: found.map((label, index) => ({ label, error: false, timestamp: { stop: index } })) }];
  node.write('info.json', JSON.stringify(info));
  node.command('pgbackrest', `case "$*" in *info) cat "$ROOT/info.json" ;; *restore) ${complete.map((label) => `[[ "$*" != *"--set=${label} "* ]]`).join(' && ') || 'true'} && exit 55; mkdir -p "$ROOT/data/postgresql/17/main/pg_wal"
    printf '1\\t0/11000000\\tno recovery target specified\\n' > "$ROOT/data/postgresql/17/main/pg_wal/00000002.history" ;; esac`);
}

/** Files of the archive in the copy. */
function archived(...numbers: string[]): void {
  node.write('keys', numbers.map((number) => `${SEGMENT}0000000100000000000000${number}-${'a'.repeat(40)}.zst`).join('\t'));
}

/** A server of the node: at which of its starts it comes up, and what its heartbeat says. */
function server(comesUp: 'first' | 'second', heartbeat = '2026-12-03T10:00:00Z|90'): void {
  const bin = node.path('pgbin');
  node.write('pgbin/pg_ctl', `#!/bin/bash\necho "pg_ctl $*" >> '${node.root}/log'\n${comesUp === 'first' ? '' : `[[ "$*" == *start && ! -e '${node.root}/failed' ]] && touch '${node.root}/failed' && exit 1`}\nexit 0\n`);
  node.write('pgbin/pg_controldata', '#!/bin/bash\necho "max_prepared_xacts setting:           0"\n');
  node.write('opt/first-boot/lib.sh', node.read('opt/first-boot/lib.sh').replace(/^PGBIN=.*$/m, `PGBIN=${bin}`).replaceAll(/(?<![\w.])\/(etc|run|data|opt)\//g, `${node.root}/$1/`));
  node.command('pg_isready', 'exit 0');
  node.command('psql', heartbeat === '' ? 'exit 1' : `echo '${heartbeat}'`);
}

beforeEach(() => {
  node = new NodeDisk({ RESTORE_BUCKET: 'copy', RESTORE_CLUSTER: 'lost', RESTORE_SECRET: 'pass', FENCED_REGION: 'eu-west-1' });
  node.write('data/recover/kept', '');
  node.command('aws', `case "$*" in
    *put-object*) test ! -e "$ROOT/no-marker" && cp "$ROOT/data/recover/marker.json" "$ROOT/marker.json" ;;
    *list-objects*) cat "$ROOT/keys" ;;
    *describe-auto-scaling-groups*) test ! -e "$ROOT/no-region" && printf 'A\\tB\\n' ;;
    *put-metric-data*) cp "$ROOT/data/recover/result.json.metrics" "$ROOT/published.json" ;;
  esac`);
  backups([NEWEST, OLDER]);
  archived('0F', '10');
  server('first');
});
afterEach(() => node.remove(''));

const restore = () => node.run('recover.sh', ['restore']);
const result = () => JSON.parse(node.read('data/recover/result.json')) as object;
const restores = () => node.calls('pgbackrest').filter((call) => call.endsWith(' restore'));

describe('a recovery in another region', () => {
  test('restores the newest backup, and prints and publishes how far it came', () => {
    const { status, stderr } = restore();
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(`Recovered from backup ${NEWEST} up to 2026-12-03T10:00:00Z, RPO=90 s before the marker`) });
    expect(result()).toMatchObject({ backup: NEWEST, reached: '2026-12-03T10:00:00Z', recoveryPointAge: 90, unreadFiles: 0 });
    expect(JSON.parse(node.read('published.json'))).toContainEqual({ MetricName: 'RecoveryPointAge', Unit: 'Seconds', Value: 90, Dimensions: [{ Name: 'Cluster', Value: 'orders' }] });
  });

  test('takes the next older backup where the newest is not complete', () => {
    backups([OLDER]);
    expect(restore().status).toBe(0);
    expect(restores()).toHaveLength(2);
    expect(result()).toMatchObject({ backup: OLDER });
  });

  test('takes the next older backup where the newest is damaged, though all of it is there, and says so', () => {
    server('second');
    const { status, stderr } = restore();
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(`Backup ${NEWEST} cannot be restored: in the bucket copy it is not complete, or it is damaged.`) });
    expect(restores()).toHaveLength(2);
    expect(result()).toMatchObject({ backup: OLDER });
  });

  test('restores into empty tablespaces, also after a backup that could not be restored', () => {
    node.write('data/recover/tablespaces/16384/PG_17/1', '');
    restore();
    expect(node.has('data/recover/tablespaces')).toBe(false);
  });

  test('fails where none can be restored, and leaves the other region alone', () => {
    backups([]);
    expect(restore()).toMatchObject({ status: 1, stderr: expect.stringContaining("The bucket copy has no backup of 'lost' that can be restored.") });
    expect(node.calls('aws')).toEqual([]);
  });

  test('fails where the list of backups cannot be read', () => {
    backups([], []);
    expect(restore().status).toBe(1);
  });

  test('replays nothing before the marker is there', () => {
    node.write('no-marker', '');
    expect(restore().status).toBe(1);
    expect(node.calls('pg_ctl').filter((call) => call.includes('start'))).toEqual([]);
  });

  test('says who has taken over, and stops the groups of the other cluster', () => {
    expect(restore().stderr).toContain("The groups of 'lost' in eu-west-1 have size zero now: A, B.");
    expect(JSON.parse(node.read('marker.json'))).toMatchObject({ recoveredBy: 'orders', region: 'eu-central-1' });
    expect(node.calls('aws').filter((call) => call.includes('update-auto-scaling-group'))).toHaveLength(2);
  });

  test('goes on where the other region is not reached', () => {
    node.write('no-region', '');
    expect(restore()).toMatchObject({ status: 0, stderr: expect.stringContaining('cannot be stopped from here: the marker alone keeps them from writing') });
  });

  test('says that it ended early where files behind its end were archived', () => {
    archived('10', '12', '13');
    expect(restore().stderr).toContain('The recovery ended early: 2 files of WAL behind its end could not be used');
    expect(result()).toMatchObject({ unreadFiles: 2 });
  });

  test('does not take an archive that lists nothing for one that was read', () => {
    node.write('keys', 'None');
    expect(restore().stderr).toContain('an unknown number of files');
    expect(result()).toMatchObject({ unreadFiles: null });
  });

  test('says that nobody knows how far it came where the heartbeat is missing', () => {
    server('first', '');
    expect(restore()).toMatchObject({ status: 0, stderr: expect.stringContaining('up to an unknown time, RPO=unknown s') });
    expect(result()).toMatchObject({ reached: null, recoveryPointAge: null });
  });

  test('hands over a server that was stopped, without settings of the restore', () => {
    restore();
    expect(node.calls('pg_ctl').pop()).toContain('-m fast -w stop');
    expect(node.read('data/postgresql/17/main/postgresql.auto.conf')).toBe('');
  });
});

describe('a file of the archive', () => {
  const get = (...codes: number[]) => {
    node.command('pgbackrest', `codes=(${codes.join(' ')}); n=$(grep -c '^pgbackrest ' "$ROOT/log"); exit "\${codes[n - 1]:-\${codes[-1]}}"`);
    return node.run('recover.sh', ['get', '000000010000000000000012', 'pg_wal/RECOVERYXLOG']).status;
  };

  test('is asked for once where it is there, or is not', () => {
    expect([get(0), node.calls('pgbackrest').length]).toEqual([0, 1]);
    node.remove('log');
    expect([get(1), node.calls('pgbackrest').length]).toEqual([1, 1]);
  });

  test('is asked for again after a failure', () => {
    expect([get(103, 103, 0), node.calls('pgbackrest').length]).toEqual([0, 3]);
  });

  test('ends the recovery where it cannot be read at all', () => {
    expect([get(95), node.calls('pgbackrest').length]).toEqual([1, 6]);
  });
});

test('a recovery fails with its usage where it does not know what to do', () => {
  expect(node.run('recover.sh')).toMatchObject({ status: 2, stderr: 'Usage: recover.sh prepare | restore\n' });
});
