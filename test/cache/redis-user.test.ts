import { CfnParameter, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { createCache, ownName, propertiesOf, resourcesOfType } from './cache-fixtures';
import { ServiceBinding, type IServiceBinding } from '../../src/binding';
import { CacheCapacity, RedisAccess, RedisCache, RedisUser, type IRedisUser, type RedisUserOptions } from '../../src/cache';
import { FargateApi } from '../../src/fargate';
import { createVpc, developmentApp, exportsOf, IMAGE } from '../fargate/fixture';

const USER = 'AWS::ElastiCache::User';

function createUser(options?: RedisUserOptions, id = 'Api') {
  const created = createCache();
  return { ...created, user: created.cache.addUser(id, options) };
}

/** Environment and secrets of a service in a stack of its own. */
function connect(app: ReturnType<typeof developmentApp>, vpc: ec2.IVpc, ...connectTo: IServiceBinding[]) {
  const stack = new Stack(app, 'Services');
  const api = new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image: IMAGE, connectTo });
  return { stack, api };
}

function containerOf(stack: Stack) {
  const [container] = propertiesOf(stack, 'AWS::ECS::TaskDefinition').ContainerDefinitions as { Environment: { Name: string; Value: unknown }[]; Secrets?: { Name: string; ValueFrom: unknown }[] }[];
  return {
    environment: Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
    secrets: Object.fromEntries((container.Secrets ?? []).map(({ Name, ValueFrom }) => [Name, JSON.stringify(ValueFrom)])),
  };
}

describe('a user with a password', () => {
  test('is made from a secret that no template shows', () => {
    // WHEN
    const { stack } = createUser();

    // THEN
    const [password] = Object.keys(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).filter((id) => id.includes('Password'));
    const reference = { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: password }, ':SecretString:password::}}']] };
    Template.fromStack(stack).hasResourceProperties(USER, {
      Engine: 'redis',
      UserName: 'api',
      UserId: Match.stringLikeRegexp('^[a-z][a-z0-9-]+-[0-9a-f]{10}$'),
      AccessString: 'on ~* &* +@all -@dangerous +info',
      AuthenticationMode: { Type: 'password', Passwords: [reference] },
      NoPasswordRequired: Match.absent(),
      Passwords: Match.absent(),
    });
  });

  test('has a secret whose URL a client can use as it is', () => {
    // GIVEN
    const { stack } = createUser();
    const secret = Object.values(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).find(({ Properties }) => Properties.SecretString !== undefined)!;
    const [, parts] = (secret.Properties.SecretString as { 'Fn::Join': [string, (string | Record<string, unknown>)[]] })['Fn::Join'];

    // WHEN: CloudFormation has put everything in
    const password = 'aB3'.repeat(21);
    const text = parts.map((part) => (typeof part === 'string' ? part : 'Ref' in part ? 'secret-arn' : 'primary.redis.example')).join('')
      .replaceAll('{{resolve:secretsmanager:secret-arn:SecretString:password::}}', password);

    // THEN
    const value = JSON.parse(text) as Record<string, string>;
    expect(value).toEqual({
      host: 'primary.redis.example', port: '6379', username: 'api', password, tls: 'true', url: `rediss://api:${password}@primary.redis.example:6379`,
    });
    const url = new URL(value.url);
    expect([url.protocol, decodeURIComponent(url.username), decodeURIComponent(url.password), url.hostname, url.port]).toEqual(['rediss:', 'api', password, 'primary.redis.example', '6379']);
  });

  test('has a password of letters and digits, which must never be made anew', () => {
    const { stack } = createUser();
    const generated = Object.values(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).flatMap(({ Properties }) => Properties.GenerateSecretString ?? []);
    expect(generated).toEqual([{ ExcludePunctuation: true, GenerateStringKey: 'password', PasswordLength: 64, SecretStringTemplate: '{}' }]);
  });

  test('is in the group of the cache, and its secret waits for that', () => {
    const { stack, cache } = createUser();
    cache.addUser('Worker');
    const [userGroup] = Object.keys(resourcesOfType(stack, 'AWS::ElastiCache::UserGroup'));
    const users = Object.keys(resourcesOfType(stack, USER));
    expect(propertiesOf(stack, 'AWS::ElastiCache::UserGroup').UserIds).toEqual(users.map((user) => ({ Ref: user })));
    expect(users).toHaveLength(3);
    const secrets = Object.values(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).filter(({ Properties }) => Properties.SecretString !== undefined);
    expect(secrets.map(({ DependsOn }) => DependsOn)).toEqual([[userGroup], [userGroup]]);
  });

  test('takes a key for its secrets', () => {
    const app = developmentApp();
    const encryptionKey = new kms.Key(new Stack(app, 'Keys'), 'Key');
    const { stack, cache } = createCache({}, app);
    cache.addUser('Api', { encryptionKey });
    expect(Object.values(resourcesOfType(stack, 'AWS::SecretsManager::Secret')).filter(({ Properties }) => Properties.KmsKeyId === undefined)).toEqual([]);
  });

  test.each([['Api', 'api'], ['OrdersAPI', 'orders-api'], ['orderWorker2', 'order-worker2'], ['a_b', 'a-b']])('%s is called %s', (id, username) => {
    expect(createUser({}, id).user.username).toBe(username);
  });

  test('has another name where it is asked for, which may be a token', () => {
    const { stack, cache } = createCache();
    cache.addUser('Api', { username: new CfnParameter(stack, 'Name').valueAsString });
    Template.fromStack(stack).hasResourceProperties(USER, { UserName: { Ref: 'Name' } });
  });
});

