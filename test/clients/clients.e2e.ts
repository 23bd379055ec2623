/**
 * Runs the clients of the table in docs/postgres.md against real servers, as users that the real broker has made, in the environment
 * that a synthesised service gives its container. Each has to connect, and to refuse a server that it cannot verify.
 */
import { CLIENTS, type Language, testedVersion } from './clients';
import { install } from './install';
import { connect } from './program';
import { DISTRUST, ODD_NAMES, type Scenarios, prepareScenarios } from './scenarios';

const INSTALL_TIMEOUT_MS = 300_000;

let scenarios: Scenarios;

beforeAll(async () => {
  scenarios = await prepareScenarios();
});

afterAll(async () => {
  await scenarios?.remove();
});

describe.each([...new Set(CLIENTS.map(({ language }) => language))])('drivers for %s', (language: Language) => {
  let folder: string;
  beforeAll(async () => { folder = await install(language); }, INSTALL_TIMEOUT_MS);

  describe.each(CLIENTS.filter((client) => client.language === language).map((client) => [client.name, testedVersion(client), client] as const))('%s %s', (_name, _version, client) => {
    const outcome = async (environment: Record<string, string>) => connect(client, folder, environment, scenarios.home);

    test('connects, verified, as its user to its database', async () => {
      expect(await outcome(scenarios.plain)).toEqual({ database: 'shop', user: 'api', ssl: true });
    });

    test('refuses without the file of authorities', async () => {
      expect(await outcome(scenarios.withoutAuthorities)).toEqual(expect.stringMatching(DISTRUST));
    });

    test('refuses with the file of another authority', async () => {
      expect(await outcome(scenarios.otherAuthority)).toEqual(expect.stringMatching(DISTRUST));
    });

    test('refuses a server whose certificate has another name', async () => {
      expect(await outcome(scenarios.otherName)).toEqual(expect.stringMatching(DISTRUST));
    });

    test.each(ODD_NAMES)('connects to database %s as %s', async (database, user) => {
      expect(await outcome(scenarios.odd[database])).toEqual({ database, user, ssl: true });
    });
  });
});

describe('a program on pgjdbc that takes a postgresql:// URL, as SuperTokens', () => {
  let folder: string;
  beforeAll(async () => { folder = await install('java'); }, INSTALL_TIMEOUT_MS);
  const outcome = async (environment: Record<string, string>) => connect({ ...CLIENTS.find(({ driver }) => driver === 'pgjdbc')!, driver: 'url' }, folder, environment, scenarios.home);

  test('connects, verified, by the URL that names the file', async () => {
    expect(await outcome(scenarios.plain)).toEqual({ database: 'shop', user: 'api', ssl: true });
  });

  test.each(['withoutAuthorities', 'otherAuthority', 'otherName'] as const)('refuses a server that it cannot verify: %s', async (scenario) => {
    expect(await outcome(scenarios[scenario])).toEqual(expect.stringMatching(DISTRUST));
  });
});
