import { spawn, type ChildProcess } from 'child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { ROOT } from './paths';
import { runOrThrow, signalGroup } from './process';
import { installFromPypi } from './pypi';

/** The version whose gaps `filtered.json` lists. */
export const MINISTACK_VERSION = '1.5.33';

const START_TIMEOUT_MS = 60_000;

/** Ends the emulator and the functions that it runs when this process goes away, however it goes: file descriptor 3 is a pipe from it. */
const SUPERVISE = `
"$@" 3<&- & server=$!
(read line <&3; kill -TERM $server 2>/dev/null; sleep 1; kill -KILL 0) &
wait $server
`;

/** Installs the emulator with what its keys of KMS need, where it is missing. Answers with its Python. */
export async function installEmulator(): Promise<string> {
  return join(await installFromPypi('ministack', MINISTACK_VERSION, ['cryptography==50.0.2']), 'python');
}

/** Where the emulator listens and what its functions see. */
export interface EmulatorOptions {
  readonly python: string;
  readonly port: number;
  /** Endpoint that functions call. */
  readonly endpoint: string;
  /** Folder for its files, and those of its functions. */
  readonly directory: string;
  /** File, less its ending, into which functions write the requests that they get. */
  readonly recordedEvents: string;
}

/** A running emulator. */
export class Emulator {
  private readonly child: ChildProcess;
  private readonly logFile: string;

  constructor(private readonly options: EmulatorOptions) {
    const { directory, python } = options;
    const temporary = join(directory, 'tmp');
    mkdirSync(temporary, { recursive: true });
    this.logFile = join(directory, 'emulator.log');
    const log = openSync(this.logFile, 'a');
    this.child = spawn('sh', ['-c', SUPERVISE, 'supervise', python, join(__dirname, 'as_aws.py')], {
      cwd: directory, detached: true, env: environmentOf(options, temporary), stdio: ['ignore', log, log, 'pipe'],
    });
    closeSync(log);
    this.child.stdio[3]?.on('error', () => undefined);
  }

  public async waitUntilReady(): Promise<void> {
    const giveUp = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < giveUp && this.child.exitCode === null) {
      if (await fetch(`http://127.0.0.1:${this.options.port}/_ministack/health`).then(({ ok }) => ok, () => false)) return;
      await sleep(50);
    }
    throw new Error(`The emulator did not start:\n${this.log()}`);
  }

  /** Names of the resource types that its CloudFormation knows. */
  public async resourceTypes(): Promise<Set<string>> {
    const script = 'import json; from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS; print(json.dumps(sorted(_RESOURCE_HANDLERS)))';
    const output = await runOrThrow(this.options.python, ['-c', script], { cwd: this.options.directory });
    return new Set(JSON.parse(output.trim().split('\n').at(-1) ?? '[]') as string[]);
  }

  public log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Ends it and every function that it runs. */
  public async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    signalGroup(this.child.pid, 'SIGKILL');
    await ended;
  }
}

function environmentOf({ port, endpoint, recordedEvents }: EmulatorOptions, temporary: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: temporary,
    TMPDIR: temporary,
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: REGION,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    // Where Docker is, it must not be used: what runs is the same on every machine.
    DOCKER_HOST: 'unix:///nonexistent',
    // Of the functions, which inherit this environment: the SDK that Lambda has built in, and where its calls go.
    AWS_ENDPOINT_URL: endpoint,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NODE_PATH: join(ROOT, 'node_modules'),
    NODE_OPTIONS: `--require "${join(__dirname, 'record-events.cjs')}"`,
    RECORDED_EVENTS: recordedEvents,
    LAMBDA_ACCOUNT_CONCURRENCY: '10',
    AUTH: 'true',
    // It would listen on a port of its own.
    IOT_MTLS_ENABLED: '0',
  };
}

/** Where everything is deployed. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