describe('access', () => {
  test.each([
    [RedisAccess.readWrite(), 'on ~* &* +@all -@dangerous +info'],
    [RedisAccess.readWrite({ keyPrefixes: ['bull:', '{orders}:'] }), 'on ~bull:* ~{orders}:* &bull:* &{orders}:* +@all -@dangerous +info'],
    [RedisAccess.readOnly(), 'on ~* &* -@all +@read +@connection -@dangerous +info'],
    [RedisAccess.of('on ~app:* +@all'), 'on ~app:* +@all'],
  ])('%# is written as Redis reads it', (access, accessString) => {
    const { stack } = createUser({ access });
    Template.fromStack(stack).hasResourceProperties(USER, { UserName: 'api', AccessString: accessString });
  });

  test('may be known only at deployment', () => {
    const { stack, cache } = createCache();
    cache.addUser('Api', { access: RedisAccess.of(new CfnParameter(stack, 'Access').valueAsString) });
    Template.fromStack(stack).hasResourceProperties(USER, { AccessString: { Ref: 'Access' } });
  });

  test.each([[[], 'must not be empty'], [['a b'], 'contains \'a b\''], [['bull:*'], 'contains \'bull:*\''], [[''], 'contains \'\'']])('fails on the prefixes %j', (keyPrefixes, problem) => {
    expect(() => RedisAccess.readWrite({ keyPrefixes })).toThrow(`\`keyPrefixes\` ${problem}.`);
    expect(() => RedisAccess.readOnly({ keyPrefixes })).toThrow('(in RedisAccess.readOnly())');
  });

  test.each([['on >secret ~*', '>…'], ['on nopass ~*', 'nopass'], ['on #abc', '#…'], ['reset on', 'reset']])('fails on the password rule in \'%s\'', (accessString, rule) => {
    expect(() => RedisAccess.of(accessString)).toThrow(`The access string contains the rule '${rule}',`);
  });

  test.each([['~* +@all'], ['off ~* +@all'], ['on off']])('fails on \'%s\', with which nobody can log in', (accessString) => {
    expect(() => RedisAccess.of(accessString)).toThrow(`The access string '${accessString}' doesn't turn the user on`);
  });
});

