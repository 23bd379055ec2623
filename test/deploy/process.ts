import { spawn } from 'child_process';

/** How a program ended, and what it printed. */
export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

/** Programs that have not ended yet, by how to end them. */
const running = new Map<() => void, Promise<unknown>>();
const state = { ending: false };

/** Runs a program to its end. */
export async function run(command: string, args: string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<ProgramResult> {
  if (state.ending) throw new Error(`'${command}' was not started, because everything is being ended.`);
  // Its own group: what it starts itself ends with it.
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => signalGroup(child.pid, 'SIGKILL');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
  running.set(end, ended);
  try {
    return { code: await ended, output };
  } finally {
    running.delete(end);
  }
}

/** Runs a program that must succeed; answers with its output. */
export async function runOrThrow(command: string, args: string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) {
    throw new Error(`'${[command, ...args].join(' ')}' ended with ${code}:\n${output}`);
  }
  return output;
}

/** Ends every program that still runs, and lets no other start. */
export async function endPrograms(): Promise<void> {
  state.ending = true;
  const ended = [...running.values()];
  [...running.keys()].forEach((end) => end());
  await Promise.allSettled(ended);
  // Whoever waited for them tidies up first.
  await new Promise(setImmediate);
}

/** Resolves never, once everything is being ended: what was interrupted should not go on, nor complain. */
export async function unlessEnding(): Promise<void> {
  if (state.ending) {
    await new Promise(() => undefined);
  }
}

/** Signals a process and all that it started, which is no error where they have ended. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // They have ended already.
  }
}
