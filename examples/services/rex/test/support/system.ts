import { execFileSync } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import type { Client } from 'pg';
import { eventually } from './eventually';
import { Program } from './program';
import { RedisServer } from './redis-server';
import { SupertokensStandIn } from './supertokens';
import { findGoose } from '../../../../../test/support/goose';
import { freePort, startPostgres, type PostgresServer } from '../../../../../test/support/postgres-server';
import { KEY_PREFIX } from '../../src/key-prefix';

const MIGRATIONS = resolve(__dirname, '../../../../03-rex/migrations');
const DATABASE = 'rex_backend';

export interface Api {
  readonly program: Program;
  readonly url: string;
}

/** A real PostgreSQL with the migrations of the example, a real Redis, and a stand-in for SuperTokens. */
export class System {
  public static async start(): Promise<System> {
    const postgres = await startPostgres();
    const redis = await RedisServer.start(`${KEY_PREFIX}:`);
    const system = new System(postgres, redis, await SupertokensStandIn.start());
    await system.prepareDatabase();
    return system;
  }

  private admin?: Client;

  private constructor(public readonly postgres: PostgresServer, public readonly redis: RedisServer, public readonly supertokens: SupertokensStandIn) {}

  public async startApi(environment: Record<string, string> = {}): Promise<Api> {
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const program = new Program('api', {
      ...this.apiEnvironment(),
      HOST: '127.0.0.1',
      PORT: port,
      ...environment,
    });
    await eventually(`the API listens\n${program.log}`, async () => fetch(`${url}/api/health/live`).then((answer) => answer.ok, () => false));
    return { program, url };
  }

  public startWorker(environment: Record<string, string> = {}): Program {
    return new Program('worker', { ...this.environment('worker'), LOCK_SECONDS: '2', SWEEP_SECONDS: '1', REQUEUE_SECONDS: '4', RETRY_MILLISECONDS: '200', ...environment });
  }

  /** Asks the database as its superuser; again after a restart. */
  public async query<T = Record<string, unknown>>(text: string): Promise<T[]> {
    this.admin ??= await this.postgres.connect({ user: this.postgres.superuser.username, password: this.postgres.superuser.password, database: DATABASE });
    try {
      return (await this.admin.query(text)).rows as T[];
    } catch (error) {
      this.admin = undefined;
      throw error;
    }
  }

  public async remove(): Promise<void> {
    await this.admin?.end();
    await this.supertokens.close();
    await this.redis.remove();
    await this.postgres.remove();
  }

  /** What the API is told of all that it needs. */
  public apiEnvironment(): Record<string, string> {
    const { url, basePath, apiKey } = this.supertokens;
    return { ...this.environment('api'), SUPERTOKENS_URL: url, SUPERTOKENS_BASE_PATH: basePath, SUPERTOKENS_API_KEY: apiKey };
  }

  /** What a service of that user is told of its database and its cache. */
  public environment(user: string): Record<string, string> {
    return {
      DATABASE_URL: `postgresql://${user}:p~w.0_x-@localhost:${this.postgres.port}/${DATABASE}?sslmode=verify-full&sslrootcert=${encodeURIComponent(this.postgres.caFile)}`,
      DATABASE_POOL_SIZE: '5',
      REDIS_URL: this.redis.url,
      // In AWS the certificate of the cache chains to a root that Node has.
      NODE_EXTRA_CA_CERTS: this.redis.caFile,
    };
  }

  private async prepareDatabase(): Promise<void> {
    const { username, password } = this.postgres.superuser;
    const first = await this.postgres.connect({ user: username, password, database: 'postgres' });
    await first.query(`CREATE DATABASE ${DATABASE} OWNER ${this.postgres.admin.username}`);
    await first.query("CREATE ROLE api LOGIN PASSWORD 'p~w.0_x-'");
    await first.query("CREATE ROLE worker LOGIN PASSWORD 'p~w.0_x-'");
    await first.end();
    this.goose('up');
    await this.query('GRANT SELECT, INSERT, UPDATE ON jobs TO api, worker; GRANT INSERT ON deliveries TO worker');
  }

  /** Migrates as the migration task does. */
  public goose(command: 'up' | 'reset'): void {
    const { directory, reason } = findGoose();
    if (directory === undefined) {
      throw new Error(reason);
    }
    const { username, password } = this.postgres.admin;
    execFileSync('goose', ['-dir', MIGRATIONS, '-no-color', '-env=none', 'postgres', command], {
      env: {
        PATH: `${directory}${delimiter}${process.env.PATH}`,
        GOOSE_DBSTRING: 'sslmode=verify-full',
        PGHOST: '127.0.0.1',
        PGPORT: String(this.postgres.port),
        PGDATABASE: DATABASE,
        PGUSER: username,
        PGPASSWORD: password,
        PGSSLROOTCERT: this.postgres.caFile,
      },
      stdio: 'pipe',
      timeout: 30_000,
    });
  }
}
