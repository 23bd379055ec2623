import { spawn } from 'child_process';

/** How a program ended, and what it printed. */
export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

/** Programs that have not ended yet. */
const running = new Set<() => void>();

/** Runs a program to its end. */
export async function run(command: string, args: string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<ProgramResult> {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  // Its own group: what it starts itself ends with it.
  const end = () => signalGroup(child.pid, 'SIGKILL');
  running.add(end);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
    return { code, output };
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

/** Ends every program that still runs. */
export function endPrograms(): void {
  running.forEach((end) => end());
}

/** Signals a process and all that it started, which is no error where they have ended. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // They have ended already.
  }
}
