import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Client } from 'pg';
import { ROOT } from './service';
import { startPostgres, type PostgresServer } from '../../../../../test/support/postgres-server';

const MIGRATIONS = resolve(ROOT, 'examples/02-hello-birthday/migrations');

/** A server with the database of example 02, and the user of the service. */
export class HelloDatabase {
  public static async start(): Promise<HelloDatabase> {
    const server = await startPostgres();
    const first = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    await first.query(`CREATE DATABASE hello OWNER ${server.admin.username}`);
    await first.query("CREATE ROLE api LOGIN PASSWORD 'p~w.0_x-'");
    await first.end();
    const database = new HelloDatabase(server);
    database.migrate();
    const admin = await database.connect();
    await admin.query('GRANT SELECT, INSERT, UPDATE ON people TO api');
    await admin.end();
    return database;
  }

  private constructor(public readonly server: PostgresServer) {}

  /** What the service gets, as a `PostgresUser` writes it. */
  public url(port = this.server.port): string {
    return `postgresql://api:p~w.0_x-@localhost:${port}/hello?sslmode=verify-full&sslrootcert=${encodeURIComponent(this.server.caFile)}`;
  }

  /** A session of the superuser. */
  public async connect(): Promise<Client> {
    return this.server.connect({ user: this.server.superuser.username, password: this.server.superuser.password, database: 'hello' });
  }

  public migrate(direction: 'migrate' | 'down' = 'migrate'): void {
    const { admin, port, caFile } = this.server;
    execFileSync(resolve(ROOT, 'node_modules/.bin/dbmate'), ['--no-dump-schema', '--migrations-dir', MIGRATIONS, direction], {
      env: { ...process.env, DATABASE_URL: `postgres://${admin.username}:${admin.password}@127.0.0.1:${port}/hello?sslmode=verify-full&sslrootcert=${caFile}` },
      stdio: 'pipe',
      timeout: 30_000,
    });
  }
}
