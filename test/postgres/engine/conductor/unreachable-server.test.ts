import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { ADMIN_PASSWORD, ConductorWorld, unreachable } from './conductor-world';
import { FakeSql } from './fake-sql';
import type { SqlResponse } from '../../../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS, MOST_INVOCATIONS, SERVICE_TIMEOUT_SECONDS } from '../../../../src/broker/conductor.contract';

const WRONG_PASSWORD: SqlResponse = { ok: false, error: { code: '28P01', message: 'The server refused the password of "postgres".', unreachable: false, wrongPassword: true } };

const rds = mockClient(RDSClient);
let sql: FakeSql;
let world: ConductorWorld;
let secret: string;

beforeEach(() => {
  rds.reset();
  sql = new FakeSql();
  world = new ConductorWorld(sql.handle);
  secret = world.secrets.create('api');
});

const create = () => world.send({ RequestType: 'Create', ...world.user(secret) });
const remove = () => world.send({ RequestType: 'Delete', PhysicalResourceId: 'user:api', ...world.user(secret) });
const instanceIs = (status: string) => rds.on(DescribeDBInstancesCommand, { DBInstanceIdentifier: 'backend' }).resolves({ DBInstances: [{ DBInstanceStatus: status }] });

/** A server that takes as long as it was told to before it gives up. */
function never(): void {
  world.sql = async ({ deadline }) => {
    await world.clock.sleep(deadline - world.clock.now());
    return unreachable();
  };
}

function notFound(name: string): Error {
  return Object.assign(new Error(`${name}: backend not found.`), { name });
}

describe('a server that does not answer', () => {
  test.each([
    ['stopped', /^\[ETIMEDOUT\] .* The instance 'backend' is stopped\. Start the server, then deploy again\.$/],
    ['inaccessible-encryption-credentials', /has lost access to its KMS key/],
    ['storage-full', /is out of storage/],
  ])('and is %s is named after the first attempt', async (status, reason) => {
    instanceIs(status);
    never();
    const start = world.clock.now();
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(reason) });
    expect(world.clock.now() - start).toBeLessThan(120_000);
  });

  test.each(['starting', 'modifying', 'rebooting', 'upgrading', 'failing-over', 'resetting-master-credentials', 'backing-up', 'available'])('and is %s is waited for', async (status) => {
    instanceIs(status);
    sql.failures.push(unreachable(), unreachable('57P03'), unreachable('53300'));
    expect(await create()).toMatchObject({ Status: 'SUCCESS' });
  });

  test.each([['available', 1], ['unknown', 1], ['creating', MOST_INVOCATIONS], ['modifying', MOST_INVOCATIONS]])('and is %s for long is given up after %i invocations, in time to tell CloudFormation', async (status, invocations) => {
    instanceIs(status);
    never();
    const start = world.clock.now();
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(new RegExp(`was not reached.* '?${status}`)) });
    const seconds = (world.clock.now() - start) / 1000;
    expect(world.invocations).toBe(invocations);
    expect(seconds).toBeGreaterThan(invocations * (CONDUCTOR_TIMEOUT_SECONDS - 90));
    expect(seconds).toBeLessThan(invocations * CONDUCTOR_TIMEOUT_SECONDS - 30);
    expect(seconds).toBeLessThan(SERVICE_TIMEOUT_SECONDS - 60);
    expect(SERVICE_TIMEOUT_SECONDS).toBeLessThanOrEqual(3600);
  });

  test.each(['instance', 'cluster'])('because its %s is created for half an hour is waited for by one invocation after the other, and each request works', async (kind) => {
    // GIVEN
    const ready = () => world.clock.now() > start + 30 * 60_000;
    const start = world.clock.now();
    world.env.SERVER_KIND = kind;
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: 'available', DBClusterMembers: [{ DBInstanceIdentifier: 'reader' }, { DBInstanceIdentifier: 'writer', IsClusterWriter: true }] }] });
    rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier: id }) => ({ DBInstances: [{ DBInstanceStatus: id !== 'reader' && ready() ? 'available' : 'creating' }] }));
    world.sql = async (request) => {
      if (ready()) return sql.handle(request);
      await world.clock.sleep(request.deadline - world.clock.now());
      return unreachable('ENOTFOUND');
    };

    // WHEN
    const answers = [await world.send({ RequestType: 'Create', ...world.database() }), await create(), await remove()];

    // THEN
    expect(answers).toEqual([expect.objectContaining({ Status: 'SUCCESS' }), expect.objectContaining({ Status: 'SUCCESS' }), expect.objectContaining({ Status: 'SUCCESS' })]);
    expect(world.clock.now() - start).toBeLessThan(40 * 60_000);
  });

  test('is given up in the first invocation where no other can be started', async () => {
    instanceIs('creating');
    never();
    const answer = await world.send({ RequestType: 'Create', ...world.user(secret) }, { continueLater: () => Promise.reject(new Error('Rate exceeded')) });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining("The instance 'backend' is in state 'creating'") });
    expect(world.said).toContain('Rate exceeded');
  });

  test('leaves no password in the event that is handed over', async () => {
    instanceIs('creating');
    never();
    const handedOver: object[] = [];
    await world.send({ RequestType: 'Create', ...world.user(secret) }, { continueLater: async (event) => void handedOver.push(event) });
    expect(handedOver).toEqual([expect.objectContaining({ RequestType: 'Create', Invocation: 2 })]);
    expect(JSON.stringify(handedOver)).not.toContain(ADMIN_PASSWORD);
  });

  test('although it is available points to the network', async () => {
    instanceIs('available');
    never();
    expect((await create()).Reason).toContain('is available. Check its security group');
  });

  test('while RDS does not say why is waited for, and the reason says that too', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }));
    never();
    expect((await create()).Reason).toContain('can\'t be read (ThrottlingException)');
  });

  test('no single call waits longer than a silent connection lives', async () => {
    instanceIs('starting');
    const waits: number[] = [];
    world.sql = async ({ deadline }) => {
      waits.push(deadline - world.clock.now());
      await world.clock.sleep(deadline - world.clock.now());
      return unreachable();
    };
    await create();
    expect(waits.slice(0, 3)).toEqual([90_000, 300_000, 300_000]);
    expect(Math.max(...waits)).toBeLessThan(350_000);
  });

  test('work that the deadline of one call cut off is gone on with, and given up when all time is used', async () => {
    const cut: SqlResponse = { ok: false, error: { code: '57014', message: 'canceling statement due to statement timeout', unreachable: false, wrongPassword: false } };
    let calls = 0;
    world.sql = async (request) => {
      if (request.operation !== 'convergeUser' || ++calls > 2) {
        return sql.handle(request);
      }
      await world.clock.sleep(request.deadline - world.clock.now());
      return cut;
    };
    expect((await create()).Status).toBe('SUCCESS');
    calls = -1_000;
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: '[57014] canceling statement due to statement timeout' });
  });

  test('a failed Create has nothing to roll back, so the rollback succeeds without the server', async () => {
    instanceIs('stopped');
    never();
    const { PhysicalResourceId } = await create();
    const rollback = await world.send({ RequestType: 'Delete', PhysicalResourceId, ...world.user(secret) });
    expect(rollback.Status).toBe('SUCCESS');
  });
});

