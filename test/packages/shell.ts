import { spawn } from 'node:child_process';

/** Characters that are printed of each line of what failed. */
const LONGEST = 300;

/** Runs a script of bash and returns its output; throws with all that it printed when it fails. */
export async function shell(script: string, cwd: string, env: { [name: string]: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    const printed: Buffer[] = [];
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk) && output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => printed.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(Buffer.concat(output).toString());
      } else {
        reject(new Error(`${script.trim()}\nended with ${signal ?? `code ${code}`}:\n${readable(Buffer.concat(printed).toString())}`));
      }
    });
  });
}

/** tsx hands its settings on to every process below it, and an app of a user has none of ours. */
function environment(env: { [name: string]: string }): NodeJS.ProcessEnv {
  const { TSX_TSCONFIG_PATH: _, ...inherited } = process.env;
  return { ...inherited, ...env };
}

/** Node.js prints the line that threw, which may be a minified file. */
function readable(output: string): string {
  return output.split('\n').map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line)).join('\n');
}

/** Says what is done, and how long it took. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work();
  console.log(`${`${Math.round((Date.now() - started) / 1000)} s`.padStart(6)}  ${what}`);
  return result;
}
