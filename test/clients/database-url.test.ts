import { join } from 'node:path';
import { CLIENTS } from './clients';
import { connect } from './program';
import { DISTRUST, ODD_NAMES, prepareScenarios, type Scenarios } from './scenarios';

/** Of the clients, the one that the library itself depends on for development: test/clients/clients.e2e.ts runs all. */
const NODE_POSTGRES = CLIENTS.find(({ driver }) => driver === 'pg')!;

let scenarios: Scenarios;

beforeAll(async () => {
  scenarios = await prepareScenarios();
});

afterAll(async () => {
  await scenarios?.remove();
});

const outcome = async (environment: Record<string, string>) => connect(NODE_POSTGRES, join(__dirname, 'node'), environment, scenarios.home);

test('the variables of a task name the file of authorities, the URL does not', () => {
  expect(scenarios.plain).toMatchObject({ PGSSLROOTCERT: expect.stringMatching(/ca\.pem$/), NODE_EXTRA_CA_CERTS: scenarios.plain.PGSSLROOTCERT });
  expect(scenarios.plain.DATABASE_URL).toMatch(/^postgresql:\/\/api:[^:@]+@localhost:\d+\/shop\?sslmode=verify-full$/);
  expect(scenarios.plain.JDBC_DATABASE_URL).toContain(`&sslmode=verify-full&sslrootcert=${scenarios.plain.PGSSLROOTCERT}`);
});

test('a service with node-postgres connects by the URL alone, verified', async () => {
  expect(await outcome(scenarios.plain)).toEqual({ database: 'shop', user: 'api', ssl: true });
});

test.each(ODD_NAMES)('it connects to database %s as %s', async (database, user) => {
  expect(await outcome(scenarios.odd[database])).toEqual({ database, user, ssl: true });
});

test.each(['withoutAuthorities', 'otherAuthority', 'otherName'] as const)('it refuses a server that it cannot verify: %s', async (scenario) => {
  expect(await outcome(scenarios[scenario])).toEqual(expect.stringMatching(DISTRUST));
});
