import { Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { newApp, newServer, newVpc } from './postgres-fixtures';
import { PostgresDatabase, PostgresUser, Posture, PrivatePostgres } from '../../src';

/** Everything in a template that refers to another stack. */
function references(template: Template): string {
  return JSON.stringify(template.toJSON());
}

describe('a user in the stack of its service', () => {
  function build() {
    const { app, stack, postgres } = newServer();
    const other = new Stack(app, 'Service');
    const user = new PostgresUser(other, 'Api', { database: postgres.database });
    return { app, stack, other, postgres, user };
  }

  test('brings its secret along, and refers to the server without an export', () => {
    // GIVEN
    const { stack, other } = build();

    // WHEN
    const [server, service] = [Template.fromStack(stack), Template.fromStack(other)];

    // THEN
    service.resourceCountIs('AWS::SecretsManager::Secret', 1);
    service.hasResourceProperties('AWS::SecretsManager::Secret', { Tags: [Match.objectLike({ Value: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Backend' }) } })] });
    service.resourceCountIs('AWS::IAM::Policy', 0);
    service.hasResourceProperties('Custom::PostgresUser', {
      ServiceToken: { 'Fn::GetStackOutput': Match.anyValue() },
      Server: { 'Fn::GetStackOutput': Match.anyValue() },
    });
    expect(references(service)).not.toContain('Fn::ImportValue');
    expect(references(server)).not.toContain('"Export"');
    server.resourceCountIs('Custom::PostgresUser', 0);
  });

  test('makes its stack depend on that of the server, not the reverse', () => {
    const { app, stack, other } = build();
    app.synth();
    expect(other.dependencies).toEqual([stack]);
    expect(stack.dependencies).toEqual([]);
  });

  test('is not counted in the role of the server, which its removal leaves as it is', () => {
    const without = Template.fromStack(newServer().stack).toJSON();
    const { stack } = build();
    const policies = (template: any) => Object.entries(template.Resources).filter(([, { Type }]: any) => Type === 'AWS::IAM::Policy');
    expect(policies(Template.fromStack(stack).toJSON())).toEqual(policies(without));
  });

  test('may be used by a task in a third stack', () => {
    // GIVEN
    const { app, other, user } = build();
    const third = new Stack(app, 'Tasks');
    const { secrets, environment } = user.bindToService(third, {});

    // WHEN
    new ecs.FargateTaskDefinition(third, 'Task').addContainer('App', { image: ecs.ContainerImage.fromRegistry('app'), secrets, environment });

    // THEN
    expect(references(Template.fromStack(third))).not.toContain('Fn::ImportValue');
    expect(references(Template.fromStack(other))).not.toContain('"Export"');
  });
});

describe('a database in a stack of its own', () => {
  test('stands between the server and its users', () => {
    // GIVEN
    const { app, stack, postgres } = newServer();
    const [data, service] = [new Stack(app, 'Data'), new Stack(app, 'Service')];

    // WHEN
    const database = new PostgresDatabase(data, 'Orders', { server: postgres });
    new PostgresUser(service, 'Api', { database });
    app.synth();

    // THEN
    expect(data.dependencies).toEqual([stack]);
    expect(service.dependencies).toEqual(expect.arrayContaining([stack, data]));
    Template.fromStack(data).hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'Orders' });
  });
});

describe('a network of another stack', () => {
  test('gives the server its subnets, and the server opens its own path in its own stack', () => {
    // GIVEN
    const app = newApp();
    const network = new Stack(app, 'Network');
    const vpc = newVpc(network);
    const group = new ec2.SecurityGroup(network, 'Group', { vpc });
    const stack = new Stack(app, 'Backend');

    // WHEN
    new PrivatePostgres(stack, 'Postgres', { vpc, securityGroups: [group] });
    app.synth();

    // THEN
    expect(stack.dependencies).toEqual([network]);
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    Template.fromStack(network).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });
});

describe('the wrong direction', () => {
  test('fails where the user stands in the stack of the network', () => {
    const app = newApp();
    const network = new Stack(app, 'Network');
    const postgres = new PrivatePostgres(new Stack(app, 'Backend'), 'Postgres', { vpc: newVpc(network) });
    expect(() => new PostgresUser(network, 'Api', { database: postgres.database }))
      .toThrow(/its stack 'Backend' depends on this stack 'Network' \('Backend\/Postgres' uses 'Network\/Vpc'\).*Move 'Network\/Api' to stack 'Backend'/);
  });

  test('fails where the user stands in the stack of a key', () => {
    const app = newApp();
    const keys = new Stack(app, 'Keys');
    const stack = new Stack(app, 'Backend');
    const postgres = new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), encryptionKey: new kms.Key(keys, 'Key') });
    expect(() => new PostgresUser(keys, 'Api', { database: postgres.database })).toThrow(/depends on this stack 'Keys' \('Backend\/Postgres\/Broker' uses 'Keys\/Key'\)/);
  });

  test('fails where the stack of the server was told to wait, also through others', () => {
    const { app, stack, postgres } = newServer();
    const [between, first] = [new Stack(app, 'Between'), new Stack(app, 'First')];
    stack.addStackDependency(between);
    between.addStackDependency(first);
    expect(() => new PostgresDatabase(first, 'Orders', { server: postgres })).toThrow(/depends on this stack 'First', so .*Move 'First\/Orders' to stack 'Backend'/);
  });

  test.each([
    ['region', { account: '111111111111', region: 'eu-west-2' }],
    ['account', { account: '222222222222', region: 'eu-west-1' }],
  ])('fails in another %s, where the broker is out of reach', (name, env) => {
    const { app, postgres } = newServer({}, undefined, { env: { account: '111111111111', region: 'eu-west-1' } });
    const other = new Stack(app, 'Other', { env });
    expect(() => new PostgresUser(other, 'Api', { database: postgres.database })).toThrow(new RegExp(`The server 'Backend/Postgres' is in ${name} '.*Create databases and users in the server's account and region`));
  });

  test('an imported network is in nobody\'s way', () => {
    // GIVEN
    const app = newApp();
    const other = new Stack(app, 'Other');
    const attributes = { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'] };
    const vpc = ec2.Vpc.fromVpcAttributes(other, 'Vpc', attributes);
    const stack = new Stack(app, 'Backend');

    // WHEN
    const postgres = new PrivatePostgres(stack, 'Postgres', { vpc });
    new PostgresUser(other, 'Api', { database: postgres.database });
    app.synth();

    // THEN
    expect(other.dependencies).toEqual([stack]);
  });
});

describe('stages', () => {
  test('hold two of the same, with policies that do not meet', () => {
    // GIVEN
    const app = newApp(Posture.development());
    const names = ['Blue', 'Green'].map(id => {
      const stage = new Stage(app, id);
      const stack = new Stack(stage, 'Backend');
      const postgres = new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack) });
      const service = new Stack(stage, 'Service');
      new PostgresUser(service, 'Api', { database: postgres.database, encryptionKey: new kms.Key(service, 'Key') });
      return stage;
    }).map(stage => stage.synth().stacks.find(({ stackName }) => stackName.endsWith('Service'))!.template)
      .map(template => Object.values<any>(template.Resources).find(({ Type }) => Type === 'AWS::IAM::Policy').Properties.PolicyName);

    // THEN
    expect(new Set(names).size).toBe(2);
  });
});
