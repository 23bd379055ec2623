import { findBlocker } from './blockers';
import { HISTORY, protectHistory } from './history';
import { findBrokenIndexes, needsOf } from './indexes';
import { ENGINE_APPLICATION_NAME, PostgresLockSession } from './lock-session';
import { address } from '../../../../migrations/handler/runner/lock';
import type { RunnerDialect } from '../../../../migrations/handler/runner/runner-dialect';
import { codeOf, isNetworkCode, messageOf, RunnerFailure } from '../../../../migrations/handler/runner/runner-failure';
import type { RunnerSettings } from '../../../../migrations/handler/runner/settings';
import { type EngineName, RunnerEnv, RunnerExit } from '../../../../migrations/shared/runner.contract';
import { LIBPQ_VARIABLE, POSTGRES_VARIABLES } from '../../migrations/postgres-variables.contract';
import { splitSql } from '../../migrations/sql-splitter';

const ENGINE_VARIABLES: Record<EngineName, (database: string) => Record<string, string>> = {
  goose: () => ({ GOOSE_DRIVER: 'postgres', GOOSE_DBSTRING: 'sslmode=verify-full' }),
  dbmate: (database) => ({ DATABASE_URL: `postgres:///${encodeURIComponent(database)}` }),
};

/** PostgreSQL, for the runner. */
export const POSTGRES_RUNNER: RunnerDialect = {
  variables: POSTGRES_VARIABLES,
  defaultPort: 5432,
  misleading: LIBPQ_VARIABLE,
  duration: { pattern: /^\d+(ms|s|min|h)?$/, words: 'a PostgreSQL duration like 5s or 500ms' },
  split: splitSql,
  history: HISTORY,
  connect: (settings) => PostgresLockSession.connect(settings),
  isPassing,
  refusal,
  conflictOf,
  needsOf,
  findBrokenIndexes,
  findBlocker,
  engineEnvironment,
  protectHistory,
};

function engineEnvironment(settings: RunnerSettings, caFile: string, patient: boolean): Record<string, string> {
  return {
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGUSER: settings.user,
    PGPASSWORD: settings.password,
    PGDATABASE: settings.database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: caFile,
    PGAPPNAME: ENGINE_APPLICATION_NAME,
    PGCONNECT_TIMEOUT: '30',
    // A statement queues for a lock only so long, since everybody queues behind it; but it may work as long as it takes. Nobody queues
    // behind a patient one. The server ends a statement within seconds when the engine is gone.
    PGOPTIONS: `-c lock_timeout=${patient ? '0' : settings.lockTimeout} -c statement_timeout=0 -c client_connection_check_interval=2s`,
    ...ENGINE_VARIABLES[settings.engine](settings.database),
  };
}

/** What was rolled back is worth another try where the other transaction ends soon. */
const CONFLICTS: Readonly<Record<string, string>> = { '55P03': '55P03, lock timeout', '40P01': '40P01, deadlock' };

function conflictOf(code: string): string | undefined {
  return CONFLICTS[code];
}

/**
 * Classes of SQLSTATE that go away by themselves: connection failures (08), a server that starts, stops or fails over (57P01 to
 * 57P03), a standby that is not yet the writer (25006), too many connections (53300).
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING = /^(08...|57P0[1-3]|25006|53300)$/;

/** Whether waiting may help. A refused password or certificate stays refused. */
function isPassing(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isPassing);
  const code = codeOf(error);
  if (code !== '') return isNetworkCode(code) || PASSING.test(code);
  // node-postgres gives these no code.
  return /^(Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error)/.test(messageOf(error));
}

function refusal(settings: RunnerSettings, error: unknown): RunnerFailure {
  const [code, reason, where] = [codeOf(error), messageOf(error), address(settings)];
  const { user } = settings;
  if (code.startsWith('28') || code === '42501') {
    return new RunnerFailure(RunnerExit.NOT_ALLOWED, `${where} refused the login '${user}': ${reason}. The task read its password when it started. If the password was changed since then, run the migrations again.`);
  }
  if (code === '3D000') return new RunnerFailure(RunnerExit.UNAVAILABLE, `${where} refused the login '${user}': ${reason}. The migrations must wait for the database to be created. Declare the database with this library.`);
  return new RunnerFailure(RunnerExit.UNAVAILABLE, `${where} can't be connected to: ${reason}. If the certificate isn't trusted, set \`caCertificates\` of the server to the authority that issued it (here in ${RunnerEnv.CA}).`);
}
