import { CfnParameter, Duration, Stack, Token, type App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { FAKE_CA, idOf, newApp, newVpc } from './postgres-fixtures';
import { AdoptExisting, type PrivatePostgresAttributes, PrivatePostgres, PemFile } from '../../src';

function importServer(attributes: Partial<PrivatePostgresAttributes> = {}, app: App = newApp(), region?: string) {
  const stack = new Stack(app, 'Backend', region === undefined ? undefined : { env: { region } });
  const vpc = newVpc(stack);
  const postgres = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
    endpoint: 'db.example.com',
    vpc,
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')],
    adminSecret: secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:admin-AbCdEf'),
    ...attributes,
  });
  return { app, stack, vpc, postgres };
}

describe('an imported server', () => {
  test('makes nothing until something is declared on it', () => {
    const { stack, postgres } = importServer();
    expect([postgres.endpoint, postgres.port]).toEqual(['db.example.com', 5432]);
    expect(stack.resolve(postgres.connections.defaultPort!.toString())).toBe('5432');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.resourceCountIs('AWS::IAM::Role', 0);
  });

  test('takes databases and users with the same broker', () => {
    // GIVEN
    const { stack, postgres } = importServer({ port: 6432, adminUsername: 'root', databaseName: 'legacy', adoptExisting: AdoptExisting.takeOver() });

    // WHEN
    postgres.database.addUser('Api');
    postgres.addDatabase('Orders');

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'legacy', AdoptExisting: 'true', Server: 'db.example.com' });
    template.hasResourceProperties('Custom::PostgresDatabase', { DatabaseName: 'Orders', AdoptExisting: Match.absent() });
    template.hasResourceProperties('Custom::PostgresUser', { Username: 'api', DatabaseName: 'legacy' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          SQL_FUNCTION: { Ref: idOf(template, 'AWS::Lambda::Function', { VpcConfig: Match.anyValue() }) },
          HOST: 'db.example.com',
          PORT: '6432',
          ADMIN_SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:admin-AbCdEf',
          ADMIN_USERNAME: 'root',
          SERVER_KIND: 'imported',
          SERVER_OWNED: 'false',
        },
      },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-12345678', FromPort: 6432 });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { DestinationSecurityGroupId: 'sg-12345678', FromPort: 6432 });
  });

  test('needs no permission to look at RDS', () => {
    const { stack } = importServer({ databaseName: 'legacy' });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain('rds:');
  });

  test('lets the conductor use the key of the admin secret', () => {
    const key = 'arn:aws:kms:eu-central-1:111111111111:key/1';
    const { stack, postgres } = importServer();
    const withKey = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'WithKey', {
      endpoint: 'other.example.com',
      vpc: postgres.vpc,
      securityGroups: postgres.connections.securityGroups,
      adminSecret: secretsmanager.Secret.fromSecretAttributes(stack, 'Encrypted', { secretCompleteArn: 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:other-AbCdEf' }),
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', key),
    });
    withKey.addDatabase('app');
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt', Resource: key })]) },
    });
  });

  test('opens every one of its security groups', () => {
    const stack = new Stack(newApp(), 'Backend');
    const vpc = newVpc(stack);
    PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
      endpoint: 'db.example.com',
      vpc,
      securityGroups: ['sg-1', 'sg-2'].map(id => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id)),
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'admin'),
      databaseName: 'app',
    });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 2);
  });

  test('works with an imported network', () => {
    // GIVEN
    const stack = new Stack(newApp(), 'Backend');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    });

    // WHEN
    PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
      endpoint: 'db.example.com',
      vpc,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'admin'),
      databaseName: 'app',
    });

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'] } });
  });

  test('may have tokens for its endpoint, port and names', () => {
    const stack = new Stack(newApp(), 'Backend');
    const parameter = (id: string, type = 'String') => new CfnParameter(stack, id, { type });
    const postgres = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
      endpoint: parameter('Endpoint').valueAsString,
      port: parameter('Port', 'Number').valueAsNumber,
      vpc: newVpc(stack),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', Token.asString({ Ref: 'GroupId' }))],
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'admin'),
      adminUsername: parameter('Admin').valueAsString,
      databaseName: parameter('Database').valueAsString,
    });
    postgres.database.addUser('Api');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ HOST: { Ref: 'Endpoint' }, PORT: { Ref: 'Port' }, ADMIN_USERNAME: { Ref: 'Admin' } }) },
    });
    template.hasResourceProperties('Custom::PostgresUser', { DatabaseName: { Ref: 'Database' } });
  });

  test('has metrics where its identifier is known', () => {
    const cluster = importServer({ clusterIdentifier: 'cluster-1' }).postgres.metricCpuUtilization({ period: Duration.minutes(1) });
    const instance = importServer({ instanceIdentifier: 'db-1' }).postgres.metricFreeableMemory();
    expect([cluster.metricName, cluster.period.toSeconds(), cluster.dimensions]).toEqual(['CPUUtilization', 60, { DBClusterIdentifier: 'cluster-1' }]);
    expect([instance.metricName, instance.statistic, instance.dimensions]).toEqual(['FreeableMemory', 'Minimum', { DBInstanceIdentifier: 'db-1' }]);
  });

  test('checks connection limits against what it is told', () => {
    const { app, postgres } = importServer({ databaseName: 'legacy', maxConnections: 50 });
    postgres.database.addUser('Api', { connectionLimit: 40 });
    expect(() => app.synth()).toThrow(/can open 40 connections, but this server allows about 50/);
  });

  test('twice in an app is two brokers', () => {
    const app = newApp();
    for (const id of ['One', 'Two']) {
      const stack = new Stack(app, id);
      const postgres = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Postgres', {
        endpoint: 'db.example.com',
        vpc: newVpc(stack),
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
        adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'admin'),
      });
      postgres.addDatabase(id);
    }
    expect(app.synth().stacks.map(({ template }) => Object.values(template.Resources).filter(({ Type }: any) => Type === 'AWS::Lambda::Function').length)).toEqual([2, 2]);
  });

  test.each([
    ['fails without a security group', () => importServer({ securityGroups: [] }), /`securityGroups` must not be empty.*at least one security group of the server/],
    ['fails as instance and cluster at once', () => importServer({ instanceIdentifier: 'a', clusterIdentifier: 'b' }), /`instanceIdentifier` and `clusterIdentifier` are both set/],
    ['fails with a URL for an endpoint', () => importServer({ endpoint: 'postgresql://db.example:5432/app' }), /host name without protocol, port and path, got 'postgresql/],
    ['fails with a port in its endpoint', () => importServer({ endpoint: 'db.example:5432' }), /host name without/],
    ['fails with the endpoint of a proxy', () => importServer({ endpoint: 'main.proxy-abc123.eu-west-1.rds.amazonaws.com' }), /belongs to a proxy or to readers/],
    ['fails with the endpoint of readers', () => importServer({ endpoint: 'main.cluster-ro-abc123.eu-west-1.rds.amazonaws.com' }), /Set the instance's endpoint, or the cluster's writer endpoint/],
    ['fails with a port that is none', () => importServer({ port: 70000 }), /from 1 to 65535, got 70000/],
    ['fails with the name of its admin', () => importServer({ databaseName: 'app', adminUsername: 'root' }).postgres.database.addUser('Root'), /'root' is the server's admin/],
    ['fails where its first database is asked for and unknown', () => importServer().postgres.database, /Set `databaseName` when you import the server/],
    ['fails where metrics are asked for and it is unknown', () => importServer().postgres.metricCpuUtilization(), /need its identifier. Set `instanceIdentifier` or `clusterIdentifier`/],
    ['fails in a region without known roots', () => importServer({ databaseName: 'app' }, undefined, 'cn-north-1'), /doesn't contain the RDS root certificates for region 'cn-north-1'/],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(message);
  });

  test.each(['main.cluster-abc123.eu-west-1.rds.amazonaws.com', 'db', '10.0.3.4', 'fd00::12', 'my_db.internal.'])('may have the endpoint %s', (endpoint) => {
    expect(importServer({ endpoint }).postgres.endpoint).toBe(endpoint);
  });

  test('is set right again by another revision', () => {
    const { stack, postgres } = importServer({ databaseName: 'app', repairRevision: 'INC-4711' });
    postgres.addUser('Api');
    const template = Template.fromStack(stack);
    template.allResourcesProperties('Custom::PostgresDatabase', { RepairRevision: 'INC-4711' });
    template.allResourcesProperties('Custom::PostgresUser', { RepairRevision: 'INC-4711' });
  });

  test('in a region without known roots takes a bundle', () => {
    const { stack } = importServer({ databaseName: 'app', caCertificates: PemFile.fromText(FAKE_CA) }, undefined, 'cn-north-1');
    Template.fromStack(stack).hasResourceProperties('Custom::PostgresDatabase', { CaBundle: FAKE_CA });
  });
});
