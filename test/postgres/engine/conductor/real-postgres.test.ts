import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { Client } from 'pg';
import { ConductorWorld, STACK, type Answer } from './conductor-world';
import type { SqlRequest } from '../../../../src/broker/broker.contract';
import { systemClock } from '../../../../src/broker/handler/clock';
import { handleSqlRequest } from '../../../../src/postgres/engine/handler/sql/handle-sql-request';
import { startPostgres, type PostgresServer } from '../../../support/postgres-server';

const OTHER_STACK = STACK.replace('Backend', 'Other');

const rds = mockClient(RDSClient);
let server: PostgresServer;
let world: ConductorWorld;
let secret: string;
let unique = 0;
let username: string;
let logicalId: string;

beforeAll(async () => {
  server = await startPostgres({ hostNames: ['localhost', '127.0.0.1'] });
});

afterAll(() => server.remove());

beforeEach(async () => {
  rds.reset();
  // Waits that are minutes in AWS are moments here: what is tested is what happens, not how long it takes.
  const impatient = (request: SqlRequest) => handleSqlRequest({ ...request, deadline: Math.min(request.deadline, Date.now() + 3_000) });
  world = new ConductorWorld(impatient, { ...systemClock, sleep: (milliseconds) => systemClock.sleep(Math.min(milliseconds, 100)) });
  Object.assign(world.env, { HOST: '127.0.0.1', PORT: String(server.port) });
  world.secrets.put(world.adminSecret, server.admin);
  secret = world.secrets.create('api');
  username = `api_${++unique}`;
  logicalId = `Api${unique}`;
  expect(await world.send({ RequestType: 'Create', ...world.database({ CaBundle: server.ca }) })).toMatchObject({ Status: 'SUCCESS' });
});

const user = (properties: object = {}, arn = secret) => ({ ...world.user(arn, { CaBundle: server.ca, Username: username, ...properties }), LogicalResourceId: logicalId });
const create = (properties: object = {}) => world.send({ RequestType: 'Create', ...user(properties) });
const remove = (physicalId: string, properties: object = {}) => world.send({ RequestType: 'Delete', PhysicalResourceId: physicalId, ...user(properties) });
const update = (physicalId: string, properties: object, old: object) => world.send({
  RequestType: 'Update', PhysicalResourceId: physicalId, ...user(properties), OldResourceProperties: user(old).ResourceProperties,
} as never);

/** Who a client is that has nothing but the URL in the secret, with the delivered CA. */
async function whoAmI(value: Record<string, string>): Promise<string> {
  const client = new Client({ connectionString: value.url.replace('?sslmode=verify-full', ''), ssl: { ca: value.ca } });
  expect(new URL(value.url).search).toBe('?sslmode=verify-full');
  await client.connect();
  try {
    return (await client.query('SELECT current_user, current_database()')).rows.map((row) => `${row.current_user}@${row.current_database}`)[0];
  } finally {
    await client.end();
  }
}

async function roleExists(name: string): Promise<boolean> {
  const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
  try {
    return (await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name])).rowCount === 1;
  } finally {
    await client.end();
  }
}

function expectSuccess(answer: Answer): Answer {
  expect(answer).toMatchObject({ Status: 'SUCCESS' });
  return answer;
}

test('a user is created, can log in with what its secret holds, and is deleted', async () => {
  const { PhysicalResourceId } = expectSuccess(await create());
  expect(await whoAmI(world.secrets.value(secret))).toBe(`${username}@app`);
  expectSuccess(await remove(PhysicalResourceId));
  expect(await roleExists(username)).toBe(false);
});

test('created twice, and three times at once, it has one password that works', async () => {
  expectSuccess(await create());
  const value = world.secrets.value(secret);
  (await Promise.all([create(), create(), create()])).forEach(expectSuccess);
  expect(world.secrets.value(secret)).toEqual(value);
  expect(await whoAmI(value)).toBe(`${username}@app`);
});

