import { join } from 'path';
import { lintMigrations } from './lint-migrations';
import { LIBPQ_VARIABLE, POSTGRES_VARIABLES } from './postgres-variables.contract';
import type { MigrationDialect } from '../../../migrations/shared/migration-dialect';

/** PostgreSQL, for migrations. */
export const POSTGRES_DIALECT: MigrationDialect = {
  variables: POSTGRES_VARIABLES,
  misleading: LIBPQ_VARIABLE,
  runner: join(__dirname, '..', '..', '..', '..', 'assets', 'migrations', 'runner', 'index.js'),
  lint: lintMigrations,
};
