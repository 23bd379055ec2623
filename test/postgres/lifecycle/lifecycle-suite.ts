import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { LittleCloud } from './little-cloud';
import { AdoptExisting, PostgresAccess, PostgresDatabaseRemoval, PostgresUser, PostgresUserRemoval, type IPostgres, type PostgresUserOptions, type PrivatePostgresProps, PrivatePostgres, PemFile } from '../../../src';
import type { PostgresServer } from '../../support/postgres-server';
import { newServer, newVpc } from '../postgres-fixtures';

/** A server, as the suite needs it. */
export type LifecycleServer = Pick<PostgresServer, 'admin' | 'ca' | 'connect' | 'hostName' | 'port' | 'remove'>;

export interface LifecycleOptions {
  /** Goes before the names of databases and users, on a server that others use too. */
  readonly prefix?: string;
  /** Milliseconds that one request of the SQL function may take. */
  readonly patience?: number;
}

let server: LifecycleServer;
let cloud: LittleCloud;
let number = 0;
/** Names of their own for each test, since all of them use one server. */
let databaseName: string;
let username: string;

/** Deployments of synthesised templates through the broker, on a server of any kind. */
export function describeLifecycles(start: () => Promise<LifecycleServer>, { prefix = '', patience }: LifecycleOptions = {}): void {
  beforeAll(async () => {
    server = await start();
  });

  afterAll(async () => server.remove());

  beforeEach(() => {
    cloud = new LittleCloud(server, patience);
    number += 1;
    databaseName = `${prefix}db${number}`;
    username = `${prefix}api${number}`;
  });

  [rolledBackDeployments, users, databases, restoredServers, importers, deletions].forEach((describeThem) => describeThem());
}

/** The stack of a server, with what a test declares on it; and a stack that depends on it. */
function declare(how: (postgres: IPostgres, service: Stack) => void, props: Partial<PrivatePostgresProps> = {}, stackName = 'Backend'): { backend: Stack; service: Stack } {
  const { app, stack, postgres } = newServer({ databaseName, caCertificates: PemFile.fromText(server.ca), ...props }, undefined, { stackName });
  const service = new Stack(app, 'Service');
  how(postgres, service);
  return { backend: stack, service };
}

const withUser = (options: PostgresUserOptions = {}, id = 'Api') => declare(postgres => postgres.database.addUser(id, { username, ...options })).backend;

/** Who a client is that has nothing but what a task gets. */
async function whoAmI(credentials: Record<string, string>, sql = 'SELECT current_user AS name'): Promise<unknown> {
  const client = await server.connect({ user: credentials.username, password: credentials.password, database: credentials.dbname });
  try {
    return (await client.query(sql)).rows[0]?.name;
  } finally {
    await client.end();
  }
}

async function exists(name: string): Promise<boolean> {
  const client = await server.connect({ user: server.admin.username, password: server.admin.password, database: 'postgres' });
  try {
    return (await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name])).rowCount === 1;
  } finally {
    await client.end();
  }
}

const rolledBackDeployments = (): void => describe('a deployment that is rolled back', () => {
  test('when it created everything leaves no user, and the next stack of its name takes the database that stayed', async () => {
    expect(await cloud.deploy(withUser(), { fails: true })).toBe('Something else failed');
    expect(await exists(username)).toBe(false);
    expect(await cloud.deploy(withUser())).toBeUndefined();
    expect(await whoAmI(cloud.credentials('Backend', username))).toBe(username);
  });

  test('when it changed everything leaves what was there before, and nobody had to learn another password', async () => {
    // GIVEN
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);

    // WHEN
    const reason = await cloud.deploy(withUser({ access: PostgresAccess.READ_ONLY, connectionLimit: 3, settings: { work_mem: '8MB' } }), { fails: true });

    // THEN
    expect(reason).toBe('Something else failed');
    expect(await whoAmI(held, "SELECT current_setting('default_transaction_read_only') || rolconnlimit AS name FROM pg_roles WHERE rolname = current_user")).toBe('off10');
    expect(cloud.credentials('Backend', username)).toEqual(held);
  });

  test('when it renamed a user leaves the old one, current and able to log in', async () => {
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);
    await cloud.deploy(withUser({ username: `${username}_next` }), { fails: true });
    expect(await whoAmI(held)).toBe(username);
    expect(cloud.credentials('Backend', username)).toEqual(held);
    expect(await exists(`${username}_next`)).toBe(false);
  });
});

