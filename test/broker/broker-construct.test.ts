import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { TINY_DATABASE_TYPE, TINY_USER_TYPE } from './tiny-engine';
import type { IDatabaseServer } from '../../src/binding';
import { Broker, type BrokerProps } from '../../src/broker/broker';
import type { BrokerEngine, BundledFunction } from '../../src/broker/broker-engine';
import { ConductorEnv, SqlEnv } from '../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS, SERVICE_TIMEOUT_SECONDS, SQL_FUNCTION_TIMEOUT_SECONDS, USER_SECRET_ACTIONS } from '../../src/broker/conductor.contract';
import { ServerWatch } from '../../src/broker/server-watch';
import { Posture } from '../../src/posture';

const FUNCTION = 'AWS::Lambda::Function';
const ARN = 'arn:aws:rds:eu-west-1:111111111111:db:backend';
const HOW_TO_IMPORT = 'Say where it is.';

const CONDUCTOR_CODE = 'exports.handler = async () => undefined;';
const SQL_CODE = 'exports.handler = async () => ({ ok: true, changes: [] });';

/** A function of an engine, as the project generates the classes of its bundles. */
function functionOf(code: string): BundledFunction {
  return class extends lambda.Function {
    public constructor(scope: Construct, id: string, options: lambda.FunctionOptions) {
      super(scope, id, { ...options, runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(code) });
    }
  };
}

const TINY: BrokerEngine = { name: 'Tiny', conductor: functionOf(CONDUCTOR_CODE), sql: functionOf(SQL_CODE), rolesOf: (databaseName) => [`${databaseName}-readers`, `${databaseName}-writers`] };

/** A server of which the broker knows no more than any server shows. */
class TinyDatabaseServer extends Construct implements IDatabaseServer {
  public readonly endpoint = 'tiny.example.internal';
  public readonly port = 7000;
  public readonly vpc: ec2.IVpc;
  public readonly connections: ec2.Connections;

  public constructor(scope: Construct, id: string, options: Partial<BrokerProps> = {}) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false, subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    this.connections = new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(this, 'Group', { vpc: this.vpc })], defaultPort: ec2.Port.tcp(this.port) });
    const resource = new CfnResource(this, 'Server', { type: 'Tiny::Server::Server' });
    const adminSecret = new secretsmanager.Secret(this, 'Admin');
    Broker.announce(this, () => ({
      server: this,
      engine: TINY,
      owned: true,
      watch: ServerWatch.none(),
      portText: '7000',
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      adminSecret,
      adminUsername: 'root',
      serverResources: [resource],
      inputs: [],
      ...options,
    }));
  }

  public get broker(): Broker {
    return Broker.of(this, HOW_TO_IMPORT);
  }
}

/** A server in a stack of its own, with a database there and a user in another stack. */
function newServer(options: Partial<BrokerProps> = {}) {
  const app = new App();
  Posture.development().applyTo(app);
  const [stack, other] = [new Stack(app, 'Backend'), new Stack(app, 'Service')];
  const server = new TinyDatabaseServer(stack, 'Tiny', options);
  const [database, user] = [new Construct(stack, 'Database'), new Construct(other, 'User')];
  server.broker.reserveDatabase(database, 'app');
  server.broker.declareResource(database, TINY_DATABASE_TYPE, { DatabaseName: 'app' });
  server.broker.reserveUser(user, ['api_a', 'api_b'], { connectionLimit: 10 });
  server.broker.declareResource(user, TINY_USER_TYPE, { Username: 'api', Logins: '2', DatabaseName: 'app' });
  return { app, stack, other, server, broker: server.broker, user };
}

function conductorOf(template: Template) {
  const [[logicalId, { Properties }]] = Object.entries(template.findResources(FUNCTION, { Properties: { VpcConfig: Match.absent() } }));
  return { logicalId, properties: Properties as { readonly [name: string]: unknown } };
}

/** What the conductor may do, without its log, its SQL function, and the secrets of users and admin. */
function watchStatements(template: Template): unknown[] {
  const [policy] = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: Match.stringLikeRegexp('ConductorRole') }] } }));
  const statements = policy.Properties.PolicyDocument.Statement as { readonly Action: unknown }[];
  expect(statements.slice(0, 4).map(({ Action }) => Action)).toEqual([['logs:CreateLogStream', 'logs:PutLogEvents'], 'lambda:InvokeFunction', USER_SECRET_ACTIONS, 'secretsmanager:GetSecretValue']);
  return statements.slice(4);
}

