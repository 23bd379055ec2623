import { ConductorFunction } from './conductor-function';
import { groupRoleNames } from './names';
import { SqlFunction } from './sql-function';
import { DatabaseEngine, type IDatabaseServer } from '../../binding';
import { Broker } from '../../broker/broker';
import type { BrokerEngine } from '../../broker/broker-engine';

/** PostgreSQL. */
export const POSTGRES_ENGINE = DatabaseEngine.of('PostgreSQL');

/** PostgreSQL, for the broker's constructs. */
export const POSTGRES_BROKER_ENGINE: BrokerEngine = { name: POSTGRES_ENGINE.engineName, conductor: ConductorFunction, sql: SqlFunction, rolesOf: groupRoleNames };

/** The broker of a PostgreSQL server. */
export function brokerOf(server: IDatabaseServer): Broker {
  return Broker.of(server, 'Import the server with `PrivatePostgres.fromPrivatePostgresAttributes`.');
}
