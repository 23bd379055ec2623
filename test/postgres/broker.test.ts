import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { dependsOn, FAKE_CA, idOf, newApp, newServer, newVpc, serverTemplate } from './postgres-fixtures';
import { PostgresUser, Posture, PrivatePostgres, PemFile } from '../../src';
import { ConductorEnv, SqlEnv } from '../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS, MAX_EVENT_AGE_SECONDS, SERVICE_TIMEOUT_SECONDS, SQL_FUNCTION_TIMEOUT_SECONDS, USER_SECRET_ACTIONS } from '../../src/broker/conductor.contract';

const FUNCTION = 'AWS::Lambda::Function';
const conductor = { VpcConfig: Match.absent() };
const sql = { VpcConfig: Match.anyValue() };

/** Statements of the policy of one of the broker's own roles. */
function statementsOf(template: Template, role: RegExp): any[] {
  return Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => role.test(Properties.Roles[0].Ref))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

describe('the conductor', () => {
  const template = serverTemplate();
  const instance = idOf(template, 'AWS::RDS::DBInstance');

  test('stands outside the network and knows its server by environment variables', () => {
    template.hasResourceProperties(FUNCTION, {
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      Timeout: CONDUCTOR_TIMEOUT_SECONDS,
      VpcConfig: Match.absent(),
      Environment: {
        Variables: {
          [ConductorEnv.SQL_FUNCTION]: { Ref: idOf(template, FUNCTION, sql) },
          [ConductorEnv.HOST]: { 'Fn::GetAtt': [instance, 'Endpoint.Address'] },
          [ConductorEnv.PORT]: '5432',
          [ConductorEnv.ADMIN_SECRET_ARN]: { 'Fn::GetAtt': [instance, 'MasterUserSecret.SecretArn'] },
          [ConductorEnv.ADMIN_USERNAME]: 'postgres',
          [ConductorEnv.SERVER_KIND]: 'instance',
          [ConductorEnv.SERVER_IDENTIFIER]: { Ref: instance },
          [ConductorEnv.SERVER_OWNED]: 'true',
        },
      },
    });
  });

  test('gets each request once, and none that is late', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: idOf(template, FUNCTION, conductor) },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
    });
  });

  test('may write its log, call the SQL function, use secrets of its users, read the admin secret and look at its server, hand over to itself, nothing else', () => {
    expect(statementsOf(template, /ConductorRole/)).toEqual([
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/ConductorLogs/), 'Arn'] } },
      { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': [idOf(template, FUNCTION, sql), 'Arn'] } },
      expect.objectContaining({ Action: USER_SECRET_ACTIONS, Condition: { StringEquals: { 'aws:ResourceTag/cdk-private-backend:broker-role': expect.anything() }, Null: expect.anything() } }),
      { Action: 'secretsmanager:GetSecretValue', Effect: 'Allow', Resource: { 'Fn::GetAtt': [instance, 'MasterUserSecret.SecretArn'] } },
      { Action: 'rds:DescribeDBInstances', Effect: 'Allow', Resource: { 'Fn::GetAtt': [instance, 'DBInstanceArn'] } },
      { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': [idOf(template, FUNCTION, conductor), 'Arn'] } },
    ]);
  });

  test('ends before CloudFormation gives up on it, and after the SQL function', () => {
    expect(SQL_FUNCTION_TIMEOUT_SECONDS).toBeLessThan(CONDUCTOR_TIMEOUT_SECONDS);
    expect(CONDUCTOR_TIMEOUT_SECONDS).toBeLessThan(SERVICE_TIMEOUT_SECONDS);
    template.allResourcesProperties('Custom::PostgresDatabase', { ServiceTimeout: String(SERVICE_TIMEOUT_SECONDS) });
  });

  test('is kept waiting by an account without free executions as long as one invocation still ends in time, and no longer', () => {
    expect(MAX_EVENT_AGE_SECONDS).toBeGreaterThanOrEqual(30 * 60);
    expect(MAX_EVENT_AGE_SECONDS + CONDUCTOR_TIMEOUT_SECONDS).toBeLessThan(SERVICE_TIMEOUT_SECONDS);
    // https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    expect(MAX_EVENT_AGE_SECONDS).toBeLessThanOrEqual(21_600);
  });
});

describe('the SQL function', () => {
  const template = serverTemplate();

  test('stands in the subnets of the server and knows nothing but where that is', () => {
    template.hasResourceProperties(FUNCTION, {
      Architectures: ['arm64'],
      Timeout: SQL_FUNCTION_TIMEOUT_SECONDS,
      Environment: { Variables: { [SqlEnv.HOST]: { 'Fn::GetAtt': [idOf(template, 'AWS::RDS::DBInstance'), 'Endpoint.Address'] }, [SqlEnv.PORT]: '5432' } },
      VpcConfig: {
        SubnetIds: [{ Ref: Match.stringLikeRegexp('isolatedSubnet1') }, { Ref: Match.stringLikeRegexp('isolatedSubnet2') }],
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('SqlSecurityGroup'), 'GroupId'] }],
      },
    });
  });

  test('reaches the port of the server and nothing else', () => {
    const own = idOf(template, 'AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('runs SQL') });
    const server = idOf(template, 'AWS::EC2::SecurityGroup', { GroupDescription: 'Private PostgreSQL server' });
    const rule = { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 };
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { ...rule, GroupId: { 'Fn::GetAtt': [own, 'GroupId'] }, DestinationSecurityGroupId: { 'Fn::GetAtt': [server, 'GroupId'] } });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { ...rule, GroupId: { 'Fn::GetAtt': [server, 'GroupId'] }, SourceSecurityGroupId: { 'Fn::GetAtt': [own, 'GroupId'] } });
    expect(template.toJSON().Resources[own].Properties.SecurityGroupEgress).toEqual([{ CidrIp: '255.255.255.255/32', Description: 'Disallow all traffic', IpProtocol: 'icmp', FromPort: 252, ToPort: 86 }]);
  });

  test('has no permissions but its log and its interfaces, and its code does not even have those', () => {
    const actions = ['ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses'];
    expect(statementsOf(template, /SqlRole/)).toEqual([
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/SqlLogs/), 'Arn'] } },
      { Action: actions, Effect: 'Allow', Resource: '*' },
      {
        Action: actions,
        Effect: 'Deny',
        Resource: '*',
        Condition: { ArnLike: { 'lambda:SourceFunctionArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':lambda:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':function:*']] } } },
      },
    ]);
  });

  test('has a role without managed policies', () => {
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
  });
});

