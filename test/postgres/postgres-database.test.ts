import { CfnParameter, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ForeignPostgres, idOf, newApp, newServer, newVpc } from './postgres-fixtures';
import { AdoptExisting, PostgresDatabase, PostgresDatabaseRemoval, PostgresUser, PrivatePostgres, type PostgresDatabaseOptions } from '../../src';

const DATABASE = 'Custom::PostgresDatabase';

describe('a database', () => {
  test('has the id as name, and stays when it leaves the stack', () => {
    const { stack, postgres } = newServer();
    const database = postgres.addDatabase('orders');
    expect(database.databaseName).toBe('orders');
    expect(database.server).toBe(postgres);
    Template.fromStack(stack).hasResourceProperties(DATABASE, {
      DatabaseName: 'orders',
      RemovalPolicy: 'retain',
      Settings: { idle_in_transaction_session_timeout: '60000ms' },
      ProtectedTables: ['goose_db_version', 'schema_migrations'],
      Server: { 'Fn::GetAtt': ['Postgres9DC8BB04', 'Endpoint.Address'] },
      ServiceTimeout: '2760',
      Extensions: Match.absent(),
      Locale: Match.absent(),
      AdoptExisting: Match.absent(),
    });
  });

  test('takes every option', () => {
    const { stack, postgres } = newServer();
    postgres.addDatabase('Orders', {
      databaseName: 'orders-2',
      extensions: ['uuid-ossp', 'pgcrypto'],
      locale: 'en_US.UTF-8',
      idleInTransactionSessionTimeout: Duration.seconds(5),
      settings: { timezone: 'UTC', default_text_search_config: 'english' },
      protectedTables: ['audit.history'],
      adoptExisting: AdoptExisting.takeOver(),
      onRemoval: PostgresDatabaseRemoval.DROP,
    });
    Template.fromStack(stack).hasResourceProperties(DATABASE, {
      DatabaseName: 'orders-2',
      Extensions: ['pgcrypto', 'uuid-ossp'],
      Locale: 'en_US.UTF-8',
      Settings: { default_text_search_config: 'english', idle_in_transaction_session_timeout: '5000ms', timezone: 'UTC' },
      ProtectedTables: ['audit.history'],
      AdoptExisting: 'true',
      RemovalPolicy: 'force',
    });
  });

  test.each([
    [AdoptExisting.plan(), 'plan'], [AdoptExisting.takeOver(), 'true'], [AdoptExisting.refuse(), 'false'], [undefined, undefined],
  ])('and a user say what happens to what exists (%#)', (adoptExisting, word) => {
    const { stack, postgres } = newServer();
    postgres.addDatabase('Orders', { adoptExisting }).addUser('Api', { adoptExisting });
    for (const type of [DATABASE, 'Custom::PostgresUser']) {
      Template.fromStack(stack).hasResourceProperties(type, { DatabaseName: 'Orders', AdoptExisting: word ?? Match.absent() });
    }
  });

  test('takes from PUBLIC what it has in a database of others only where that is asked for', () => {
    const { stack, postgres } = newServer();
    postgres.addDatabase('Orders', { revokePublic: true });
    Template.fromStack(stack).hasResourceProperties(DATABASE, { DatabaseName: 'Orders', RevokePublic: 'true' });
    Template.fromStack(stack).hasResourceProperties(DATABASE, { DatabaseName: 'app', RevokePublic: Match.absent() });
  });

  test.each([
    ['nobody wrote', {}, ['idle_in_transaction_session_timeout']],
    ['a prop says', { idleInTransactionSessionTimeout: Duration.seconds(60) }, Match.absent()],
    ['a setting says', { settings: { Idle_In_Transaction_Session_Timeout: '1s' } }, Match.absent()],
  ])('tells settings that %s', (_, options, expected) => {
    const { stack, postgres } = newServer();
    postgres.addDatabase('Orders', options);
    Template.fromStack(stack).hasResourceProperties(DATABASE, { DatabaseName: 'Orders', DefaultSettings: expected });
  });

  test('hands its protected tables to its users', () => {
    const { stack, postgres } = newServer();
    postgres.addDatabase('Orders', { protectedTables: ['history'] }).addUser('Api');
    Template.fromStack(stack).hasResourceProperties('Custom::PostgresUser', { ProtectedTables: ['history'] });
  });

  test('may have a token for a name', () => {
    const { stack, postgres } = newServer();
    const name = new CfnParameter(stack, 'Name');
    const database = postgres.addDatabase('Orders', { databaseName: name.valueAsString });
    database.owner;
    const template = Template.fromStack(stack);
    template.hasResourceProperties(DATABASE, { DatabaseName: { Ref: 'Name' } });
    template.hasResourceProperties('Custom::PostgresUser', { Username: { 'Fn::Join': ['', [{ Ref: 'Name' }, '_migrator']] } });
  });

  test('has resources of fixed ids, because a new id would be a new database', () => {
    // GIVEN
    const { stack, postgres } = newServer();

    // WHEN
    postgres.database.addUser('Api');
    postgres.database.owner;
    postgres.addDatabase('Orders').addUser('Worker');

    // THEN
    const paths = stack.node.findAll().filter(CfnResource.isCfnResource).map(resource => resource.node.path)
      .filter(path => path.startsWith('Backend/Postgres/Database'));
    expect(paths).toEqual([
      'Backend/Postgres/Database/Resource',
      'Backend/Postgres/Database/Users/Api/Secret',
      'Backend/Postgres/Database/Users/Api/Resource',
      'Backend/Postgres/Database/Owner/Secret',
      'Backend/Postgres/Database/Owner/Resource',
      'Backend/Postgres/Databases/Orders/Resource',
      'Backend/Postgres/Databases/Orders/Users/Worker/Secret',
      'Backend/Postgres/Databases/Orders/Users/Worker/Resource',
    ]);
    expect(Object.keys(Template.fromStack(stack).findResources(DATABASE))).toEqual(['PostgresDatabase79CCBC52', 'PostgresDatabasesOrdersEF7F8E5E']);
  });
});

