import { POSTGRES_RUNNER } from './postgres-runner';
import { runMigrations } from '../../../../migrations/handler/runner/run-migrations';

runMigrations(POSTGRES_RUNNER);
