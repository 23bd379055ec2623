import { execFile } from 'child_process';
import { promisify } from 'util';

const run = promisify(execFile);

/** Runs a script in a process of its own and returns what it printed, as JSON. */
export async function runChild<T>(script: string, argument: object, nodeOptions: string[] = []): Promise<T> {
  const { stdout } = await run(process.execPath, [...nodeOptions, script, JSON.stringify(argument)], {
    env: { ...process.env, CDK_VALIDATION: 'false', NODE_OPTIONS: '', NODE_COMPILE_CACHE: '' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as T;
}