test('a rename and its rollback: whoever holds the old password can log in all the time', async () => {
  const renamed = `${username}_next`;
  const { PhysicalResourceId: old } = expectSuccess(await create());
  const held = world.secrets.value(secret);
  const { PhysicalResourceId: next } = expectSuccess(await update(old, { Username: renamed }, {}));
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expect(await whoAmI(world.secrets.value(secret))).toBe(`${renamed}@app`);
  expectSuccess(await update(next, {}, { Username: renamed }));
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expectSuccess(await remove(next, { Username: renamed }));
  expect(await roleExists(renamed)).toBe(false);
  expect(world.secrets.value(secret)).toEqual(held);
  expect(await whoAmI(held)).toBe(`${username}@app`);
});

test('a rename that CloudFormation rolls back by deleting the new name only leaves the old one working, and current', async () => {
  const renamed = `${username}_next`;
  const { PhysicalResourceId: old } = expectSuccess(await create());
  const held = world.secrets.value(secret);
  const { PhysicalResourceId: next } = expectSuccess(await update(old, { Username: renamed }, {}));
  expectSuccess(await remove(next, { Username: renamed }));
  expect(world.secrets.value(secret)).toEqual(held);
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expect(await roleExists(renamed)).toBe(false);
});

test('a rename that stays: the old role goes in the clean-up, the new one works', async () => {
  const renamed = `${username}_next`;
  const { PhysicalResourceId } = expectSuccess(await create());
  expectSuccess(await update(PhysicalResourceId, { Username: renamed }, {}));
  expectSuccess(await remove(PhysicalResourceId));
  expect(await roleExists(username)).toBe(false);
  expect(await whoAmI(world.secrets.value(secret))).toBe(`${renamed}@app`);
});

test('a construct that moves within its stack keeps its role, its password and the tasks that hold it', async () => {
  const { PhysicalResourceId } = expectSuccess(await create());
  const held = world.secrets.value(secret);
  const moved = world.secrets.create('moved');
  expectSuccess(await world.send({ RequestType: 'Create', ...user({}, moved), LogicalResourceId: `${logicalId}Moved` }));
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expectSuccess(await remove(PhysicalResourceId));
  expect(await whoAmI(world.secrets.value(moved))).toBe(`${username}@app`);
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...user({}, moved), LogicalResourceId: `${logicalId}Moved` }));
  expect(await roleExists(username)).toBe(false);
});

test('a move within its stack that is rolled back leaves the role with its first owner', async () => {
  const { PhysicalResourceId } = expectSuccess(await create());
  const held = world.secrets.value(secret);
  const moved = world.secrets.create('moved');
  expectSuccess(await world.send({ RequestType: 'Create', ...user({}, moved), LogicalResourceId: `${logicalId}Moved` }));
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...user({}, moved), LogicalResourceId: `${logicalId}Moved` }));
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expectSuccess(await remove(PhysicalResourceId));
  expect(await roleExists(username)).toBe(false);
});

test('a construct that moves to another stack keeps its role and its password', async () => {
  const { PhysicalResourceId } = expectSuccess(await create());
  const held = world.secrets.value(secret);
  const moved = world.secrets.create('moved', undefined, OTHER_STACK);
  const there = { ...user({ AdoptExisting: 'true' }, moved), StackId: OTHER_STACK };
  expectSuccess(await world.send({ RequestType: 'Create', ...there }));
  expectSuccess(await remove(PhysicalResourceId));
  expect(await whoAmI(held)).toBe(`${username}@app`);
  expect(await whoAmI(world.secrets.value(moved))).toBe(`${username}@app`);
});

test('fails for another stack that does not adopt, whose rollback then takes nothing away', async () => {
  expectSuccess(await create());
  const other = { ...user({}, world.secrets.create('other', undefined, OTHER_STACK)), StackId: OTHER_STACK };
  const refused = await world.send({ RequestType: 'Create', ...other });
  expect(refused).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('NOT_OWNED') });
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId: refused.PhysicalResourceId, ...other }));
  expect(await whoAmI(world.secrets.value(secret))).toBe(`${username}@app`);
});

