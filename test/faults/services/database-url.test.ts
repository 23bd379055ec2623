import { spawnSync } from 'child_process';
import { join } from 'path';
import { FargateApi, PrivatePostgres } from '../../../src';
import { BrokerCloud } from '../../support/broker-cloud';
import { startPostgres, type PostgresServer } from '../../support/postgres-server';
import { expecting } from '../expecting';
import { synth } from '../support/services';

const ROOT = join(__dirname, '../../..');
const CONNECTED = '[{"ssl":true}]';

/** Connects with node-postgres by the URL alone. */
const PROGRAM = `const { Client } = require('pg');
const client = new Client({ connectionString: process.argv[1] });
client.connect().then(() => client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()'))
  .then(({ rows }) => JSON.stringify(rows), (error) => 'ERROR ' + error.message)
  .then((answer) => { console.log(answer); process.exit(0); });`;

interface TaskDefinition {
  readonly ContainerDefinitions: { readonly Environment?: { readonly Name: string; readonly Value: unknown }[] }[];
}

let server: PostgresServer;
let cloud: BrokerCloud;

beforeAll(async () => {
  server = await startPostgres({ hostNames: ['localhost', '127.0.0.1'] });
  cloud = new BrokerCloud(server);
});

afterAll(() => server.remove());

/** Runs a program in the environment that a service gives its container; each path of the CA file leads to the server's. */
function connectAsTask(url: string): string {
  const synthesised = synth(({ stack, vpc, cluster, image }) => {
    const user = new PrivatePostgres(stack, 'Postgres', { vpc }).database.addUser('Api');
    new FargateApi(stack, 'Api', { cluster, image, connectTo: [user] });
  });
  const variables = synthesised.of<TaskDefinition>('AWS::ECS::TaskDefinition').flatMap(({ ContainerDefinitions }) => ContainerDefinitions).flatMap(({ Environment = [] }) => Environment);
  const paths = variables.filter(({ Value }) => typeof Value === 'string' && Value.endsWith('/ca.pem'));
  if (paths.length === 0) throw new Error(`No variable of the container has the path of the CA file. ${synthesised.said}`);
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAM, url.replace(/&sslrootcert=[^&]*/, `&sslrootcert=${server.caFile}`)], {
    cwd: ROOT, encoding: 'utf8', timeout: 20_000, env: { PATH: process.env.PATH, ...Object.fromEntries(paths.map(({ Name }) => [Name, server.caFile])) },
  });
  return stdout.trim() || `ERROR ${stderr.trim().slice(-200)}`;
}

const urlOf = async (username: string, database: string) => {
  await cloud.givenDatabase(database);
  return cloud.secretOf(await cloud.givenUser(username, database)).url;
};

// The URL ends in `sslrootcert`, which postgres.js and others send to the server as a setting, so they do not connect.
test.failing('database-url-breaks-clients: the URL names no file, and node-postgres still verifies the server', expecting(async () => {
  const url = await urlOf('api', 'shop');
  expect(url.replace(/:[^:@]*@/, ':…@')).not.toMatch(/sslrootcert/);
  expect(connectAsTask(url)).toBe(CONNECTED);
}));

// node-postgres decodes the path with decodeURI, which leaves characters that a path may hold encoded.
test.failing('url-of-odd-database-name: the URL of a database with + and $ in its name works with node-postgres', expecting(async () => {
  expect(connectAsTask(await urlOf('clerk', 'a+b$c'))).toBe(CONNECTED);
}));

test('the URL of a database with a plain name works with node-postgres', async () => {
  expect(connectAsTask(await urlOf('guest', 'plain'))).toBe(CONNECTED);
});