describe('the owner', () => {
  test('is a login that acts as the owner, waits little for locks and may run long', () => {
    const { stack, postgres } = newServer();
    const { owner } = postgres.database;
    expect(owner.username).toBe('app_migrator');
    Template.fromStack(stack).hasResourceProperties('Custom::PostgresUser', {
      Username: 'app_migrator',
      Access: 'OWNER',
      ConnectionLimit: '10',
      Settings: { lock_timeout: '5000ms' },
    });
  });

  test('is made once, and only when it is used', () => {
    const { stack, postgres } = newServer();
    const other = postgres.addDatabase('Orders');
    expect(other.owner).toBe(other.owner);
    Template.fromStack(stack).resourceCountIs('Custom::PostgresUser', 1);
  });

  test.each(['d'.repeat(63), 'a+b$'.repeat(15)])('of a database with the longest name %p has a name that fits', (databaseName) => {
    const { stack, postgres } = newServer();
    const { owner } = postgres.addDatabase('Long', { databaseName });
    expect(Buffer.byteLength(owner.username)).toBeLessThanOrEqual(63);
    Template.fromStack(stack).hasResourceProperties('Custom::PostgresUser', { Username: owner.username, DatabaseName: databaseName });
  });

  test.each([
    ['the first database', (stack: Stack, props: Pick<PostgresDatabaseOptions, 'ownerUsername' | 'ownerEncryptionKey'>) =>
      new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), ...props }).database],
    ['another database', (stack: Stack, props: object) => new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack) }).addDatabase('Orders', props)],
    ['the first database of an imported server', (stack: Stack, props: object) => {
      const vpc = newVpc(stack);
      return PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
        endpoint: 'db.example.com', vpc, securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })], adminSecret: new secretsmanager.Secret(stack, 'Admin'), databaseName: 'legacy', ...props,
      }).database;
    }],
  ])('of %s may have a name and a key of its own', (_name, declare) => {
    // GIVEN
    const stack = new Stack(newApp(), 'Backend');
    const ownerEncryptionKey = new kms.Key(stack, 'Key');

    // WHEN
    const { owner } = declare(stack, { ownerUsername: 'migrations', ownerEncryptionKey });

    // THEN
    expect(owner.username).toBe('migrations');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('Custom::PostgresUser', { Username: 'migrations', Access: 'OWNER' });
    template.hasResourceProperties('AWS::SecretsManager::Secret', { Description: `PostgreSQL user of ${owner.node.path}`, KmsKeyId: { 'Fn::GetAtt': [stack.getLogicalId(ownerEncryptionKey.node.defaultChild as kms.CfnKey), 'Arn'] } });
  });

  test('fails with a name that is reserved', () => {
    expect(() => newServer({ ownerUsername: 'rdsowner' }).postgres.database.owner).toThrow(/'rdsowner' isn't a valid user name/);
  });
});

describe('whoever waits for a database', () => {
  test('hears of its resource and of every user, declared before or after, in any stack', () => {
    // GIVEN
    const { app, postgres } = newServer();
    const other = new Stack(app, 'Other');
    const heard: string[] = [];
    postgres.database.addUser('Before');

    // WHEN
    postgres.database._onResourceDeclared(resource => heard.push(resource.node.path));
    postgres.database.addUser('After');
    new PostgresUser(other, 'Elsewhere', { database: postgres.database });
    postgres.addDatabase('Orders').addUser('NotMine');

    // THEN
    expect(heard).toEqual([
      'Backend/Postgres/Database/Resource',
      'Backend/Postgres/Database/Users/Before/Resource',
      'Backend/Postgres/Database/Users/After/Resource',
      'Other/Elsewhere/Resource',
    ]);
  });
});

