import type { ChildProcess } from 'child_process';
import { spawn } from 'child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { createRequire } from 'module';
import { tmpdir } from 'os';
import { delimiter, dirname, join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { buildSync } from 'esbuild';
import { type EngineName, RunnerEnv } from '../../../src/migrations/shared/runner.contract';
import { POSTGRES_VARIABLES } from '../../../src/postgres/engine/migrations/postgres-variables.contract';
import { findGoose } from '../../support/goose';
import type { Login, PostgresServer } from '../../support/postgres-server';

/** Everything that a test of the runner makes on disk. */
export class Workshop {
  public readonly root = mkdtempSync(join(tmpdir(), 'cdk-private-backend-runner-'));
  private readonly bundle = join(this.root, 'index.js');
  private runs: RunnerProcess[] = [];

  constructor() {
    buildSync({
      entryPoints: [join(__dirname, '../../../src/postgres/engine/handler/runner/entrypoint.ts')],
      outfile: this.bundle,
      bundle: true,
      platform: 'node',
      target: 'node20',
      external: ['pg-native'],
      logLevel: 'error',
    });
    mkdirSync(join(this.root, 'tmp'));
  }

  /** A directory with these migration files. */
  public directory(files: Record<string, string>): string {
    const directory = mkdtempSync(join(this.root, 'migrations-'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    return directory;
  }

  /** A folder with a program that stands in for an engine. */
  public fakeEngine(engine: EngineName, script: string): string {
    const directory = mkdtempSync(join(this.root, 'bin-'));
    writeFileSync(join(directory, engine), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return directory;
  }

  public start(environment: Record<string, string>, programs: string[]): RunnerProcess {
    const run = new RunnerProcess(this.bundle, { TMPDIR: join(this.root, 'tmp'), PATH: [...programs, process.env.PATH].join(delimiter), ...environment });
    this.runs.push(run);
    return run;
  }

  /** What the runner left in its temporary directory. */
  public leftovers(): string[] {
    return readdirSync(join(this.root, 'tmp'));
  }

  public async stopAll(): Promise<void> {
    for (const run of this.runs) await run.kill();
    this.runs = [];
    // Who is killed cannot tidy up.
    for (const name of this.leftovers()) rmSync(join(this.root, 'tmp', name), { recursive: true });
  }

  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A runner that is at work. */
export class RunnerProcess {
  public output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  constructor(bundle: string, environment: Record<string, string>) {
    this.child = spawn(process.execPath, [bundle], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (data) => { this.output += String(data); });
    this.child.stderr?.on('data', (data) => { this.output += String(data); });
    this.ended = new Promise((done) => this.child.once('close', (code) => done(code)));
  }

  public async exitCode(): Promise<number | null> {
    return this.ended;
  }

  public signal(signal: NodeJS.Signals) {
    this.child.kill(signal);
  }

  public async kill() {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }

  public async says(pattern: RegExp, seconds = 20): Promise<void> {
    await until(`the runner to say ${pattern}, but it says: ${this.output}`, async () => pattern.test(this.output), seconds);
  }

  /** Arguments of the runner and of the processes that it started. */
  public commandLines(): string[] {
    const pid = String(this.child.pid);
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
      try {
        const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1];
        return name === pid || parent === pid ? [readFileSync(`/proc/${name}/cmdline`, 'utf8').replace(/\0/g, ' ')] : [];
      } catch {
        return [];
      }
    });
  }
}

/** A database made like the broker makes one: a NOLOGIN owner, and a login that acts as it. */
export interface Prepared extends Login {
  readonly database: string;
  readonly owner: string;
}

let count = 0;

export async function prepareDatabase(server: PostgresServer, password = 'Correct.Horse~42', actsAsOwner = true): Promise<Prepared> {
  count++;
  const names = { database: `app_${process.pid}_${count}`, owner: `own_${process.pid}_${count}`, username: `mig_${process.pid}_${count}`, password };
  const root = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
  await root.query(`CREATE ROLE ${names.owner} NOLOGIN`);
  await root.query(`CREATE ROLE ${names.username} LOGIN PASSWORD ${root.escapeLiteral(password)}`);
  await root.query(`ALTER ROLE ${names.username} SET statement_timeout='1s'`);
  await root.query(`CREATE DATABASE ${names.database} OWNER ${names.owner} TEMPLATE template0 ENCODING 'UTF8'`);
  if (actsAsOwner) await root.query(`GRANT ${names.owner} TO ${names.username}`);
  await root.query(`ALTER ROLE ${names.username} IN DATABASE ${names.database} SET role='${names.owner}'`);
  await root.end();
  return names;
}

/** What the task gives the runner. */
export function environmentFor(server: PostgresServer, prepared: Prepared, engine: EngineName, directory: string): Record<string, string> {
  return {
    [POSTGRES_VARIABLES.host]: server.hostName,
    [POSTGRES_VARIABLES.port]: String(server.port),
    [POSTGRES_VARIABLES.user]: prepared.username,
    [POSTGRES_VARIABLES.password]: prepared.password,
    [POSTGRES_VARIABLES.database]: prepared.database,
    [RunnerEnv.CA]: server.ca,
    [RunnerEnv.ENGINE]: engine,
    [RunnerEnv.DIRECTORY]: directory,
    [RunnerEnv.CONNECT_SECONDS]: '30',
    [RunnerEnv.LOCK_SECONDS]: '40',
    [RunnerEnv.STOP_SECONDS]: '5',
  };
}

/** Runs a statement as the superuser. */
export async function query(server: PostgresServer, database: string, sql: string): Promise<Array<Record<string, unknown>>> {
  const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database });
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Sessions of the engine (`migrations`) or of the runner (`migrations-lock`). */
export async function sessions(server: PostgresServer, database: string, kind: string) {
  return query(server, database, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cdk-private-backend-${kind}'`);
}

export async function until(what: string, done: () => Promise<boolean>, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!await done()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(50);
  }
}

/** The folder with dbmate's program, from its npm package. */
export function dbmateDirectory(): string {
  const from = createRequire(join(__dirname, '../../../node_modules/dbmate/package.json'));
  return dirname(from.resolve(`@dbmate/${process.platform}-${process.arch}/bin/dbmate`));
}

/** An engine to run a case with, and how its files look. */
export interface TestedEngine {
  readonly name: EngineName;
  /** Folder with the program, or nothing where it is not installed. */
  readonly directory?: string;
  readonly reason?: string;
  readonly file: (up: string, transaction?: boolean) => string;
}

export function testedEngines(): TestedEngine[] {
  return [
    { name: 'dbmate', directory: dbmateDirectory(), file: (up, transaction = true) => `-- migrate:up${transaction ? '' : ' transaction:false'}\n${up}\n-- migrate:down\n` },
    { name: 'goose', ...findGoose(), file: (up, transaction = true) => `${transaction ? '' : '-- +goose NO TRANSACTION\n'}-- +goose Up\n${up}\n-- +goose Down\n` },
  ];
}
