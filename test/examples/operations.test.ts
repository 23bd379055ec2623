import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SCRIPTS = resolve(__dirname, '../../examples/02-hello-birthday/operations');

/** Stands where the AWS CLI does: notes each call, and gives the next answer that the file of the metric holds; the last one stays. */
const AWS = `#!/usr/bin/env bash
echo "$*" >>"$WORLD/calls"
[ ! -e "$WORLD/broken" ] || { echo 'Unable to locate credentials' >&2; exit 253; }
case "$2" in get-metric-statistics) ;; *) exit 0;; esac
metric="$(sed -E 's/.* --metric-name ([A-Za-z]+) .*/\\1/' <<<"$*")"
file="$WORLD/$metric"
[ -e "$file" ] || { echo None; exit; }
head -n 1 "$file"
[ "$(wc -l <"$file")" -le 1 ] || sed -i 1d "$file"
`;

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly calls: string[];
}

/** Runs a script where metrics have these values, one after the other each time that one asks. */
function run(script: string, metrics: Record<string, string[]>, { broken = false, group = [] as string[] } = {}): Ended {
  const world = mkdtempSync(join(tmpdir(), 'cdk-private-backend-operations-'));
  try {
    writeFileSync(join(world, 'aws'), AWS, { mode: 0o755 });
    Object.entries(metrics).forEach(([name, values]) => writeFileSync(join(world, name), values.map((value) => `${value}\n`).join('')));
    if (broken) writeFileSync(join(world, 'broken'), '');
    const environment = { PATH: `${world}:${process.env.PATH}`, WORLD: world, DRILL_PAUSE: '0.1', DRILL_LIMIT: '2' };
    const { status, stdout, stderr } = spawnSync('bash', [join(SCRIPTS, script), 'eu-west-1', 'hello-postgres', ...group], { env: environment, encoding: 'utf8' });
    return { code: status, said: stdout + stderr, calls: readFileSync(join(world, 'calls'), 'utf8').trimEnd().split('\n') };
  } finally {
    rmSync(world, { recursive: true });
  }
}

describe('the nightly check of backups', () => {
  const check = (...answers: string[]) => run('check-backups.sh', answers.length === 0 ? {} : { BackupAge: answers });

  test('passes for a backup that is younger than 30 hours, and asks for the metric that the nodes publish', () => {
    const { code, said, calls } = check('93600.0');
    expect([code, said]).toEqual([0, 'The newest backup of \'hello-postgres\' is 93600 seconds old.\n']);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toContain('cloudwatch get-metric-statistics --region eu-west-1 --namespace CdkPrivateBackend/SelfHostedPostgres --metric-name BackupAge --dimensions Name=Cluster,Value=hello-postgres --start-time 20');
  });

  test.each([['107999.0', 0], ['108000.0', 1], ['400000.0', 1]])('judges an age of %s seconds', (age, code) => {
    expect(check(age).code).toBe(code);
  });

  test.each([['no datapoint', []], ['a word', ['null']], ['nothing', ['']]])('fails for %s', (_, answers) => {
    const { code, said } = check(...answers);
    expect([code, said]).toEqual([1, expect.stringMatching(/No node of 'hello-postgres' in eu-west-1 has said for 15 minutes/)]);
  });

  test('fails where AWS refuses', () => {
    const { code, said } = run('check-backups.sh', { BackupAge: ['10.0'] }, { broken: true });
    expect([code === 0, said]).toEqual([false, expect.stringContaining('Unable to locate credentials')]);
  });
});

describe('the restore drill', () => {
  const drill = (metrics: Record<string, string[]>, broken = false) => run('restore-drill.sh', metrics, { broken, group: ['Hello-Drill-1X'] });

  test('starts an instance, waits for its answer, and shows how far and how fast it came', () => {
    const { code, said, calls } = drill({ RestoreDrillSucceeded: ['None', 'None', '1.0'], RestoreDrillRecoveryPointAge: ['95.0'], RestoreDrillRecoveryTime: ['412.0'] });
    expect([code, said]).toEqual([0, 'RestoreDrillSucceeded is 1.0.\nRestoreDrillRecoveryPointAge is 95.0 seconds.\nRestoreDrillRecoveryTime is 412.0 seconds.\n']);
    expect(calls[0]).toBe('autoscaling set-desired-capacity --region eu-west-1 --auto-scaling-group-name Hello-Drill-1X --desired-capacity 1');
    expect(calls).toHaveLength(6);
  });

  test('asks for what was said since its start only, so that an older drill is no answer', () => {
    const started = Date.now();
    const { calls } = drill({ RestoreDrillSucceeded: ['1.0'] });
    const since = Date.parse(/--start-time (\S+)/.exec(calls[1])![1]);
    expect(since).toBeGreaterThanOrEqual(Math.floor(started / 1000) * 1000);
  });

  test('fails where the backup could not be restored', () => {
    expect(drill({ RestoreDrillSucceeded: ['None', '0.0'] })).toMatchObject({ code: 1, said: expect.stringContaining('RestoreDrillSucceeded is 0.0.') });
  });

  test('fails where nothing is said', () => {
    expect(drill({})).toMatchObject({ code: 1, said: expect.stringContaining('has said nothing for 2 seconds. Look at the instance of the group \'Hello-Drill-1X\'') });
  });

  test('fails where the group may not be changed', () => {
    const { code, calls } = drill({ RestoreDrillSucceeded: ['1.0'] }, true);
    expect(code).not.toBe(0);
    expect(calls).toHaveLength(1);
  });
});