describe('resources of one server', () => {
  test('wait for each other in one stack, so that few functions run at a time', () => {
    // GIVEN
    const { app, stack, postgres } = newServer();
    const other = new Stack(app, 'Other');

    // WHEN
    postgres.database.addUser('A');
    postgres.addDatabase('Second').addUser('B');
    new PostgresUser(other, 'C', { database: postgres.database });
    new PostgresUser(other, 'D', { database: postgres.database });

    // THEN
    const chain = (template: Template) => Object.entries(template.toJSON().Resources)
      .filter(([, { Type }]: any) => Type.startsWith('Custom::'))
      .map(([id, { DependsOn }]: any) => [id.replace(/[0-9A-F]{8}$/, ''), (DependsOn ?? []).filter((on: string) => template.toJSON().Resources[on].Type.startsWith('Custom::')).map((on: string) => on.replace(/[0-9A-F]{8}$/, ''))]);
    expect(chain(Template.fromStack(stack))).toEqual([
      ['PostgresDatabase', []],
      ['PostgresDatabaseUsersA', ['PostgresDatabase']],
      ['PostgresDatabasesSecond', ['PostgresDatabaseUsersA']],
      ['PostgresDatabasesSecondUsersB', ['PostgresDatabasesSecond']],
    ]);
    expect(chain(Template.fromStack(other))).toEqual([['C', []], ['D', ['C']]]);
  });
});

describe('a database refuses', () => {
  const failing: Array<[string, (server: ReturnType<typeof newServer>) => unknown, RegExp]> = [
    ['fails with a database of PostgreSQL', ({ postgres }) => postgres.addDatabase('template1'), /'template1' isn't a valid database name/],
    ['fails with a database of RDS', ({ postgres }) => postgres.addDatabase('rdsadmin'), /'rdsadmin' isn't a valid database name/],
    ['fails with more than 63 bytes', ({ postgres }) => postgres.addDatabase('D', { databaseName: 'd'.repeat(64) }), /has 64 bytes, and PostgreSQL allows 63. Set another `databaseName`/],
    ['fails with a name that cannot stand in a URL', ({ postgres }) => postgres.addDatabase('D', { databaseName: '..' }), /'..' isn't a valid database name: a URL can't contain it/],
    ['fails with a name that some clients could not read in a URL', ({ postgres }) => postgres.addDatabase('D', { databaseName: 'Orders 2' }), /'Orders 2' contains ' ' \(U\+0020\), and not every PostgreSQL client can read it in a URL/],
    ['fails with a locale of nothing', ({ postgres }) => postgres.addDatabase('D', { locale: '' }), /`locale` must not be empty/],
    ['fails with a time-out in two places', ({ postgres }) => postgres.addDatabase('D', {
      idleInTransactionSessionTimeout: Duration.seconds(1), settings: { idle_in_transaction_session_timeout: '2s' },
    }), /`idleInTransactionSessionTimeout` and the setting 'idle_in_transaction_session_timeout' are both set/],
    ['fails with an extension that is no name', ({ postgres }) => postgres.addDatabase('D', { extensions: ['Pg Crypto'] }), /'Pg Crypto' isn't a valid extension name/],
    ['fails with one name twice on a server', ({ postgres }) => postgres.addDatabase('D', { databaseName: 'app' }), /database 'app' is declared twice on one server: by 'Backend\/Postgres\/Database' and by 'Backend\/Postgres\/Databases\/D'/],
    ['fails with the role of another database', ({ postgres }) => {
      postgres.database.addUser('D', { username: 'orders_rw' });
      return postgres.addDatabase('Orders', { databaseName: 'orders' });
    }, /role 'orders_rw' is declared twice/],
    ['fails on a server that this library did not make', ({ stack, postgres }) => {
      const server = new ForeignPostgres(stack, 'Foreign', postgres);
      return new PostgresDatabase(stack, 'D', { server });
    }, /doesn't know this server.*fromPrivatePostgresAttributes/],
  ];

  test.each(failing)('%s', (_name, act, message) => {
    expect(() => act(newServer())).toThrow(message);
  });

  test('the resource of a database is the first that its users wait for', () => {
    const { stack, postgres } = newServer();
    expect(stack.resolve(postgres.database._resource.logicalId)).toBe(idOf(Template.fromStack(stack), DATABASE));
  });
});