const users = (): void => describe('a user', () => {
  test('that is renamed is replaced, and goes only when the new one is there', async () => {
    // GIVEN
    await cloud.deploy(withUser());
    cloud.requests.length = 0;

    // WHEN
    await cloud.deploy(withUser({ username: `${username}_next` }));

    // THEN
    expect(cloud.requests).toEqual([`Update Backend/${username}_next`, `Delete Backend/${username}`]);
    expect(await whoAmI(cloud.credentials('Backend', `${username}_next`))).toBe(`${username}_next`);
    expect(await exists(username)).toBe(false);
  });

  test('whose construct gets another path keeps its role and password, and still goes with its stack', async () => {
    // GIVEN
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);

    // WHEN
    expect(await cloud.deploy(withUser({}, 'Moved'))).toBeUndefined();

    // THEN
    expect(await whoAmI(held)).toBe(username);
    expect(cloud.credentials('Backend', username).password).toBe(held.password);
    await cloud.destroy('Backend');
    expect(await exists(username)).toBe(false);
  });

  test('that moves out of the stack of the server keeps its role and password, as the docs say it, and goes with its new stack', async () => {
    // GIVEN
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);
    await cloud.deploy(withUser({ onRemoval: PostgresUserRemoval.RETAIN }));

    // WHEN the stack of the server is deployed first, as it has to be
    const moved = (adoptExisting?: AdoptExisting) => declare((postgres, service) => new PostgresUser(service, 'Api', { database: postgres.database, username, adoptExisting }));
    const { backend, service } = moved(AdoptExisting.takeOver());
    expect(await cloud.deploy(backend)).toBeUndefined();
    expect(await whoAmI(held)).toBe(username);
    expect(await cloud.deploy(service)).toBeUndefined();

    // THEN
    expect(await whoAmI(held)).toBe(username);
    expect(cloud.credentials('Service', username).password).toBe(held.password);

    // WHEN adoptExisting has gone, and then the service
    expect(await cloud.deploy(moved().service)).toBeUndefined();
    await cloud.destroy('Service');
    expect(await exists(username)).toBe(false);
  });

  test('that moved to another stack whose deployment is rolled back stays as it was', async () => {
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);
    await cloud.deploy(withUser({ onRemoval: PostgresUserRemoval.RETAIN }));
    const { backend, service } = declare((postgres, other) => new PostgresUser(other, 'Api', { database: postgres.database, username, adoptExisting: AdoptExisting.takeOver() }));
    await cloud.deploy(backend);
    await cloud.deploy(service, { fails: true });
    expect(await whoAmI(held)).toBe(username);
  });

  test('fails in another stack that does not adopt it, and nothing is taken from the first', async () => {
    // GIVEN
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);
    await cloud.deploy(withUser({ onRemoval: PostgresUserRemoval.RETAIN }));

    // WHEN
    const { backend, service } = declare((postgres, other) => new PostgresUser(other, 'Api', { database: postgres.database, username }));
    await cloud.deploy(backend);

    // THEN
    expect(await cloud.deploy(service)).toMatch(/NOT_OWNED.*adoptExisting/);
    expect(await whoAmI(held)).toBe(username);
  });
});

