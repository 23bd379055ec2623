import { databaseRemoval, parseDatabase, parseUser, rightsOf, userRemoval } from './properties';
import { type UserSecretContent, userSecretValue } from './user-secret-value';
import type { ConductorEngine } from '../../../../broker/handler/conductor/conductor-engine';
import type { ConductorDependencies } from '../../../../broker/handler/conductor/dependencies';
import type { ConductorEvent } from '../../../../broker/handler/conductor/request';
import { runConductorRequest } from '../../../../broker/handler/conductor/run-conductor-request';
import { DATABASE_RESOURCE_TYPE, type PostgresDatabaseSpec, type PostgresUserSpec, USER_RESOURCE_TYPE } from '../../postgres.contract';

/** PostgreSQL, for the broker's conductor. */
export const POSTGRES_CONDUCTOR_ENGINE: ConductorEngine<PostgresDatabaseSpec, PostgresUserSpec> = {
  databaseType: DATABASE_RESOURCE_TYPE,
  userType: USER_RESOURCE_TYPE,
  parseDatabase,
  databaseRemoval,
  parseUser,
  rightsOf,
  userRemoval: (properties) => {
    const policy = userRemoval(properties);
    return policy === 'RETAIN' ? undefined : policy;
  },
  identify: (username) => ({ username, logins: [username] }),
  leftoverRemoval: 'REASSIGN',
  loginContent: ({ databaseName }, username, { hosts: [host], port, nodes = [], ca }) => ({
    engine: 'postgres', host, port, dbname: databaseName, username, sslmode: 'verify-full', ca, ...(nodes.length > 0 && { hosts: nodes.join(',') }),
  }),
  loginValue: (content, password) => userSecretValue(content as unknown as UserSecretContent, password),
};

/** Answers CloudFormation for a database or user of PostgreSQL. */
export async function handleConductorRequest(event: ConductorEvent, deps: ConductorDependencies): Promise<void> {
  await runConductorRequest(POSTGRES_CONDUCTOR_ENGINE, event, deps);
}
