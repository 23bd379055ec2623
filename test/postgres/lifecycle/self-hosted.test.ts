import { describeLifecycles } from './lifecycle-suite';
import { startPostgres } from '../../support/postgres-server';

describe('on a self-hosted server', () => describeLifecycles(() => startPostgres({ major: 17, admin: 'self-hosted', settings: { allow_alter_system: 'off' } })));