describe('deleting from a server', () => {
  test.each(['DBInstanceNotFoundFault', 'DBInstanceNotFound'])('that does not exist any more (%s) succeeds', async (name) => {
    rds.on(DescribeDBInstancesCommand).rejects(notFound(name));
    never();
    expect(await remove()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
  });

  test('that is being deleted succeeds', async () => {
    instanceIs('deleting');
    never();
    expect((await remove()).Status).toBe('SUCCESS');
  });

  test('that is stopped fails and says to start it', async () => {
    instanceIs('stopped');
    never();
    expect(await remove()).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'user:api', Reason: expect.stringContaining('Start the server') });
  });

  test('that only did not answer fails: a time-out never counts as gone', async () => {
    instanceIs('available');
    never();
    expect((await remove()).Status).toBe('FAILED');
  });
});

describe('an imported server whose name DNS does not know', () => {
  const noSuchName = (host: string) => {
    world.env.SERVER_KIND = 'imported';
    world.env.HOST = host;
    sql.failures.push(unreachable('ENOTFOUND'));
  };

  test.each([
    'backend.c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com', 'backend.cluster-c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com', 'backend.proxy-c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com.',
    'Backend.c1a2b3d4e5f6.rds.cn-north-1.amazonaws.com.cn',
  ])('is gone where RDS removes the name with its server: %s', async (host) => {
    noSuchName(host);
    expect(await remove()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'user:api' });
  });

  test.each(['db.example.internal', 'localhost', 'rds.amazonaws.com.example.org', 'backend.rds-amazonaws.com'])('may only be out of reach, so a deletion fails at once: %s', async (host) => {
    noSuchName(host);
    expect(await remove()).toMatchObject({
      Status: 'FAILED', PhysicalResourceId: 'user:api', Reason: expect.stringMatching(/DNS doesn't know the name '.+' of the imported server, which may be gone or only out of reach\. Correct the DNS of the VPC, then try again\.$/),
    });
    expect(sql.requests).toHaveLength(1);
  });

  test.each(['EAI_AGAIN', 'ETIMEDOUT', 'ECONNREFUSED'])('is another thing than one that does not answer (%s)', async (code) => {
    noSuchName('backend.c1a2b3d4e5f6.eu-west-1.rds.amazonaws.com');
    sql.failures.splice(0, 1, ...Array.from({ length: 10_000 }, () => unreachable(code)));
    expect((await remove()).Status).toBe('FAILED');
  });
});