describe('resources of the broker', () => {
  test('wait for all that SQL needs, so that it is still there when they are deleted', () => {
    const { stack, postgres } = newServer();
    postgres.database.addUser('Api');
    const template = Template.fromStack(stack);
    const needed = [
      idOf(template, 'AWS::EC2::SecurityGroupIngress'),
      idOf(template, 'AWS::EC2::SecurityGroupEgress'),
      ...Object.keys(template.findResources(FUNCTION)),
      idOf(template, 'AWS::Lambda::EventInvokeConfig'),
      ...Object.keys(template.findResources('AWS::Logs::LogGroup')),
      ...Object.keys(template.findResources('AWS::IAM::Policy')).filter(id => id.includes('Broker')),
      idOf(template, 'AWS::RDS::DBInstance'),
    ];
    expect(needed).toHaveLength(11);
    for (const type of ['Custom::PostgresDatabase', 'Custom::PostgresUser']) {
      expect(dependsOn(template, idOf(template, type))).toEqual(expect.arrayContaining(needed));
    }
  });

  test('functions wait for the policies of their roles', () => {
    const template = serverTemplate();
    for (const properties of [conductor, sql]) {
      expect(dependsOn(template, idOf(template, FUNCTION, properties))).toEqual(expect.arrayContaining([expect.stringMatching(/Policy/)]));
    }
  });

  test('logs follow the posture', () => {
    serverTemplate().allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete', Properties: { RetentionInDays: 7 } });
    serverTemplate({}, Posture.production()).allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'RetainExceptOnCreate', Properties: { RetentionInDays: 90 } });
  });

  test('carry the certificate authorities that are given', () => {
    const { stack, postgres } = newServer({ caCertificates: PemFile.fromText(FAKE_CA) });
    postgres.database.addUser('Api');
    const template = Template.fromStack(stack);
    template.allResourcesProperties('Custom::PostgresDatabase', { CaBundle: FAKE_CA });
    template.allResourcesProperties('Custom::PostgresUser', { CaBundle: FAKE_CA });
  });

  test('are asked to set everything on their server right again by one text, in every stack and nowhere else', () => {
    const declared = (repairRevision?: string) => {
      const { app, postgres } = newServer({ repairRevision });
      const service = new Stack(app, 'Service');
      postgres.addDatabase('orders').addUser('Api');
      new PostgresUser(service, 'Reports', { database: postgres.database });
      return app.synth().stacks.flatMap(({ template }) => Object.entries<any>(template.Resources));
    };
    const [before, after] = [declared(), declared('2026-12-01')];
    const custom = ([, { Type }]: [string, any]) => String(Type).startsWith('Custom::Postgres');
    expect(before.filter(custom).map(([, { Properties }]) => Properties.RepairRevision)).toEqual([undefined, undefined, undefined, undefined]);
    expect(after.filter(custom).map(([, { Properties }]) => Properties.RepairRevision)).toEqual(['2026-12-01', '2026-12-01', '2026-12-01', '2026-12-01']);
    expect(after.filter((entry) => !custom(entry))).toEqual(before.filter((entry) => !custom(entry)));
  });

  test('policies of keys have names that two stacks do not share, because on one role they would replace each other', () => {
    const { app, stack: backend, postgres } = newServer();
    const encryptionKey = new kms.Key(backend, 'Key');
    const stacks = ['One', 'Two'].map(id => new Stack(app, id));
    stacks.forEach(stack => new PostgresUser(stack, 'Api', { database: postgres.database, username: stack.node.id.toLowerCase(), encryptionKey }));
    const names = stacks.map(stack => Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'))[0].Properties.PolicyName);
    expect(names[0]).not.toBe(names[1]);
    expect(names.every(name => name.length <= 128)).toBe(true);
  });
});

describe('the broker of an imported secret', () => {
  test('may read a secret that is known without its suffix', () => {
    // GIVEN
    const stack = new Stack(newApp(), 'Backend');
    const vpc = newVpc(stack);

    // WHEN
    PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
      endpoint: 'db.example.com',
      vpc,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'admin'),
      databaseName: 'app',
      caCertificates: PemFile.fromText(FAKE_CA),
    });

    // THEN
    const [, , , read] = statementsOf(Template.fromStack(stack), /ConductorRole/);
    expect(read.Action).toBe('secretsmanager:GetSecretValue');
    expect(JSON.stringify(read.Resource)).toContain(':secret:admin-??????');
  });
});
