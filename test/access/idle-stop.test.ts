import { spawnSync } from 'child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import * as fc from 'fast-check';
import { installIdleStop } from '../../src/access/private/idle-stop';

const SCRIPT = join(__dirname, '..', '..', 'src', 'access', 'idle-stop.sh');
const IDLE = ['/usr/lib/systemd/systemd --switched-root', '/usr/bin/amazon-ssm-agent', '/usr/bin/ssm-agent-worker', 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups', '-bash'];
const SESSION = '/usr/bin/ssm-session-worker jane-0123456789abcdef0';

/** An instance whose processes and clock are files, and whose power switch leaves a mark. */
class Instance {
  private readonly directory = mkdtempSync(join(tmpdir(), 'idle-stop-'));

  public look(uptime: number | string, processes: string[], limit = '600', overrides: Record<string, string> = {}) {
    writeFileSync(this.path('processes'), processes.map((line) => `${line}\n`).join(''));
    writeFileSync(this.path('uptime'), `${uptime}\n`);
    const { status, stderr } = spawnSync('sh', [SCRIPT, limit], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        IDLE_STOP_PROCESSES: `cat ${this.path('processes')}`,
        IDLE_STOP_UPTIME: `cat ${this.path('uptime')}`,
        IDLE_STOP_POWEROFF: `touch ${this.path('off')}`,
        IDLE_STOP_STATE: this.path('state'),
        ...overrides,
      },
    });
    return { off: existsSync(this.path('off')), status, stderr };
  }

  /** What a stop and a start leave: files in /run are gone and the clock begins again. */
  public reboot() {
    rmSync(this.path('state'), { force: true });
    rmSync(this.path('off'), { force: true });
  }

  public writeState(text: string) {
    writeFileSync(this.path('state'), text);
  }

  public destroy() {
    rmSync(this.directory, { recursive: true });
  }

  private path(name: string) {
    return join(this.directory, name);
  }
}

let instance: Instance;
beforeEach(() => {
  instance = new Instance();
});
afterEach(() => instance.destroy());

