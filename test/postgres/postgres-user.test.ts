import { CfnParameter, Duration, Stack, Tags, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { dependsOn, FAKE_CA, idOf, newServer, onlyProperties } from './postgres-fixtures';
import { AdoptExisting, PostgresAccess, PostgresUser, PostgresUserRemoval, PemFile } from '../../src';
import { ServiceBinding } from '../../src/binding';

const USER = 'Custom::PostgresUser';

describe('a user', () => {
  test('is a role with a limit, a time-out and a secret of its own', () => {
    // GIVEN
    const { stack, postgres } = newServer();

    // WHEN
    const user = postgres.database.addUser('OrdersApi');

    // THEN
    const template = Template.fromStack(stack);
    expect(user.username).toBe('orders_api');
    template.hasResourceProperties(USER, {
      Username: 'orders_api',
      DatabaseName: 'app',
      Access: 'READ_WRITE',
      ConnectionLimit: '10',
      Settings: { statement_timeout: '30000ms' },
      OnRemoval: 'REASSIGN',
      ProtectedTables: ['goose_db_version', 'schema_migrations'],
      SecretArn: { Ref: idOf(template, 'AWS::SecretsManager::Secret') },
      ServiceTimeout: '2760',
      AdoptExisting: Match.absent(),
      CaBundle: Match.absent(),
    });
  });

  test('has a secret without a value, because a generated one would be generated again', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api');
    Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: Match.absent(),
      SecretString: Match.absent(),
      Name: Match.absent(),
      KmsKeyId: Match.absent(),
    });
  });

  test('has a secret with the tag by which the conductor of its server may use it', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api');
    const template = Template.fromStack(stack);
    const role = { 'Fn::GetAtt': [Match.stringLikeRegexp('BrokerConductorRole'), 'Arn'] };
    template.hasResourceProperties('AWS::SecretsManager::Secret', { Tags: [{ Key: 'cdk-private-backend:broker-role', Value: role }] });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
          Effect: 'Allow',
          Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':secret:*']] },
          Condition: { StringEquals: { 'aws:ResourceTag/cdk-private-backend:broker-role': role }, Null: { 'aws:ResourceTag/aws:cloudformation:stack-id': 'false' } },
        }]),
      },
      Roles: [{ Ref: Match.stringLikeRegexp('BrokerConductorRole') }],
    });
  });

  test('keeps the tag beside those of the app', () => {
    const { app, stack, postgres } = newServer();
    postgres.database.addUser('Api');
    Tags.of(app).add('team', 'shop');
    Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::Secret', { Tags: [Match.objectLike({ Key: 'cdk-private-backend:broker-role' }), { Key: 'team', Value: 'shop' }] });
  });

  test('waits for its database', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api');
    const template = Template.fromStack(stack);
    expect(dependsOn(template, idOf(template, USER))).toContain(idOf(template, 'Custom::PostgresDatabase'));
  });

  test('takes every option', () => {
    // GIVEN
    const { stack, postgres } = newServer();

    // WHEN
    const user = postgres.database.addUser('Reports', {
      username: 'reporting',
      access: PostgresAccess.READ_ONLY,
      connectionLimit: 7,
      poolSize: 3,
      statementTimeout: Duration.minutes(5),
      lockTimeout: Duration.seconds(2),
      settings: { work_mem: '64MB', search_path: 'reports' },
      adoptExisting: AdoptExisting.takeOver(),
      onRemoval: PostgresUserRemoval.DROP_OWNED,
      encryptionKey: new kms.Key(stack, 'Key'),
    });

    // THEN
    const template = Template.fromStack(stack);
    expect([user.access, user.poolSize, user.connectionLimit]).toEqual([PostgresAccess.READ_ONLY, 3, 7]);
    template.hasResourceProperties(USER, {
      Username: 'reporting',
      Access: 'READ_ONLY',
      ConnectionLimit: '7',
      Settings: { lock_timeout: '2000ms', search_path: 'reports', statement_timeout: '300000ms', work_mem: '64MB' },
      AdoptExisting: 'true',
      OnRemoval: 'DROP_OWNED',
    });
    template.hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: Match.anyValue() })]) },
    });
  });

  test('renders settings in the same order whatever order they are given in', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('A', { settings: { b: '1', a: '2' } });
    postgres.database.addUser('B', { settings: { a: '2', b: '1' } });
    const [a, b] = Object.values(Template.fromStack(stack).findResources(USER)).map(({ Properties }) => JSON.stringify(Properties.Settings));
    expect(a).toBe(b);
  });

  test('may set what has a default, in any spelling', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api', { settings: { Statement_Timeout: '5s' } });
    expect(onlyProperties(Template.fromStack(stack), USER).Settings).toEqual({ Statement_Timeout: '5s' });
  });

  test('that is retained keeps its secret, with the tag by which the stack that takes the user over gets the password', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api', { onRemoval: PostgresUserRemoval.RETAIN });
    Template.fromStack(stack).hasResource('AWS::SecretsManager::Secret', {
      DeletionPolicy: 'Retain',
      Properties: { Tags: [Match.objectLike({ Key: 'cdk-private-backend:broker-role' })] },
    });
  });

  test('is converged again by a release that knows other RDS roots, unless the server has authorities of its own', () => {
    const rootsOf = (caCertificates?: PemFile) => {
      const { stack, postgres } = newServer({ caCertificates });
      postgres.database.addUser('Api');
      return onlyProperties(Template.fromStack(stack), USER).RdsRoots;
    };
    expect(rootsOf()).toMatch(/^[0-9a-f]{16}$/);
    expect(rootsOf(PemFile.fromText(FAKE_CA))).toBeUndefined();
  });

  test('may have a token for a name, a limit and a time-out', () => {
    // GIVEN
    const { stack, postgres } = newServer();
    const name = new CfnParameter(stack, 'Name');
    const limit = new CfnParameter(stack, 'Limit', { type: 'Number' });
    const seconds = new CfnParameter(stack, 'Seconds', { type: 'Number' });

    // WHEN
    postgres.database.addUser('Api', {
      username: name.valueAsString,
      connectionLimit: limit.valueAsNumber,
      statementTimeout: Duration.seconds(seconds.valueAsNumber),
    });

    // THEN
    Template.fromStack(stack).hasResourceProperties(USER, {
      Username: { Ref: 'Name' },
      ConnectionLimit: { Ref: 'Limit' },
      Settings: { statement_timeout: { 'Fn::Join': ['', [{ Ref: 'Seconds' }, 's']] } },
    });
  });

  test('lets a principal read its secret', () => {
    const { stack, postgres } = newServer();
    const role = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    postgres.database.addUser('Api').grantReadSecret(role);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^Reader') }],
      PolicyDocument: {
        Statement: [Match.objectLike({
          Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
          Resource: { 'Fn::GetAtt': [idOf(template, USER), 'SecretArn'] },
        })],
      },
    });
  });
});

