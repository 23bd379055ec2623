import { ConductorFunction } from './conductor-function';
import { groupRoleNames } from './names';
import { SqlFunction } from './sql-function';
import { Broker } from '../../broker/broker';
import type { BrokerEngine } from '../../broker/broker-engine';
import type { IPostgres } from '../postgres';

/** PostgreSQL, for the broker's constructs. */
export const POSTGRES_BROKER_ENGINE: BrokerEngine = { name: 'PostgreSQL', conductor: ConductorFunction, sql: SqlFunction, rolesOf: groupRoleNames };

/** The broker of a PostgreSQL server. */
export function brokerOf(server: IPostgres): Broker {
  return Broker.of(server, 'Import it with Postgres.fromPostgresAttributes().');
}