describe('an instance', () => {
  test('powers off when its idle period is over and not a second earlier', () => {
    expect(instance.look(60, IDLE).off).toBe(false);
    expect(instance.look(659, IDLE).off).toBe(false);
    expect(instance.look(660, IDLE)).toMatchObject({ off: true, status: 0 });
  });

  test('stays on as long as a session is open, and for a whole idle period after it', () => {
    for (let uptime = 60; uptime <= 7200; uptime += 600) {
      expect(instance.look(uptime, [...IDLE, SESSION]).off).toBe(false);
    }
    expect(instance.look(7259, IDLE).off).toBe(false);
    expect(instance.look(7260, IDLE).off).toBe(true);
  });

  test.each([
    ['a session of Session Manager', '/usr/bin/ssm-session-worker jane-0a'],
    ['a session under another path', 'ssm-session-worker'],
    ['a login by SSH', 'sshd: ec2-user@pts/0'],
    ['a login by a newer SSH', 'sshd-session: ec2-user@notty'],
    ['packages being installed', '/usr/bin/python3 -s /usr/bin/dnf upgrade --security -y'],
    ['packages being installed without flags', '/usr/bin/python3 /usr/bin/dnf install -y postgresql17'],
    ['the first boot being set up', '/usr/bin/python3 -s /usr/bin/cloud-init modules --mode=final'],
  ])('counts %s as use', (_name, line) => {
    instance.look(60, IDLE);
    expect(instance.look(5000, [...IDLE, line]).off).toBe(false);
  });

  test.each([
    ['the agent itself', '/usr/bin/amazon-ssm-agent'],
    ['a command that names the worker', 'tail -f /var/log/amazon/ssm-session-worker.log'],
    ['a search for the worker', 'grep ssm-session-worker'],
    ['a worker for documents', '/usr/bin/ssm-document-worker 0a'],
    ['the SSH daemon', 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups'],
    ['an editor on a file of dnf', 'vi /etc/dnf/dnf.conf'],
  ])('does not count %s as use', (_name, line) => {
    instance.look(60, [...IDLE, line]);
    expect(instance.look(660, [...IDLE, line]).off).toBe(true);
  });

  test('has a whole idle period after every boot, however long it was off', () => {
    instance.look(60, IDLE);
    expect(instance.look(700, IDLE).off).toBe(true);
    instance.reboot();
    expect(instance.look(61, IDLE).off).toBe(false);
    expect(instance.look(660, IDLE).off).toBe(false);
    expect(instance.look(661, IDLE).off).toBe(true);
  });

  test('begins a new idle period when its clock jumps back', () => {
    instance.look(90000, IDLE);
    expect(instance.look(100, IDLE).off).toBe(false);
    expect(instance.look(699, IDLE).off).toBe(false);
    expect(instance.look(700, IDLE).off).toBe(true);
  });

  test.each(['', 'yesterday', '12 13', '-5'])('begins a new idle period when its state is %p', (state) => {
    instance.writeState(state);
    expect(instance.look(100000, IDLE)).toMatchObject({ off: false, status: 0 });
    expect(instance.look(100600, IDLE).off).toBe(true);
  });

  test.each(['99999999999999999999', '1234567890', '0800', '00', '-5', '1e3', ''])('with a state that no shell can count with (%j) waits a whole idle period, and powers off then', (state) => {
    instance.writeState(state);
    expect(instance.look(100_000, IDLE)).toMatchObject({ off: false, status: 0, stderr: '' });
    expect(instance.look(100_599, IDLE).off).toBe(false);
    expect(instance.look(100_600, IDLE).off).toBe(true);
  });

  test('powers off exactly when nobody used it for the limit, whatever happened before', () => {
    fc.assert(fc.property(
      fc.integer({ min: 120, max: 900 }),
      fc.array(fc.record({ wait: fc.integer({ min: 1, max: 400 }), busy: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      (limit, looks) => {
        instance.reboot();
        let now = 60;
        let lastBusy = now;
        instance.look(now, IDLE, String(limit));
        for (const { wait, busy } of looks) {
          now += wait;
          lastBusy = busy ? now : lastBusy;
          const { off } = instance.look(now, busy ? [SESSION] : IDLE, String(limit));
          expect(off).toBe(now - lastBusy >= limit);
          if (off) {
            return;
          }
        }
      },
    ), { numRuns: 25 });
  });
});

describe('what cannot be known', () => {
  test.each([
    ['the limit is missing', '', {}, 'the idle limit must be a number of seconds'],
    ['the limit is no number', '10m', {}, "the idle limit must be a number of seconds, got '10m'"],
    ['processes cannot be listed', '600', { IDLE_STOP_PROCESSES: 'false' }, 'the process list cannot be read'],
    ['the process list is empty', '600', { IDLE_STOP_PROCESSES: 'true' }, 'the process list is empty'],
    ['the clock cannot be read', '600', { IDLE_STOP_UPTIME: 'false' }, 'the time since boot cannot be read'],
    ['the clock is no number', '600', { IDLE_STOP_UPTIME: 'echo soon' }, 'the time since boot is not a number'],
    ['the state cannot be written', '600', { IDLE_STOP_STATE: '/nowhere/state' }, 'cannot be written'],
  ])('fails without powering off when %s', (_name, limit, overrides, message) => {
    // GIVEN
    instance.writeState('60');

    // WHEN
    const { off, status, stderr } = instance.look(100000, IDLE, limit, overrides);

    // THEN
    expect(off).toBe(false);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('the script', () => {
  test('runs against the real process list and clock', () => {
    const { off, status } = instance.look(0, [], '999999999', { IDLE_STOP_PROCESSES: 'ps -e -o args=', IDLE_STOP_UPTIME: 'cut -d. -f1 /proc/uptime' });
    expect({ off, status }).toEqual({ off: false, status: 0 });
  });

  test('passes shellcheck where that is installed', () => {
    const { error, status, stdout } = spawnSync('shellcheck', [SCRIPT], { encoding: 'utf8' });
    // Without shellcheck the shell's own syntax check has to do.
    const checked = error === undefined ? { status, stdout } : { status: spawnSync('sh', ['-n', SCRIPT]).status, stdout: '' };
    expect(checked).toEqual({ status: 0, stdout: '' });
  });

  test('is installed byte for byte, with a timer that looks every minute since boot', () => {
    const lines = installIdleStop(1800);
    const text = lines.join('\n');
    expect(text).toContain(readFileSync(SCRIPT, 'utf8').trimEnd());
    expect(lines).toContain('ExecStart=/usr/local/sbin/idle-stop 1800');
    expect(lines).toEqual(expect.arrayContaining(['OnBootSec=1min', 'OnUnitActiveSec=1min']));
    expect(text).not.toContain('OnCalendar');
    expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
  });
});
