import type { ConnectionVariables } from '../../../migrations/shared/migration-dialect';

/** Variables by which libpq, and all that follow it, find a server. */
export const POSTGRES_VARIABLES: ConnectionVariables = { host: 'PGHOST', port: 'PGPORT', user: 'PGUSER', password: 'PGPASSWORD', database: 'PGDATABASE' };

/** Variables that libpq reads: any of them may lead it to another server or file. */
export const LIBPQ_VARIABLE = /^PG/;