describe('a service of another stack', () => {
  test('receives host and credentials, and the one path it needs', () => {
    // GIVEN
    const app = developmentApp();
    const { stack: data, vpc, cache } = createCache({}, app);

    // WHEN
    const { stack } = connect(app, vpc, cache.addUser('Api'));

    // THEN
    const { environment, secrets } = containerOf(stack);
    expect(environment).toEqual(expect.objectContaining({
      REDIS_HOST: { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Data' }) as unknown }, REDIS_PORT: '6379', REDIS_USERNAME: 'api', REDIS_TLS: 'true',
    }));
    expect(Object.keys(secrets).sort()).toEqual(['REDIS_PASSWORD', 'REDIS_URL']);
    expect(secrets.REDIS_PASSWORD).toContain(':password::');
    expect(secrets.REDIS_URL).toContain(':url::');
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6379, IpProtocol: 'tcp' });
    expect(exportsOf(data)).toEqual([]);
    expect(stack.dependencies).toContain(data);
  });

  test('tells two caches apart by a prefix', () => {
    const app = developmentApp();
    const { vpc, cache, stack: data } = createCache({}, app);
    const other = new RedisCache(data, 'Sessions', { vpc });
    const { stack } = connect(app, vpc, cache.addUser('Api'), ServiceBinding.withPrefix('SESSIONS', other.addUser('Api')));
    const { environment, secrets } = containerOf(stack);
    expect(Object.keys(environment).filter((name) => name.endsWith('REDIS_HOST'))).toEqual(['REDIS_HOST', 'SESSIONS_REDIS_HOST']);
    expect(Object.keys(secrets)).toEqual(['REDIS_PASSWORD', 'REDIS_URL', 'SESSIONS_REDIS_PASSWORD', 'SESSIONS_REDIS_URL']);
  });

  test('fails where the cache depends on it', () => {
    const app = developmentApp();
    const services = new Stack(app, 'Services');
    const { stack: data, cache } = createCache({}, app);
    data.addStackDependency(services);
    const cluster = new ecs.Cluster(services, 'Cluster', { vpc: createVpc(services) });
    expect(() => new FargateApi(services, 'Api', { cluster, image: IMAGE, connectTo: [cache.addUser('Api')] })).toThrow('Services depend on their caches, never the reverse.');
  });

  test('fails where a cache is given instead of its user', () => {
    const app = developmentApp();
    const { vpc, cache } = createCache({}, app);
    expect(() => connect(app, vpc, cache as unknown as IServiceBinding)).toThrow(/`connectTo\[0\]` is a cache; a service connects as a user. Use `connectTo: \[cache.addUser\('/);
  });
});

test.each([[RemovalPolicy.RETAIN], [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE]])('users and groups that are retained (%s) have ids that no other stack has had', (removalPolicy) => {
  const { stack, cache } = createCache({ removalPolicy });
  cache.addUser('Api');
  cache.addUser('Iam', { iamAuthentication: true });

  const template = Template.fromStack(stack);
  for (const id of ['defaultuser', 'users-api', 'users-iam']) {
    template.hasResourceProperties(USER, { UserId: ownName(`[a-z-]*${id}-`) });
  }
  template.hasResourceProperties('AWS::ElastiCache::UserGroup', { UserGroupId: ownName('[a-z-]*usergroup-') });
});

describe('a user that authenticates by IAM', () => {
  test('has no secret, and is called by its id', () => {
    const { stack, user } = createUser({ iamAuthentication: true });
    expect(user.secret).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::SecretsManager::Secret', 0);
    const [[id, { Properties: { UserId, UserName } }]] = Object.entries(resourcesOfType(stack, USER)).filter(([logicalId]) => logicalId.includes('Api'));
    expect(UserName).toEqual(UserId);
    expect(stack.resolve(user.username)).toEqual({ Ref: id });
    Template.fromStack(stack).hasResourceProperties(USER, { UserId: Match.stringLikeRegexp('^data-redis-users-api-[0-9a-f]{10}$'), AuthenticationMode: { Type: 'iam' } });
  });

  test.each([
    ['nodes', CacheCapacity.node(), { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Data' }) }],
    ['a serverless cache', CacheCapacity.serverless(), { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Data' }) }],
  ])('lets a service connect to %s', (kind, capacity, cacheName) => {
    // GIVEN
    const app = developmentApp();
    const { vpc, cache } = createCache({ capacity }, app);
    const user = cache.addUser('Api', { iamAuthentication: true });
    const { stack, api } = connect(app, vpc, user);

    // WHEN
    const grant = user.grantConnect(api);

    // THEN
    expect(grant.success).toBe(true);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([{ Action: 'elasticache:Connect', Effect: 'Allow', Resource: [Match.anyValue(), { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Data' }) }] }]) },
    });
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(kind === 'nodes' ? ':replicationgroup:' : ':serverlesscache:');
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Environment: Match.arrayWith([{ Name: 'REDIS_CACHE_NAME', Value: cacheName }]), Secrets: Match.absent() })]),
    });
  });

  test('fails at synth where nobody may log in as it', () => {
    const app = developmentApp();
    const { vpc, cache } = createCache({}, app);
    connect(app, vpc, cache.addUser('Api', { iamAuthentication: true }));
    expect(() => app.synth()).toThrow(/'Services\/Api' connects as this user, which logs in with IAM, but nothing has permission to log in as it\. Call `user\.grantConnect\(service\)`/);
  });

  test('fails with a name of its own', () => {
    expect(() => createUser({ iamAuthentication: true, username: 'api' })).toThrow('Remove `username`.');
  });

  test('fails to grant IAM access to a user with a password', () => {
    const { stack, user } = createUser();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    expect(() => user.grantConnect(role)).toThrow('This user logs in with a password');
  });
});

describe('what exists already', () => {
  const existing = (scope: Stack, id = 'Existing') => RedisCache.fromRedisCacheAttributes(scope, id, {
    endpoint: 'redis.example.com', securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, `${id}Group`, 'sg-12345678')], cacheClusterId: 'redis-001',
  });
  const userOf = (scope: Stack, username = 'default'): IRedisUser => RedisUser.fromRedisUserAttributes(scope, `User${username}`, {
    cache: existing(scope), username, secret: secretsmanager.Secret.fromSecretNameV2(scope, 'Secret', 'redis'),
  });

  test('is connected to like any other', () => {
    // GIVEN
    const app = developmentApp();
    const stack = new Stack(app, 'Services');
    const vpc = createVpc(stack);

    // WHEN
    const user = userOf(stack);
    new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image: IMAGE, connectTo: [user] });

    // THEN
    const { environment, secrets } = containerOf(stack);
    expect(environment).toEqual(expect.objectContaining({ REDIS_HOST: 'redis.example.com', REDIS_PORT: '6379', REDIS_USERNAME: 'default' }));
    expect(secrets.REDIS_URL).toContain(':url::');
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-12345678', FromPort: 6379 });
    Template.fromStack(stack).resourceCountIs(USER, 0);
  });

  test('has the metrics of its name', () => {
    const stack = new Stack(developmentApp(), 'Services');
    expect(existing(stack).metricEvictions().dimensions).toEqual({ CacheClusterId: 'redis-001' });
    const serverless = RedisCache.fromRedisCacheAttributes(stack, 'Serverless', { endpoint: 'a.b', securityGroups: existing(stack, 'Other').connections.securityGroups, serverlessCacheName: 'mine' });
    expect(serverless.metricEvictions().dimensions).toEqual({ clusterId: 'mine' });
  });

  test.each([
    ['an endpoint that is a URL', { endpoint: 'rediss://redis.example.com' }, '`endpoint` must be a host name without'],
    ['a port out of range', { port: 0 }, '`port` must be a whole number from 1 to 65535, got 0.'],
    ['no security group', { securityGroups: [] }, '`securityGroups` must not be empty.'],
    ['two kinds of names', { cacheClusterId: 'a', serverlessCacheName: 'b' }, 'are both set'],
  ])('fails on %s', (_what, attributes, message) => {
    const stack = new Stack(developmentApp(), 'Services');
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')];
    expect(() => RedisCache.fromRedisCacheAttributes(stack, 'Cache', { endpoint: 'redis.example.com', securityGroups, ...attributes })).toThrow(message);
  });

  test('fails on metrics without a name', () => {
    const stack = new Stack(developmentApp(), 'Services');
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')];
    const cache = RedisCache.fromRedisCacheAttributes(stack, 'Cache', { endpoint: 'redis.example.com', securityGroups });
    expect(() => cache.metricConnections()).toThrow('The metrics of an imported cache need its name. Set `cacheClusterId` or `serverlessCacheName`');
  });

  test('fails on an empty name', () => {
    expect(() => userOf(new Stack(developmentApp(), 'Services'), ' ')).toThrow('`username` must not be empty.');
  });
});

describe('misuse', () => {
  test('fails on a name twice, and on default', () => {
    const { cache } = createUser();
    expect(() => cache.addUser('Other', { username: 'api' })).toThrow('This cache has a user \'api\' already');
    expect(() => cache.addUser('Default')).toThrow('`username` can\'t be \'default\', because every cache has a user of this name');
  });

  test('fails on an id twice', () => {
    const { cache } = createUser();
    expect(() => cache.addUser('Api', { username: 'other' })).toThrow(/with the id 'Api' before.*Props\.duplicateId/);
  });

  test.each([['Api'], ['a b'], ['-a'], ['a:b'], ['']])('fails on the name \'%s\'', (username) => {
    expect(() => createUser({ username })).toThrow(`\`username\` must be lower-case letters and digits, with hyphens only between them, got '${username}'.`);
  });

  test('fails in another stack than that of the cache', () => {
    const app = developmentApp();
    const { cache } = createCache({}, app);
    expect(() => new RedisUser(new Stack(app, 'Other'), 'Api', { cache })).toThrow('A user must be in its cache\'s stack \'Data\'');
  });

  test('fails on the hundredth user', () => {
    const { cache } = createCache();
    Array.from({ length: 99 }, (_, index) => cache.addUser(`User${index}`, { iamAuthentication: true }));
    expect(() => cache.addUser('Last', { iamAuthentication: true })).toThrow('A cache can have at most 99 users in addition to \'default\'');
  });
});
