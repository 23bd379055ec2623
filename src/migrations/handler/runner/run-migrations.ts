import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { migrate } from './migrate';
import { Redactor } from './redact';
import type { RunnerDialect } from './runner-dialect';
import { messageOf, RunnerFailure } from './runner-failure';
import { readSettings } from './settings';
import { RunnerExit } from '../../shared/runner.contract';

const SIGNALS = { SIGTERM: RunnerExit.TERMINATED, SIGINT: RunnerExit.INTERRUPTED } as const;

async function main(dialect: RunnerDialect): Promise<number> {
  const redactor = new Redactor([process.env[dialect.variables.password] ?? '']);
  const print = (line: string) => void process.stdout.write(`${redactor.redact(line)}\n`);
  const stop = new AbortController();
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => stop.abort(new RunnerFailure(exitCode, `Stopped by ${signal}. A file with a transaction leaves nothing behind; a file without one may be applied in part, and may leave an INVALID index. Run the migrations again.`)));
  }
  const home = mkdtempSync(join(tmpdir(), 'migrations-'));
  try {
    const settings = readSettings(dialect, process.env);
    const caFile = join(home, 'ca.pem');
    writeFileSync(caFile, settings.ca, { mode: 0o600 });
    print(`migrations: ${await migrate({ dialect, settings, environment: process.env, home, caFile, stop, print, learn: (text) => redactor.learn(text) })}`);
    return RunnerExit.OK;
  } catch (error) {
    // Many things fail when a run is stopped; the reason to stop is what counts.
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    print(`migrations: FAILED: ${messageOf(cause)}`);
    return cause instanceof RunnerFailure ? cause.exitCode : RunnerExit.INTERNAL;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs the migrations of this container, and ends the process with one of `RunnerExit`. */
export function runMigrations(dialect: RunnerDialect): void {
  void main(dialect).then((exitCode) => process.exit(exitCode));
}
