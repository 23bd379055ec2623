import { convergeDatabase } from './converge-database';
import { convergeUser } from './converge-user';
import { deleteDatabase } from './delete-database';
import { deleteUser } from './delete-user';
import { realDependencies, type SqlDependencies } from './dependencies';
import { toBrokerError } from './failures';
import { inspectUser } from './inspect-user';
import { VERIFIERS } from './scram';
import type { SqlRequest, SqlResponse } from '../../../../broker/broker.contract';
import { runSqlRequest } from '../../../../broker/handler/sql/run-sql-request';
import type { SqlEngine } from '../../../../broker/handler/sql/sql-engine';
import type { PostgresDatabaseSpec, PostgresRequest, PostgresUserSpec } from '../../postgres.contract';

/** PostgreSQL, for the broker's SQL function. */
export function postgresSqlEngine(deps: SqlDependencies): SqlEngine<PostgresDatabaseSpec, PostgresUserSpec> {
  return {
    convergeDatabase: (request) => convergeDatabase(request, deps),
    deleteDatabase: (request) => deleteDatabase(request, deps),
    convergeUser: (request) => convergeUser(request, deps),
    deleteUser: (request) => deleteUser(request, deps),
    inspectUser: (request) => inspectUser(request, deps),
    explain: toBrokerError,
    verifiers: VERIFIERS,
  };
}

/** Runs one request of PostgreSQL's conductor against a server and answers how it went; never throws. */
export async function handleSqlRequest(request: SqlRequest, dependencies: Partial<SqlDependencies> = {}): Promise<SqlResponse> {
  const deps = { ...realDependencies, ...dependencies };
  return runSqlRequest(postgresSqlEngine(deps), request as PostgresRequest, deps);
}
