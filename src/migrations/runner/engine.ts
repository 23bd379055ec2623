import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { messageOf, RunnerFailure } from './runner-failure';
import { ENGINE_APPLICATION_NAME, type EngineName, OTHER_CONNECTION, RunnerEnv, RunnerExit } from './runner.contract';
import type { Environment, RunnerSettings } from './settings';
import { compareVersions, versionOf } from '../lint/file-name';
import { parseMigration } from '../lint/lint';

/** How an engine is started and where it keeps what it has applied. */
interface Engine {
  readonly arguments: (directory: string) => string[];
  readonly environment: (database: string) => Record<string, string>;
  /** Names the version table, or nothing where there is none yet; looked up as the engine does. */
  readonly findTable: string;
  /** Lists what is applied, given the table. */
  readonly listApplied: (table: string) => string;
}

const ENGINES: Record<EngineName, Engine> = {
  goose: {
    arguments: (directory) => ['-no-color', '-env=none', '-dir', directory, 'up'],
    environment: () => ({ GOOSE_DRIVER: 'postgres', GOOSE_DBSTRING: 'sslmode=verify-full' }),
    findTable: "SELECT to_regclass('goose_db_version')::text AS name",
    // The newest row of a version counts: old releases of goose recorded an undone version with another row.
    listApplied: (table) => `SELECT version FROM (SELECT DISTINCT ON (version_id) version_id::text AS version, is_applied FROM ${table} ORDER BY version_id, id DESC) v
      WHERE is_applied AND version <> '0'`,
  },
  dbmate: {
    arguments: (directory) => ['--no-dump-schema', '--migrations-dir', directory, 'migrate'],
    environment: (database) => ({ DATABASE_URL: `postgres:///${encodeURIComponent(database)}` }),
    findTable: "SELECT to_regclass(format('%I.%I', current_schema(), 'schema_migrations'))::text AS name",
    listApplied: (table) => `SELECT version FROM ${table}`,
  },
};

/** A file of the directory. */
export interface PlannedFile {
  readonly name: string;
  readonly version: string;
  readonly transactional: boolean;
}

/** The directory beside what the database says is applied. */
export interface MigrationState {
  /** Not applied, in the order in which the engine takes them. */
  readonly pending: readonly PlannedFile[];
  readonly applied: ReadonlySet<string>;
  /** Newest version of the database. */
  readonly version?: string;
  /** Newest version of the directory, where the database is ahead of it. */
  readonly behind?: string;
}

/** Runs one query and answers with its rows. */
export type Query = (sql: string) => Promise<ReadonlyArray<Record<string, string | null>>>;

/** Reads the files of the directory, in the order in which the engine takes them. */
export function readPlan(engine: EngineName, directory: string): PlannedFile[] {
  try {
    const files = readdirSync(directory).flatMap((name) => {
      const version = versionOf(engine, name);
      if (version === undefined) return [];
      const { transactional } = parseMigration(engine, { name, content: readFileSync(join(directory, name), 'utf8') });
      return [{ name, version, transactional }];
    });
    return files.sort((left, right) => compareVersions(engine, left.version, right.version));
  } catch (error) {
    throw new RunnerFailure(RunnerExit.MISCONFIGURED, `cannot read the migrations: ${messageOf(error)}`);
  }
}

/** Compares the directory with the engine's version table. */
export async function readState(engine: EngineName, plan: readonly PlannedFile[], query: Query): Promise<MigrationState> {
  const table = (await query(ENGINES[engine].findTable))[0]?.name;
  const rows = table ? await query(ENGINES[engine].listApplied(table)) : [];
  const versions = rows.map((row) => String(row.version)).sort((left, right) => compareApplied(engine, left, right));
  const version = versions[versions.length - 1];
  const newest = plan[plan.length - 1]?.version;
  const ahead = version !== undefined && newest !== undefined && compareApplied(engine, version, newest) > 0;
  const applied = new Set(versions);
  return { pending: plan.filter((file) => !applied.has(file.version)), applied, version, behind: ahead ? newest : undefined };
}

/**
 * Takes the engine's version table, and the sequence in it, from everybody but the owner. The default privileges of the database gave
 * it to the application's roles when the engine made it, and whoever can write it can undo or skip a migration.
 */
export async function protectHistory(engine: EngineName, query: Query): Promise<void> {
  const table = (await query(ENGINES[engine].findTable))[0]?.name;
  if (!table) return;
  const [exposed] = await query(`SELECT string_agg(format('REVOKE ALL ON %s %s FROM %s CASCADE', kind, name, grantees), '; ') AS revoke FROM (
    SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::regclass AS name,
      string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ') AS grantees
    FROM pg_class c, aclexplode(c.relacl) a, (SELECT to_regclass(${literal(table)}) AS oid) history
    WHERE (c.oid = history.oid OR c.oid IN (SELECT objid FROM pg_depend WHERE refobjid = history.oid
        AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
      AND c.relkind IN ('r', 'p', 'S') AND a.grantee <> c.relowner AND pg_has_role(c.relowner, 'USAGE')
    GROUP BY 1, 2) granted`);
  if (exposed?.revoke) await query(exposed.revoke);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Arguments of the engine: never a secret, since every process can read them. */
export function engineArguments(settings: RunnerSettings): string[] {
  return ENGINES[settings.engine].arguments(settings.directory);
}

/**
 * Environment of the engine. Whatever would lead it elsewhere is left out: other connection variables, its own settings, and files in
 * the home directory.
 */
export function engineEnvironment(settings: RunnerSettings, inherited: Environment, caFile: string, home: string): Record<string, string> {
  const own = (name: string) => OTHER_CONNECTION.test(name) || name.startsWith('MIGRATION_') || name === RunnerEnv.CA;
  const kept = Object.entries(inherited).filter((entry): entry is [string, string] => entry[1] !== undefined && !own(entry[0]));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGUSER: settings.user,
    PGPASSWORD: settings.password,
    PGDATABASE: settings.database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: caFile,
    PGAPPNAME: ENGINE_APPLICATION_NAME,
    PGCONNECT_TIMEOUT: '30',
    // A statement queues for a lock only so long, since everybody queues behind it; but it may work as long as it takes. The server
    // ends a statement within seconds when the engine is gone.
    PGOPTIONS: `-c lock_timeout=${settings.lockTimeout} -c statement_timeout=0 -c client_connection_check_interval=2s`,
    ...ENGINES[settings.engine].environment(settings.database),
  };
}

/** The version table may hold what no file name could, put there by hand. */
function compareApplied(engine: EngineName, left: string, right: string): number {
  const numeric = /^-?\d+$/.test(left) && /^-?\d+$/.test(right);
  return compareVersions(numeric ? engine : 'dbmate', left, right);
}