describe('two stacks that declare on one server', () => {
  const { stack, other } = newServer();
  const [here, there] = [Template.fromStack(stack), Template.fromStack(other)];

  test('share two functions, which are those of the engine and stand in the stack of the server', () => {
    here.resourceCountIs(FUNCTION, 2);
    there.resourceCountIs(FUNCTION, 0);
    here.hasResourceProperties(FUNCTION, { Code: { ZipFile: CONDUCTOR_CODE }, Description: 'Makes the Tiny databases and users that stacks declare', Timeout: CONDUCTOR_TIMEOUT_SECONDS, VpcConfig: Match.absent() });
    here.hasResourceProperties(FUNCTION, { Code: { ZipFile: SQL_CODE }, Description: 'Runs SQL for the databases and users that stacks declare', Timeout: SQL_FUNCTION_TIMEOUT_SECONDS, VpcConfig: Match.anyValue() });
    here.hasResourceProperties(FUNCTION, { VpcConfig: Match.anyValue(), Environment: { Variables: { [SqlEnv.HOST]: 'tiny.example.internal', [SqlEnv.PORT]: '7000' } } });
    here.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Function that runs SQL: to the Tiny server, nothing else' });
  });

  test('each have their resources, of the types of the engine and with its properties', () => {
    const common = { ServiceTimeout: String(SERVICE_TIMEOUT_SECONDS), Server: 'tiny.example.internal', CaBundle: Match.absent() };
    here.hasResourceProperties(TINY_DATABASE_TYPE, { ...common, ServiceToken: { 'Fn::GetAtt': [conductorOf(here).logicalId, 'Arn'] }, DatabaseName: 'app' });
    there.hasResourceProperties(TINY_USER_TYPE, { ...common, ServiceToken: Match.anyValue(), Username: 'api', Logins: '2' });
    here.resourceCountIs(TINY_USER_TYPE, 0);
  });

  test('wait for the server, and for what SQL needs', () => {
    const [database] = Object.values(here.findResources(TINY_DATABASE_TYPE));
    expect(database.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/TinyServer/), ...Object.keys(here.findResources(FUNCTION))]));
  });
});

describe('the conductor of an engine', () => {
  test.each([
    ['nothing can be asked about', ServerWatch.none(), { SERVER_KIND: 'imported' }, []],
    ['runs on instances of this library', ServerWatch.selfHosted('shop'), { SERVER_KIND: 'self-hosted', SERVER_IDENTIFIER: 'shop' }, []],
    ['is an instance of RDS', ServerWatch.rdsInstance('backend', ARN), { SERVER_KIND: 'instance', SERVER_IDENTIFIER: 'backend' }, [{ Action: 'rds:DescribeDBInstances', Effect: 'Allow', Resource: ARN }]],
    ['is a cluster of RDS', ServerWatch.rdsCluster('backend', ARN, [`${ARN}-writer`]), { SERVER_KIND: 'cluster', SERVER_IDENTIFIER: 'backend' }, [
      { Action: 'rds:DescribeDBClusters', Effect: 'Allow', Resource: ARN }, { Action: 'rds:DescribeDBInstances', Effect: 'Allow', Resource: `${ARN}-writer` },
    ]],
  ])('knows its server, of which %s, and may ask no more than that', (_, watch, environment, statements) => {
    const template = Template.fromStack(newServer({ watch }).stack);
    expect(conductorOf(template).properties.Environment).toEqual({
      Variables: {
        [ConductorEnv.SQL_FUNCTION]: { Ref: expect.stringMatching(/BrokerSql/) },
        [ConductorEnv.SQL_LOG_GROUP]: { Ref: expect.stringMatching(/BrokerSqlLogs/) },
        [ConductorEnv.HOST]: 'tiny.example.internal',
        [ConductorEnv.PORT]: '7000',
        [ConductorEnv.ADMIN_SECRET_ARN]: { Ref: expect.stringMatching(/TinyAdmin/) },
        [ConductorEnv.ADMIN_USERNAME]: 'root',
        [ConductorEnv.SERVER_OWNED]: 'true',
        ...environment,
      },
    });
    expect(watchStatements(template)).toEqual(statements);
  });

  test('knows whether the library made the server, however it is watched', () => {
    const template = Template.fromStack(newServer({ owned: false, watch: ServerWatch.rdsInstance('backend', ARN) }).stack);
    expect(conductorOf(template).properties.Environment).toMatchObject({ Variables: { SERVER_OWNED: 'false', SERVER_KIND: 'instance' } });
  });
});

