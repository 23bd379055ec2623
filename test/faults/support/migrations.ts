import { formatFinding } from '../../../src/migrations/shared/lint/lint';
import { RunnerEnv, type EngineName } from '../../../src/migrations/shared/runner.contract';
import { lintMigrations } from '../../../src/postgres/engine/migrations/lint-migrations';
import { environmentFor, testedEngines, Workshop } from '../../migrations/runner/harness';
import type { BrokerCloud, User } from '../../support/broker-cloud';

/** A file of goose; `marked` where the SQL is one statement with semicolons in it. */
export function goose(up: string, { transaction = true, marked = false } = {}): string {
  const body = marked ? `-- +goose StatementBegin\n${up}\n-- +goose StatementEnd` : up;
  return `${transaction ? '' : '-- +goose NO TRANSACTION\n'}-- +goose Up\n${body}\n-- +goose Down\nSELECT 1;\n`;
}

/** A file of dbmate. */
export function dbmate(up: string, { transaction = true } = {}): string {
  return `-- migrate:up${transaction ? '' : ' transaction:false'}\n${up}\n-- migrate:down\n`;
}

/** Findings of the lint as lines of text: errors, and errors and warnings together. */
export interface Said {
  readonly errors: string[];
  readonly all: string[];
}

export function lint(engine: EngineName, content: string): Said {
  const { errors, warnings } = lintMigrations(engine, [{ name: fileName(engine), content }]);
  return { errors: errors.map(formatFinding), all: [...errors, ...warnings].map(formatFinding) };
}

/** A name that the engine takes. */
export function fileName(engine: EngineName): string {
  return engine === 'goose' ? '00001_x.sql' : '20260101000000_x.sql';
}

/** Where one run of the program in a task ended. */
export interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Deployments of migrations, with the real engines and the program that runs in a task. */
export class Migrations {
  private readonly workshop = new Workshop();
  private readonly engines = testedEngines();
  private databases = 0;

  /** A database of the broker, with the user that migrates it. */
  public async givenMigrator(cloud: BrokerCloud): Promise<User> {
    const database = `migrated${++this.databases}`;
    await cloud.givenDatabase(database);
    return cloud.givenUser(`migrator${this.databases}`, database, { Access: 'OWNER' });
  }

  /** Runs a directory with this one file. */
  public async run(cloud: BrokerCloud, user: User, engine: EngineName, content: string, environment: Record<string, string> = {}): Promise<Run> {
    const found = this.engines.find(({ name }) => name === engine);
    if (found?.directory === undefined) throw new Error(found?.reason ?? `There is no ${engine}.`);
    const prepared = { ...cloud.loginOf(user), database: user.database, owner: `${user.database}_owner` };
    const given = environmentFor(cloud.server, prepared, engine, this.workshop.directory({ [fileName(engine)]: content }));
    const run = this.workshop.start({ ...given, [RunnerEnv.CONNECT_SECONDS]: '10', [RunnerEnv.LOCK_SECONDS]: '20', ...environment }, [found.directory]);
    return { code: await run.exitCode(), output: run.output };
  }

  public async remove(): Promise<void> {
    await this.workshop.stopAll();
    this.workshop.remove();
  }
}
