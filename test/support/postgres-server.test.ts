import { spawn } from 'child_process';
import { existsSync, readdirSync, readlinkSync } from 'fs';
import { isAbsolute, join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { Client } from 'pg';
import { preparePostgres, serverAccount } from './postgres-binaries';
import { POSTGRES_MAJORS, startPostgres } from './postgres-server';

describe.each(POSTGRES_MAJORS)('a test server of PostgreSQL %i', (major) => {
  test('is like RDS: TLS only, an admin without superuser rights who may signal backends, rds_iam out of its reach', async () => {
    // GIVEN
    const server = await startPostgres({ major });
    const login = { user: server.admin.username, password: server.admin.password, database: 'postgres' };

    // WHEN
    const client = await server.connect(login);
    const { rows: [row] } = await client.query(`SELECT current_setting('server_version_num')::int / 10000 AS major, rolsuper, rolcreaterole, rolcreatedb,
      pg_has_role('pg_signal_backend', 'USAGE') AS signals, pg_has_role('rds_iam', 'USAGE') AS iam, ssl FROM pg_roles, pg_stat_ssl WHERE rolname = current_user AND pid = pg_backend_pid()`);
    await client.end();
    const plain = new Client({ host: server.host, port: server.port, ...login });

    // THEN
    expect(row).toEqual({ major, rolsuper: false, rolcreaterole: true, rolcreatedb: true, signals: true, iam: false, ssl: true });
    await expect(plain.connect()).rejects.toMatchObject({ code: '28000' });
    await server.remove();
    expect(existsSync(server.dataDir)).toBe(false);
  });
});

test.each(POSTGRES_MAJORS)('the binaries of PostgreSQL %i outlive the folder that they were copied from', (major) => {
  const libraries = join(preparePostgres(major, serverAccount()).postgres, '..', '..', 'lib');
  const links = readdirSync(libraries, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink()).map(({ name }) => readlinkSync(join(libraries, name)));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter(isAbsolute)).toEqual([]);
});

test('a test server keeps its data over a restart', async () => {
  const server = await startPostgres();
  const login = { user: server.admin.username, password: server.admin.password, database: 'postgres' };
  const before = await server.connect(login);
  await before.query('CREATE ROLE remembered');
  await before.end();

  await server.restart();

  const after = await server.connect(login);
  expect((await after.query("SELECT FROM pg_roles WHERE rolname = 'remembered'")).rowCount).toBe(1);
  await after.end();
  await server.remove();
});

test('a test server ends, and its files go, when its process is killed', async () => {
  // GIVEN
  const script = `const { startPostgres } = require(${JSON.stringify(join(__dirname, 'postgres-server.ts'))});
    void startPostgres().then((server) => { console.log(JSON.stringify({ port: server.port, dataDir: server.dataDir })); setInterval(() => undefined, 1000); });`;
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { cwd: join(__dirname, '..', '..'), stdio: ['ignore', 'pipe', 'inherit'] });
  const { port, dataDir } = JSON.parse(await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data)))));

  // WHEN
  child.kill('SIGKILL');

  // THEN
  for (let waited = 0; existsSync(dataDir) && waited < 10_000; waited += 50) {
    await sleep(50);
  }
  expect(existsSync(dataDir)).toBe(false);
  await expect(new Client({ host: '127.0.0.1', port }).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
