import { spawn } from 'child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { sessionCommand } from '../../src/access/private/session-grants';

const NOT_CONNECTED = 'echo "An error occurred (TargetNotConnected) when calling the StartSession operation: i-0abc is not connected." >&2; exit 254';
const STOPPING = 'echo "An error occurred (IncorrectInstanceState) when calling the StartInstances operation: The instance is not in a state from which it can be started." >&2; exit 254';
const DENIED = (operation: string) => `echo "An error occurred (AccessDeniedException) when calling the ${operation} operation: not authorized" >&2; exit 254`;

/** What `aws` does at the first call of a subcommand, at the second and so on; the last holds for all later ones. */
interface Scenario {
  readonly startInstances?: string[];
  readonly startSession?: string[];
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: string[];
}

/** A folder of programs that stand before the real ones. */
class Machine {
  private readonly directory = mkdtempSync(join(tmpdir(), 'session-command-'));

  constructor({ startInstances = ['true'], startSession = ['echo session'] }: Scenario) {
    const steps = Object.entries({ 'start-instances': startInstances, 'start-session': startSession })
      .flatMap(([name, actions]) => actions.map((action, index) => `${name}.${index === actions.length - 1 ? '*' : index + 1}) ${action} ;;`));
    this.program('aws', ['echo "$*" >>"$CALLS"', 'n=$(grep -c " $2 " "$CALLS")', `case "$2.$n" in ${steps.join('\n')} esac`]);
    this.program('sleep', ['echo "sleep $*" >>"$CALLS"']);
  }

  /** Runs what people type, without their settings; `interrupt` is Ctrl-C in the session, which all programs of a terminal get. */
  public async type(shell: string, input = '', interrupt = false): Promise<Result> {
    const calls = join(this.directory, 'calls');
    const child = spawn(shell, [...(shell === 'bash' ? ['--norc'] : []), '-c', command()], { detached: true, env: { PATH: `${this.directory}:${process.env.PATH}`, CALLS: calls } });
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (interrupt) process.kill(-child.pid!, 'SIGINT');
    });
    // A program that ends at once reads nothing.
    child.stdin.on('error', () => undefined).end(input);
    const status = await new Promise<number | null>((done) => child.once('close', done));
    return { status, stdout, stderr, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [] };
  }

  public destroy() {
    rmSync(this.directory, { recursive: true });
  }

  private program(name: string, lines: string[]) {
    const file = join(this.directory, name);
    writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(file, 0o755);
  }
}

function command(): string {
  const stack = new Stack(new App(), 'Stack', { env: { region: 'eu-west-1', account: '111122223333' } });
  return sessionCommand(stack, { instanceId: 'i-0abc' } as ec2.IInstance, 'Shell');
}

let machine: Machine;
afterEach(() => machine.destroy());

async function type(shell: string, scenario: Scenario, input?: string, interrupt?: boolean): Promise<Result> {
  machine = new Machine(scenario);
  return machine.type(shell, input, interrupt);
}

const START = 'ec2 start-instances --region eu-west-1 --instance-ids i-0abc';
const OPEN = 'ssm start-session --region eu-west-1 --target i-0abc --document-name Shell';

describe.each(['sh', 'bash'])('the command in %s', (shell) => {
  test('starts the bastion, opens one session with the terminal as its input and output, and ends with it', async () => {
    const result = await type(shell, { startSession: ['read -r line && echo "you typed $line"'] }, 'select 1\n');

    expect(result).toEqual({ status: 0, stdout: 'you typed select 1\n', stderr: '', calls: [START, OPEN] });
  });

  test('tries again while the agent is not connected', async () => {
    const result = await type(shell, { startSession: [NOT_CONNECTED, NOT_CONNECTED, 'echo open'] });

    expect(result).toEqual({ status: 0, stdout: 'open\n', stderr: '', calls: [START, OPEN, 'sleep 10', START, OPEN, 'sleep 10', START, OPEN] });
  });

  test('tries again while the instance still stops', async () => {
    const result = await type(shell, { startInstances: [STOPPING, 'true'], startSession: ['echo open'] });

    expect(result).toEqual({ status: 0, stdout: 'open\n', stderr: '', calls: [START, 'sleep 10', START, OPEN] });
  });

  test('fails with the words of AWS where the bastion may not be started', async () => {
    const result = await type(shell, { startInstances: [DENIED('StartInstances')] });

    expect(result).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('(AccessDeniedException) when calling the StartInstances') as string, calls: [START] });
  });

  test('fails with the words of AWS where no session may be opened', async () => {
    const result = await type(shell, { startSession: [DENIED('StartSession')] });

    expect(result).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('(AccessDeniedException) when calling the StartSession') as string, calls: [START, OPEN] });
  });

  test('fails where the Session Manager plugin is missing', async () => {
    const result = await type(shell, { startSession: ['echo "SessionManagerPlugin is not found. Please refer to SessionManager Documentation here" >&2; exit 255'] });

    expect(result).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('SessionManagerPlugin is not found') as string, calls: [START, OPEN] });
  });

  test('fails where the bastion does not answer within ten minutes', async () => {
    const { status, stderr, calls } = await type(shell, { startSession: [NOT_CONNECTED] });

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('(TargetNotConnected)') as string });
    expect(calls.filter((call) => call === 'sleep 10')).toHaveLength(60);
  });

  test.each([
    ['that ends well, as the plugin does', 'trap "exit 0" INT'],
    ['that ends with an error', 'trap "exit 255" INT'],
    ['that dies of it', 'true'],
  ])('ends with Ctrl-C in a session %s, and opens no other', async (_what, trap) => {
    const { calls } = await type(shell, { startSession: [`${trap}; echo open; while :; do /bin/sleep 0.05; done`] }, '', true);

    expect(calls).toEqual([START, OPEN]);
  });

  test('ends with a session that breaks off', async () => {
    const result = await type(shell, { startSession: ['echo open; kill -KILL $$'] });

    expect(result.calls).toEqual([START, OPEN]);
    expect(result.status).toBe(1);
  });
});
