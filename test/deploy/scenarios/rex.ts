import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Report } from '../../../examples/demo/report';
import type { Backend } from '../backend';

/** 12. What example 03 alone has: a second database with an owner of its own, a cache, and services that find each other and their images. */
export async function rexParts(report: Report, backend: Backend): Promise<void> {
  await checkAuthDatabase(report, backend);
  await checkServices(report, backend);
  await checkContainers(report, backend);
}

/** The auth service makes its own tables, in a database that is nobody else's. */
async function checkAuthDatabase(report: Report, backend: Backend): Promise<void> {
  const { supertokens, ...others } = await backend.users();
  await backend.queryAs(supertokens, 'CREATE TABLE session_info (session_handle text PRIMARY KEY)');
  report.check(true, "'supertokens' creates a table in its database");
  for (const [username, secret] of Object.entries(others)) {
    const refusal = await refusalOf(backend.queryAs(secret, 'SELECT 1', 'supertokens'));
    report.check(refusal === '42501', `'${username}' cannot connect to it`, refusal);
  }
  const refusal = await refusalOf(backend.queryAs(supertokens, 'SELECT 1', 'rex_backend'));
  report.check(refusal === '42501', "nor 'supertokens' to 'rex_backend'", refusal);
}

async function checkServices(report: Report, backend: Backend): Promise<void> {
  const { api, worker } = await backend.users();
  await backend.queryAs(api, "INSERT INTO jobs (owner, idempotency_key, text) VALUES ('ada', 'first', 'hello')");
  const [job] = await backend.queryAs(worker, "UPDATE jobs SET state = 'done', result = '{}' WHERE owner = 'ada' RETURNING text");
  report.check(job?.text === 'hello', "a job that 'api' inserts, 'worker' ends");
  const refusal = await refusalOf(backend.queryAs(api, 'CREATE TABLE intruder (n int)'));
  report.check(refusal === '42501', "'api' cannot create a table", refusal);
}

/** What ECS would start the containers with, by the emulator's task definitions and secrets. */
async function checkContainers(report: Report, backend: Backend): Promise<void> {
  const { cloud } = backend.world;
  const users = await backend.users();
  const [api, worker, supertokens] = await Promise.all(['Api', 'Worker', 'Supertokens'].map((service) => containerOf(backend, service)));
  const fields = await Promise.all([api, worker, supertokens].map(({ secrets }) => Object.values(secrets)));
  report.check(fields.flat().every((value) => value.length > 0), `all ${fields.flat().length} secrets of the services resolve to values`);

  const urls: [string, string, string][] = [['api', api.secrets.DATABASE_URL, users.api], ['worker', worker.secrets.DATABASE_URL, users.worker], ['supertokens', supertokens.secrets.POSTGRESQL_CONNECTION_URI, users.supertokens]];
  for (const [username, url, secret] of urls) {
    const { password, dbname } = await cloud.secret(secret);
    const place = `${backend.server.hostName}:${backend.server.port}/${dbname}`;
    report.check(url.startsWith(`postgresql://${username}:${encodeURIComponent(password)}@${place}?`), `'${username}' gets the URL of its own database`, `${place}`);
  }
  report.check(/^rediss:\/\/queue:\w{64}@[^:/]+:6379$/.test(api.secrets.REDIS_URL) && api.secrets.REDIS_URL === worker.secrets.REDIS_URL, 'API and worker get one URL of the cache, with TLS and the generated password', new URL(api.secrets.REDIS_URL).hostname);
  report.check(api.environment.SUPERTOKENS_URL === 'http://supertokens.rex.internal:3567', 'the API gets the private name of the auth service', api.environment.SUPERTOKENS_URL);
  report.check(api.secrets.SUPERTOKENS_API_KEY === supertokens.secrets.API_KEYS && supertokens.secrets.API_KEYS.length === 40, 'and the key that the auth service asks for');

  const repositories = Object.entries(await backend.resources('AWS::ECR::Repository'));
  const images = [['Api', api.image], ['Worker', worker.image]].map(([name, image]) => {
    const [, repository] = repositories.find(([id]) => id.startsWith(name)) ?? [];
    return image.endsWith(`.amazonaws.com/${repository}:4a6ba24`);
  });
  report.check(images.every(Boolean), 'API and worker run the tag that was asked for, from the repositories of the other stack', `${api.image}, ${worker.image}`);
}

/** The service's own container, with its secrets resolved. */
async function containerOf(backend: Backend, service: string): Promise<{ readonly image: string; readonly environment: Record<string, string>; readonly secrets: Record<string, string> }> {
  const { cloud } = backend.world;
  const definitions = await Promise.all((await backend.serviceTaskDefinitions()).map((arn) => cloud.taskDefinition(arn)));
  const found = definitions.find(({ family }) => family?.startsWith(`Rex${service}TaskDefinition`));
  const { image = '', environment = [], secrets = [] }: ContainerDefinition = found?.containerDefinitions?.find(({ name }) => name === 'Service') ?? {};
  const resolved = secrets.map(async ({ name = '', valueFrom = '' }) => [name, await cloud.secretField(valueFrom)] as const);
  return {
    image,
    environment: Object.fromEntries(environment.map(({ name = '', value = '' }) => [name, value])),
    secrets: Object.fromEntries(await Promise.all(resolved)),
  };
}

/** Code of PostgreSQL's error, or that there was none. */
async function refusalOf(query: Promise<unknown>): Promise<string> {
  return query.then(() => 'no error', ({ code, message }: Error & { readonly code?: string }) => code ?? message);
}
