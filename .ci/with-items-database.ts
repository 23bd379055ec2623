import { spawnSync } from 'node:child_process';
import { startPostgres } from '../test/support/postgres-server';

/** Runs commands, separated by `--`, one after the other with a fresh database in DATABASE_URL and PG…; all must succeed. */
async function main(commands: string[][]): Promise<number> {
  const server = await startPostgres();
  try {
    const admin = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    await admin.query(`CREATE DATABASE items OWNER ${server.admin.username}`);
    await admin.end();
    const items = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'items' });
    await items.query('CREATE EXTENSION pgcrypto');
    await items.end();
    const { username, password } = server.admin;
    const env = {
      ...process.env,
      DATABASE_URL: `postgresql://${username}:${password}@127.0.0.1:${server.port}/items?sslmode=verify-full&sslrootcert=${server.caFile}`,
      GOOSE_DBSTRING: 'sslmode=verify-full',
      PGHOST: '127.0.0.1', PGPORT: String(server.port), PGDATABASE: 'items', PGUSER: username, PGPASSWORD: password, PGSSLROOTCERT: server.caFile,
    };
    for (const [command, ...args] of commands) {
      const { status, error } = spawnSync(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
      if (status !== 0) {
        console.error(`${command} ended with ${error?.message ?? status}`);
        return 1;
      }
    }
    return 0;
  } finally {
    await server.remove();
  }
}

const commands: string[][] = [[]];
process.argv.slice(2).forEach((word) => word === '--' ? commands.push([]) : commands.at(-1)!.push(word));
main(commands).then((code) => process.exit(code), (error) => {
  console.error(error);
  process.exit(1);
});
