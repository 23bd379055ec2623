import { spawn } from 'child_process';
import { createInterface } from 'readline';
import { messageOf, RunnerFailure } from './runner-failure';
import { RunnerExit } from '../../shared/runner.contract';

/** How to run an engine. */
export interface EngineCommand {
  readonly program: string;
  readonly arguments: string[];
  readonly environment: Record<string, string>;
  /** Working directory: engines look there for settings files. */
  readonly directory: string;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopSeconds: number;
}

/** How an engine ended. */
export interface EngineResult {
  /** Undefined when a signal ended it. */
  readonly exitCode?: number;
  /** Its last lines, oldest first. */
  readonly output: string[];
}

const KEPT_LINES = 200;

/** Runs the engine to its end, giving its output on line by line. When `stop` aborts, it is stopped, by force if need be. */
export async function runEngine(command: EngineCommand, print: (line: string) => void, stop: AbortSignal): Promise<EngineResult> {
  const child = spawn(command.program, command.arguments, { env: command.environment, cwd: command.directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const relay = (line: string) => {
    output.push(line);
    if (output.length > KEPT_LINES) output.shift();
    print(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', relay);
  let kill: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), command.stopSeconds * 1000);
  };
  try {
    return await new Promise<EngineResult>((done, fail) => {
      child.once('error', (error) => fail(new RunnerFailure(RunnerExit.MISCONFIGURED, `The engine '${command.program}' can't be started: ${messageOf(error)}. Use the image that this library builds.`)));
      child.once('close', (code) => done({ exitCode: code ?? undefined, output }));
      if (stop.aborted) end();
      stop.addEventListener('abort', end, { once: true });
    });
  } finally {
    clearTimeout(kill);
    stop.removeEventListener('abort', end);
  }
}