describe('names on a server', () => {
  const reserve = (...logins: string[]) => {
    const { broker, other } = newServer();
    broker.reserveUser(new Construct(other, 'Another'), logins, { connectionLimit: 10 });
  };

  test('of logins that nobody has are free', () => {
    expect(() => reserve('api', 'api_c')).not.toThrow();
  });

  test.each(['api_a', 'api_b'])('fails for the login %s, which another user has among its logins', (login) => {
    expect(() => reserve('fresh', login)).toThrow(`The role '${login}' is declared twice on one server: by 'Service/User' and by 'Service/Another'. Set another \`username\` on one of them.`);
  });

  test('fails for two logins of one user that are the same', () => {
    expect(() => reserve('web', 'web')).toThrow("The role 'web' is declared twice");
  });

  test.each(['app-readers', 'app-writers'])('fails for the login %s, which comes with a database', (login) => {
    expect(() => reserve(login)).toThrow(`The role '${login}' is declared twice on one server: by 'Backend/Database' and by 'Service/Another'.`);
  });

  test('fails for a database whose roles are those of a user', () => {
    const { broker, other } = newServer();
    broker.reserveUser(new Construct(other, 'Another'), ['shop-writers'], { connectionLimit: 10 });
    expect(() => broker.reserveDatabase(new Construct(other, 'Shop'), 'shop')).toThrow("The role 'shop-writers' is declared twice");
  });

  test('fails for a database that is declared twice', () => {
    const { broker, other } = newServer();
    expect(() => broker.reserveDatabase(new Construct(other, 'App'), 'app')).toThrow("The database 'app' is declared twice on one server: by 'Backend/Database' and by 'Service/App'. Set another `databaseName` on one of them.");
  });

  test('fails for the admin among the logins', () => {
    expect(() => reserve('fresh', 'root')).toThrow("'root' is the server's admin");
  });
});

describe('keys of users\' secrets', () => {
  const declare = (broker: Broker, scope: Construct, count: number) => Array.from({ length: count }, (_, index) => broker.grantKey(new Construct(scope, `User${index}`), new kms.Key(scope, `Key${index}`)));

  test('share one policy where they are the same key in the same stack, and have one for each stack', () => {
    const { broker, stack, other } = newServer();
    const key = new kms.Key(stack, 'Key');
    const [first, second, elsewhere] = [['One', other], ['Two', other], ['Three', stack]].map(([id, scope]) => broker.grantKey(new Construct(scope as Construct, id as string), key));
    expect(first).toBe(second);
    expect(elsewhere).not.toBe(first);
    expect(Stack.of(first)).toBe(other);
  });

  test('fails for more than the role of the conductor can hold policies for', () => {
    const { server, broker, other } = newServer();
    declare(broker, other, 31);
    expect(server.node.validate()).toEqual([expect.stringMatching(/^Secrets of database users have 31 keys.*1930 \+ 31 keys × 302 = 11292 characters, and IAM allows 10240/)]);
    expect(broker.node.validate()).toEqual([]);
  });

  test('need no other policy, so that there may be any number of users', () => {
    const { server, broker, other } = newServer();
    declare(broker, other, 27);
    Array.from({ length: 500 }, (_, index) => broker.reserveUser(new Construct(other, `Reserved${index}`), [`user${index}`], { connectionLimit: -1 }));
    expect(server.node.validate()).toEqual([]);
  });
});

test('fails for a server that announced nothing, and says how to have one that did', () => {
  const stack = new Stack(new App(), 'Backend');
  const stranger = Object.assign(new Construct(stack, 'Stranger'), { endpoint: 'x', port: 1, vpc: new ec2.Vpc(stack, 'Vpc'), connections: new ec2.Connections() });
  expect(() => Broker.of(stranger, HOW_TO_IMPORT)).toThrow(`This library doesn't know this server, so it can't create databases and users there. ${HOW_TO_IMPORT}`);
});

test('a server on which nothing is declared has no broker', () => {
  const stack = new Stack(new App(), 'Backend');
  Posture.development().applyTo(stack);
  const server = new TinyDatabaseServer(stack, 'Tiny');
  expect(server.node.tryFindChild('Broker')).toBeUndefined();
  expect(server.broker).toBe(server.broker);
  expect(server.node.findChild('Broker')).toBe(server.broker);
});