describe('a binding', () => {
  function bind(prefix?: string) {
    const { stack, postgres } = newServer();
    const user = postgres.database.addUser('Api', { poolSize: 4 });
    const binding = prefix === undefined ? user : ServiceBinding.withPrefix(prefix, user);
    return { stack, postgres, user, config: binding.bindToService(stack, {}) };
  }

  /** What a container gets to see: the field of the secret that each variable comes from. */
  function fieldsOf(stack: Stack, secrets: { [name: string]: ecs.Secret }) {
    return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, JSON.stringify(stack.resolve(secret.arn))]));
  }

  test('gives a service the credentials, the pool size and the file of certificate authorities', () => {
    const { stack, config } = bind();
    expect(stack.resolve(config.environment)).toEqual({
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/run/cdk-private-backend/ca/ca.pem',
      NODE_EXTRA_CA_CERTS: '/run/cdk-private-backend/ca/ca.pem',
      DATABASE_POOL_SIZE: '4',
      DATABASE_SECRET_VERSION: { 'Fn::GetAtt': [expect.stringMatching(/UsersApi/), 'SecretVersionId'] },
    });
    const fields = fieldsOf(stack, config.secrets!);
    expect(Object.keys(fields).sort()).toEqual(['DATABASE_URL', 'JDBC_DATABASE_URL', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER']);
    expect(fields.DATABASE_URL).toContain(':url::');
    expect(fields.JDBC_DATABASE_URL).toContain(':jdbcUrl::');
    expect(fields.PGHOST).toContain(':host::');
    expect(fields.PGPORT).toContain(':port::');
    expect(fields.PGDATABASE).toContain(':dbname::');
    expect(fields.PGUSER).toContain(':username::');
    expect(fields.PGPASSWORD).toContain(':password::');
  });

  test('of a server with several nodes gives their URL too, under a prefix as well, and the secret is told of them', () => {
    // GIVEN
    const { stack, postgres } = newServer();
    const nodes = ['10.0.1.5', '10.0.65.9'];
    Object.assign(postgres, { _hosts: () => nodes });
    const user = postgres.database.addUser('Api');

    // WHEN
    const [plain, prefixed] = [user, ServiceBinding.withPrefix('ORDERS', user)].map((binding) => fieldsOf(stack, binding.bindToService(stack, {}).secrets!));

    // THEN
    expect(plain.DATABASE_MULTI_HOST_URL).toContain(':multiHostUrl::');
    expect(prefixed.ORDERS_DATABASE_MULTI_HOST_URL).toContain(':multiHostUrl::');
    expect(onlyProperties(Template.fromStack(stack), USER).Hosts).toEqual(nodes);
  });

  test('of a server with one endpoint says nothing of nodes', () => {
    const { stack } = bind();
    expect(onlyProperties(Template.fromStack(stack), USER)).not.toHaveProperty('Hosts');
  });

  test('names the server as target and the certificate authority of its secret', () => {
    const { stack, postgres, config } = bind();
    expect(config.targets).toEqual([postgres]);
    expect(JSON.stringify(stack.resolve(config.certificateAuthority!.arn))).toContain(':ca::');
  });

  test('refers to the secret by an attribute of the user, so that a service waits for the login', () => {
    const { stack, config } = bind();
    expect(JSON.stringify(stack.resolve(config.secrets!.PGPASSWORD.arn))).toMatch(/"Fn::GetAtt":\["PostgresDatabaseUsersApi[0-9A-F]{8}","SecretArn"\]/);
  });

  test('takes a prefix, and keeps the names that clients find the file by', () => {
    const { stack, config } = bind('ORDERS');
    expect(Object.keys(config.secrets!).every(name => name.startsWith('ORDERS_'))).toBe(true);
    expect(Object.keys(stack.resolve(config.environment)).sort()).toEqual([
      'NODE_EXTRA_CA_CERTS', 'ORDERS_DATABASE_POOL_SIZE', 'ORDERS_DATABASE_SECRET_VERSION', 'ORDERS_NODE_EXTRA_CA_CERTS', 'ORDERS_PGSSLMODE', 'ORDERS_PGSSLROOTCERT', 'PGSSLROOTCERT',
    ]);
  });

  test('works in a task definition, which may then read the secret', () => {
    // GIVEN
    const { stack, config } = bind();
    const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task');

    // WHEN
    taskDefinition.addContainer('App', { image: ecs.ContainerImage.fromRegistry('app'), environment: config.environment, secrets: config.secrets });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('TaskExecutionRole') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Resource: { 'Fn::GetAtt': [idOf(template, USER), 'SecretArn'] } })]) },
    });
  });
});