describe('a self-hosted cluster', () => {
  beforeEach(() => {
    Object.assign(world.env, { SERVER_KIND: 'self-hosted', SERVER_IDENTIFIER: 'shop' });
  });

  test.each([
    ['ETIMEDOUT', 'none of its nodes takes writes, no standby confirms them, or its security group'],
    ['25006', 'only a standby answers'],
    ['ENOTFOUND', "DNS doesn't know the name 'db.example.internal' of its load balancer"],
  ])('is waited for as long as there is time, and the reason says where to look: %s', async (code, found) => {
    const start = world.clock.now();
    world.sql = async ({ deadline }) => {
      await world.clock.sleep(deadline - world.clock.now());
      return unreachable(code);
    };
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(new RegExp(`The self-hosted cluster 'shop' isn't ready: ${found}.*patronictl`)) });
    expect(world.clock.now() - start).toBeGreaterThan(13 * 60_000);
    expect(rds.calls()).toHaveLength(0);
  });

  test('that fails over in the meantime is used by the next attempt', async () => {
    sql.failures.push(unreachable('25006'), unreachable('ECONNREFUSED'));
    expect((await create()).Status).toBe('SUCCESS');
  });

  test('is never taken for gone, so a deletion fails', async () => {
    world.sql = async ({ deadline }) => {
      await world.clock.sleep(deadline - world.clock.now());
      return unreachable('ENOTFOUND');
    };
    expect((await remove()).Status).toBe('FAILED');
  });
});

describe('a cluster', () => {
  beforeEach(() => {
    world.env.SERVER_KIND = 'cluster';
  });

  test.each([
    [{ Status: 'stopped', DBClusterMembers: [{}] }, 'FAILED', 'is stopped'],
    [{ Status: 'available', DBClusterMembers: [] }, 'FAILED', 'has no instances'],
  ] as const)('in state %j is named', async (cluster, status, reason) => {
    rds.on(DescribeDBClustersCommand, { DBClusterIdentifier: 'backend' }).resolves({ DBClusters: [{ ...cluster, DBClusterMembers: [...cluster.DBClusterMembers] }] });
    never();
    expect(await remove()).toMatchObject({ Status: status, Reason: expect.stringContaining(reason) });
  });

  test('whose writer is stopped is named with it', async () => {
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: 'available', DBClusterMembers: [{ DBInstanceIdentifier: 'one', IsClusterWriter: true }] }] });
    rds.on(DescribeDBInstancesCommand, { DBInstanceIdentifier: 'one' }).resolves({ DBInstances: [{ DBInstanceStatus: 'incompatible-parameters' }] });
    never();
    expect((await create()).Reason).toContain("The instance 'one' can't start with its parameter group.");
  });

  test('whose writer cannot be asked about is waited for', async () => {
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: 'available', DBClusterMembers: [{ DBInstanceIdentifier: 'one', IsClusterWriter: true }] }] });
    rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('not allowed'), { name: 'AccessDenied' }));
    sql.failures.push(unreachable());
    expect((await create()).Status).toBe('SUCCESS');
  });

  test('that is paused is woken by the first attempt and used by the second', async () => {
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: 'available', DBClusterMembers: [{}] }] });
    sql.failures.push(unreachable('ECONNRESET'));
    expect((await create()).Status).toBe('SUCCESS');
  });

  test('that does not exist any more lets deletion succeed', async () => {
    rds.on(DescribeDBClustersCommand).rejects(notFound('DBClusterNotFoundFault'));
    never();
    expect((await remove()).Status).toBe('SUCCESS');
  });
});

describe('the admin\'s password', () => {
  test('refused once is read again, because a rotation changes it', async () => {
    world.sql = async (request) => {
      if (request.server.password === ADMIN_PASSWORD) {
        world.secrets.put(world.adminSecret, { username: 'postgres', password: 'rotated' });
        return WRONG_PASSWORD;
      }
      return sql.handle(request);
    };
    expect((await create()).Status).toBe('SUCCESS');
    expect(sql.requests.at(-1)?.server.password).toBe('rotated');
  });

  test('refused twice fails', async () => {
    sql.failures.push(WRONG_PASSWORD, WRONG_PASSWORD);
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: '[28P01] The server refused the password of "postgres".' });
  });

  test.each([
    ['without a password', { username: 'postgres' }],
    ['with a password that is no text', { username: 'postgres', password: 7 }],
    ['without a user name when the server has none either', { password: 'x' }],
  ])('fails in a secret %s', async (_, value) => {
    world.secrets.put(world.adminSecret, value);
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[INVALID_ADMIN_SECRET]') });
  });

  test('fails in a secret that is gone, when something is to be created', async () => {
    world.secrets.delete(world.adminSecret);
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('[NO_ADMIN_SECRET]') });
  });
});