const databases = (): void => describe('a database', () => {
  const inDatabase = (name: string) => declare(postgres => postgres.database.addUser('Api', { username }), { databaseName: name }).backend;

  test('that gets another name is another one, to which its user moves; the first keeps its data, also when all is rolled back', async () => {
    // GIVEN
    await cloud.deploy(inDatabase(databaseName));
    const held = cloud.credentials('Backend', username);

    // WHEN
    expect(await cloud.deploy(inDatabase(`${databaseName}_next`), { fails: true })).toBe('Something else failed');
    expect(await whoAmI(held)).toBe(username);
    expect(await cloud.deploy(inDatabase(`${databaseName}_next`))).toBeUndefined();

    // THEN
    expect(cloud.credentials('Backend', username)).toMatchObject({ dbname: `${databaseName}_next`, password: held.password });
    expect(await whoAmI(cloud.credentials('Backend', username))).toBe(username);
    await expect(whoAmI(held)).rejects.toThrow(/permission denied for database/);
    expect(await cloud.deploy(inDatabase(databaseName))).toBeUndefined();
    expect(await whoAmI(held)).toBe(username);
  });
});

const restoredServers = (): void => describe('a server that is restored from a snapshot', () => {
  test('has the databases and users of another stack, which get secrets of their own that open it', async () => {
    // GIVEN what the snapshot brings
    await cloud.deploy(withUser());
    const held = cloud.credentials('Backend', username);

    // WHEN another cloud, in which the first stack and its secrets do not exist, restores it
    const restored = new LittleCloud(server, 20_000);
    expect(await restored.deploy(declare(postgres => postgres.database.addUser('Api', { username }), { snapshotIdentifier: 'snapshot' }, 'Restored').backend)).toBeUndefined();

    // THEN
    expect(await whoAmI(restored.credentials('Restored', username))).toBe(username);
    expect(restored.credentials('Restored', username).password).not.toBe(held.password);
  });
});

const importers = (): void => describe('two apps that import one server', () => {
  function importer(stackName: string, user: PostgresUserOptions = {}, database = databaseName): Stack {
    const stack = new Stack(new App({ context: {} }), stackName);
    const vpc = newVpc(stack);
    const postgres = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Server', {
      endpoint: server.hostName,
      vpc,
      securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })],
      adminSecret: secretsmanager.Secret.fromSecretCompleteArn(stack, 'Admin', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:admin-AbCdEf'),
      caCertificates: PemFile.fromText(server.ca),
    });
    postgres.addDatabase('Data', { databaseName: database, onRemoval: PostgresDatabaseRemoval.DROP }).addUser('Api', { username, ...user });
    return stack;
  }

  test('do not take each other\'s roles and databases, whoever is rolled back or deleted', async () => {
    // GIVEN
    expect(await cloud.deploy(importer('First'))).toBeUndefined();
    const held = cloud.credentials('First', username);

    // WHEN
    const sameDatabase = await cloud.deploy(importer('Second', { username: `${username}_second` }));
    const sameUser = await cloud.deploy(importer('Third', {}, `${databaseName}_third`));

    // THEN
    expect([sameDatabase, sameUser]).toEqual([expect.stringMatching(/Database .* exists already and belongs to .*First/), expect.stringMatching(/Role .* exists already and belongs to .*First/)]);
    expect(await whoAmI(held)).toBe(username);

    // WHEN
    await cloud.destroy('First');
    expect(await exists(username)).toBe(false);
    expect(await cloud.deploy(importer('Second'))).toBeUndefined();
    expect(await whoAmI(cloud.credentials('Second', username))).toBe(username);
  });
});

const deletions = (): void => describe('deleting stacks', () => {
  test('deletes users before their databases, and services before the server', async () => {
    // GIVEN
    const { backend, service } = declare((postgres, other) => {
      postgres.database.addUser('Api', { username });
      new PostgresUser(other, 'Worker', { database: postgres.database, username: `${username}_worker` });
    });
    await cloud.deploy(backend);
    await cloud.deploy(service);
    cloud.requests.length = 0;

    // WHEN
    await cloud.destroy('Service');
    await cloud.destroy('Backend');

    // THEN
    expect(cloud.requests).toEqual([`Delete Service/${username}_worker`, `Delete Backend/${username}`, `Delete Backend/${databaseName}`]);
    expect([await exists(username), await exists(`${username}_worker`)]).toEqual([false, false]);
  });
});