describe('a user refuses', () => {
  const declare = (id: string, options = {}) => () => newServer().postgres.database.addUser(id, options);
  const failing: Array<[string, () => unknown, RegExp]> = [
    ['fails with a name of PostgreSQL', declare('PgMonitor'), /'pg_monitor' isn't a valid user name: PostgreSQL and RDS reserve/],
    ['fails with a name of RDS', declare('Api', { username: 'rds_iam' }), /'rds_iam' isn't a valid user name/],
    ['fails with the name postgres', declare('Postgres'), /'postgres' isn't a valid user name/],
    ['fails with the name public, in any case', declare('Api', { username: 'PUBLIC' }), /'PUBLIC' isn't a valid user name/],
    ['fails with the name of the admin', () => newServer({ adminUsername: 'boss' }).postgres.database.addUser('Boss'), /'boss' is the server's admin/],
    ['fails with more than 63 bytes', declare('Api', { username: 'ü'.repeat(32) }), /has 64 bytes, and PostgreSQL allows 63. Set another `username`/],
    ['fails with an empty name', declare('Api', { username: '' }), /it's empty/],
    ['fails with a control character', declare('Api', { username: 'a\nb' }), /contains U\+000A/],
    ['fails with half a character', declare('Api', { username: 'a\uD800' }), /contains U\+D800/],
    ['fails with a setting that is no name', declare('Api', { settings: { 'work_mem; DROP': '1' } }), /`settings` contains 'work_mem; DROP', which isn't a valid setting name/],
    ['fails with a setting that decides whom it acts as', declare('Api', { settings: { ROLE: 'postgres' } }), /`settings` can't contain 'ROLE', because each user's `access` decides it/],
    ['fails with a setting in two spellings', declare('Api', { settings: { TimeZone: 'UTC', timezone: 'UTC' } }), /`settings` contains 'TimeZone' and 'timezone', which are the same setting/],
    ['fails with a time-out in two places', declare('Api', { statementTimeout: Duration.seconds(5), settings: { statement_timeout: '9s' } }), /`statementTimeout` and the setting 'statement_timeout' are both set/],
    ['fails with a pool of nothing', declare('Api', { poolSize: 0 }), /`poolSize` must be a whole number of at least 1, got 0/],
    ['fails with a limit of nothing', declare('Api', { connectionLimit: 0 }), /at least 1, or -1 for no limit, got 0/],
    ['fails with half a connection', declare('Api', { connectionLimit: 1.5 }), /or -1 for no limit, got 1.5/],
    ['fails with the name of a role that holds the grants', declare('AppOwner'), /role 'app_owner' is declared twice.*'Backend\/Postgres\/Database' and by 'Backend\/Postgres\/Database\/Users\/AppOwner'/],
  ];

  test.each(failing)('%s', (_name, act, message) => {
    expect(act).toThrow(message);
  });

  test('fails with one name twice on a server, naming both', () => {
    const { app, postgres } = newServer();
    postgres.database.addUser('Api');
    const other = postgres.addDatabase('Other');
    expect(() => other.addUser('Api')).toThrow(/role 'api' is declared twice on one server: by 'Backend\/Postgres\/Database\/Users\/Api' and by 'Backend\/Postgres\/Databases\/Other\/Users\/Api'/);
    expect(() => new PostgresUser(new Stack(app, 'Elsewhere'), 'Api', { database: postgres.database })).toThrow(/by 'Elsewhere\/Api'/);
  });

  test('fails with one token twice on a server', () => {
    const { postgres } = newServer();
    const username = Token.asString({ Ref: 'Name' });
    postgres.database.addUser('Api', { username });
    expect(() => postgres.database.addUser('Other', { username })).toThrow(/is declared twice on one server/);
  });

  test('fails with one id twice', () => {
    const { postgres } = newServer();
    postgres.database.addUser('Api');
    expect(() => postgres.database.addUser('Api', { username: 'other' })).toThrow(/with the id 'Api' before.*Props\.duplicateId/);
  });
});
