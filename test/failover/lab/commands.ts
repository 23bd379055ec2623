import { spawn, type ChildProcess, type SpawnOptions } from 'child_process';
import { closeSync, openSync } from 'fs';

/** How a command ended, and what it printed. */
export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

export interface CommandOptions extends SpawnOptions {
  /** Text for the standard input. */
  readonly input?: string;
  /** File to which the output is appended instead. */
  readonly log?: string;
  /** Seconds after which the command is killed. */
  readonly timeout?: number;
}

/** What the lab gives to programs of hosts and of clients: nothing of the environment of whoever started it. */
export const CLEAN_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };

/** Starts a program that dies with this process, however this one ends. */
export function start(command: string, args: string[], { log, ...options }: CommandOptions = {}): ChildProcess {
  const file = log === undefined ? 'pipe' : openSync(log, 'a');
  try {
    return spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], { stdio: ['pipe', file, file], ...options });
  } finally {
    if (typeof file === 'number') closeSync(file);
  }
}

/** Runs a program to its end. */
export async function run(command: string, args: string[], { input, timeout, ...options }: CommandOptions = {}): Promise<CommandResult> {
  const child = start(command, args, options);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // It may end before it has read everything.
  child.stdin?.on('error', () => undefined).end(input);
  const timer = timeout === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeout * 1000);
  try {
    const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
    return { code, output };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must succeed; answers with its output. */
export async function runOrThrow(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`'${[command, ...args].join(' ')}' ended with ${code}:\n${output || `See ${options.log}.`}`);
  return output;
}
