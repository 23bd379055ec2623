import { writeFileSync } from 'fs';
import { join } from 'path';
import { requirePrimary, sql } from './cluster';
import { CLEAN_ENVIRONMENT, runOrThrow } from './commands';
import { ENDPOINT, GATEWAY } from './constants';
import type { Lab } from './lab';

const ROOT = join(__dirname, '..', '..', '..');
const MIGRATIONS = join(ROOT, 'examples', '02-hello-birthday', 'migrations');
const OWNER = { user: 'hello_migrator', password: 'lab-migrator-password' };
const USER = { user: 'api', password: 'lab-api-password' };

/** Files of the machine that programs need which come to the database as clients. */
export interface ServiceFiles {
  /** Instead of `/etc/hosts`: it knows the name of the balancer, which is in the certificates of the nodes. */
  readonly hosts: string;
  readonly authorities: string;
}

/** Command that runs another one with the lab's names, in a mount namespace of its own. */
export function withNames({ hosts }: ServiceFiles, command: string[]): [string, string[]] {
  return ['unshare', ['--mount', '--propagation', 'private', 'bash', '-c', 'mount --bind "$1" /etc/hosts && shift && exec "$@"', 'with-names', hosts, ...command]];
}

/** What a `PostgresUser` gives: the name of the balancer, and verified TLS. */
export function databaseUrl({ authorities }: ServiceFiles, { user, password } = USER): string {
  return `postgresql://${user}:${password}@${ENDPOINT}:5432/hello?sslmode=verify-full&sslrootcert=${encodeURIComponent(authorities)}`;
}

function writeFiles({ work, aws }: Lab): ServiceFiles {
  const files = { hosts: join(work, 'service-hosts'), authorities: join(work, 'service-authorities.crt') };
  writeFileSync(files.hosts, `127.0.0.1 localhost\n${GATEWAY} ${ENDPOINT}\n`);
  writeFileSync(files.authorities, aws.authorities);
  return files;
}

/** Makes the database of example 02 with its migrations, once for each lab. */
export async function createServiceDatabase(lab: Lab): Promise<ServiceFiles> {
  const files = writeFiles(lab);
  const primary = await requirePrimary(lab.hosts);
  const ask = async (database: string, statement: string) => {
    const { code, output } = await sql(primary, database, statement);
    if (code !== 0) throw new Error(`'${statement.split(' PASSWORD')[0]}' failed: ${output}`);
    return output;
  };
  if ((await ask('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'hello'")) === '1') return files;
  await ask('postgres', `CREATE ROLE ${OWNER.user} LOGIN PASSWORD '${OWNER.password}'`);
  await ask('postgres', `CREATE ROLE ${USER.user} LOGIN PASSWORD '${USER.password}'`);
  await ask('postgres', `CREATE DATABASE hello OWNER ${OWNER.user}`);
  const dbmate = join(ROOT, 'node_modules', '.bin', 'dbmate');
  await runOrThrow(...withNames(files, [dbmate, '--no-dump-schema', '--migrations-dir', MIGRATIONS, 'migrate']), {
    env: { ...CLEAN_ENVIRONMENT, PATH: process.env.PATH, DATABASE_URL: databaseUrl(files, OWNER) },
    timeout: 60,
  });
  await ask('hello', `GRANT SELECT, INSERT, UPDATE ON people TO ${USER.user}`);
  return files;
}
