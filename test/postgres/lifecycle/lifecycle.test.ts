import { describeLifecycles } from './lifecycle-suite';
import { startPostgres } from '../../support/postgres-server';

describe('on a server like those of RDS', () => describeLifecycles(() => startPostgres()));