test('a creation that fails is rolled back to nothing, and what never existed can be deleted', async () => {
  const failed = await create({ DatabaseName: 'no_such_database' });
  expect(failed.Status).toBe('FAILED');
  expectSuccess(await remove(failed.PhysicalResourceId, { DatabaseName: 'no_such_database' }));
  expect(await roleExists(username)).toBe(false);
  expectSuccess(await remove(`user:${username}`));
});

test('a password of the admin that was rotated while it was read is read again', async () => {
  const right = world.sql;
  world.secrets.put(world.adminSecret, { ...server.admin, password: 'before-the-rotation' });
  world.sql = async (request, until) => {
    const response = await right(request, until);
    world.secrets.put(world.adminSecret, server.admin);
    return response;
  };
  expectSuccess(await create());
});

test('fails with a password of the admin that stays wrong', async () => {
  world.secrets.put(world.adminSecret, { ...server.admin, password: 'wrong' });
  expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/28P01/) });
});

describe('a server that is down', () => {
  afterEach(() => server.start());

  test('is named as stopped, and neither create nor delete pretends', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'stopped' }] });
    await server.stop();
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/ECONNREFUSED.*is stopped\. Start the server/) });
    expect(await remove(`user:${username}`)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Start the server') });
  });

  test('and comes back is waited for', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'starting' }] });
    await server.stop();
    const [created] = await Promise.all([create(), systemClock.sleep(4_000).then(() => server.start())]);
    expectSuccess(created);
  });

  test('and gone lets deletion succeed', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('not found'), { name: 'DBInstanceNotFoundFault' }));
    await server.stop();
    expectSuccess(await remove(`user:${username}`));
  });
});

test('a database is kept by default, and removed where its policy says so', async () => {
  const kept = world.database({ CaBundle: server.ca, DatabaseName: 'kept' });
  const { PhysicalResourceId } = expectSuccess(await world.send({ RequestType: 'Create', ...kept, LogicalResourceId: 'Kept' }));
  const exists = async () => {
    const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = \'kept\'');
    await client.end();
    return rowCount === 1;
  };
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...kept, LogicalResourceId: 'Kept' }));
  expect(await exists()).toBe(true);
  const destroyed = { ...kept, ResourceProperties: { ...kept.ResourceProperties, RemovalPolicy: 'destroy' } };
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...destroyed, LogicalResourceId: 'Kept' }));
  expect(await exists()).toBe(false);
});

test('a database whose construct moves keeps its data, also when the move is rolled back and its policy is force', async () => {
  const forced = world.database({ CaBundle: server.ca, DatabaseName: 'forced', RemovalPolicy: 'force' });
  const first = { ...forced, LogicalResourceId: 'First' };
  const second = { ...forced, LogicalResourceId: 'Second' };
  const exists = async () => {
    const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = \'forced\'');
    await client.end();
    return rowCount === 1;
  };
  const { PhysicalResourceId } = expectSuccess(await world.send({ RequestType: 'Create', ...first }));
  expectSuccess(await world.send({ RequestType: 'Create', ...second }));
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...second }));
  expect(await exists()).toBe(true);
  expectSuccess(await world.send({ RequestType: 'Create', ...second }));
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...first }));
  expect(await exists()).toBe(true);
  expectSuccess(await world.send({ RequestType: 'Delete', PhysicalResourceId, ...second }));
  expect(await exists()).toBe(false);
});

test('neither the server\'s log, which has every statement, nor the conductor\'s, nor an answer holds a password', async () => {
  expectSuccess(await create());
  const { password } = world.secrets.value(secret);
  expect(server.log()).toContain(`"${username}"`);
  for (const hidden of [password, server.admin.password]) {
    expect(world.said).not.toContain(hidden);
  }
  expect(server.log()).not.toContain(password);
});
