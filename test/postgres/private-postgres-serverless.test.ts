import { CfnParameter, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { dependsOn, idOf, newApp, newServer, newVpc, serverTemplate } from './postgres-fixtures';
import { AdminSecret, Posture, PostgresCapacity, PrivatePostgres } from '../../src';

const CLUSTER = 'AWS::RDS::DBCluster';
const MEMBER = 'AWS::RDS::DBInstance';
const capacity = PostgresCapacity.serverless({ min: 0.5, max: 4 });

describe('a serverless cluster', () => {
  test('in development is one private, encrypted writer that scales', () => {
    const template = serverTemplate({ capacity });
    template.hasResourceProperties(CLUSTER, {
      Engine: 'aurora-postgresql',
      EngineVersion: '17',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4, SecondsUntilAutoPause: Match.absent() },
      StorageEncrypted: true,
      Port: 5432,
      BackupRetentionPeriod: 7,
      DeletionProtection: false,
      ManageMasterUserPassword: true,
      MasterUsername: 'postgres',
      EnableIAMDatabaseAuthentication: false,
      EnableHttpEndpoint: false,
      PerformanceInsightsEnabled: false,
      DatabaseName: Match.absent(),
    });
    template.hasResourceProperties(MEMBER, { DBInstanceClass: 'db.serverless', PubliclyAccessible: false, PromotionTier: 0 });
    template.resourceCountIs(MEMBER, 1);
    template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', { Family: 'aurora-postgresql17', Parameters: Match.objectLike({ 'rds.force_ssl': '1' }) });
  });

  test('in production has a reader to fail over to, insights, log export and a snapshot at the end', () => {
    const template = serverTemplate({ capacity }, Posture.production());
    template.hasResource(CLUSTER, {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: {
        BackupRetentionPeriod: 35,
        DeletionProtection: true,
        DatabaseInsightsMode: 'advanced',
        PerformanceInsightsEnabled: true,
        PerformanceInsightsRetentionPeriod: 465,
        EnableCloudwatchLogsExports: ['postgresql'],
      },
    });
    template.allResources(MEMBER, { DeletionPolicy: 'Delete' });
    const reader = idOf(template, MEMBER, { PromotionTier: 1 });
    expect(dependsOn(template, reader)).toEqual([idOf(template, MEMBER, { PromotionTier: 0 })]);
  });

  test('that is retained keeps its members', () => {
    const template = serverTemplate({ capacity, removalPolicy: RemovalPolicy.RETAIN });
    for (const type of [CLUSTER, MEMBER, 'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBSubnetGroup']) {
      template.allResources(type, { DeletionPolicy: 'Retain' });
    }
  });

  test('has databases that wait for its instances, without which nobody answers', () => {
    const template = serverTemplate({ capacity }, Posture.production());
    const members = Object.keys(template.findResources(MEMBER));
    expect(dependsOn(template, idOf(template, 'Custom::PostgresDatabase'))).toEqual(expect.arrayContaining([...members, idOf(template, CLUSTER)]));
  });

  test('pauses where the least capacity is nothing', () => {
    serverTemplate({ capacity: PostgresCapacity.serverless({ min: 0, max: 2 }) })
      .hasResourceProperties(CLUSTER, { ServerlessV2ScalingConfiguration: { MinCapacity: 0, SecondsUntilAutoPause: 300 } });
    serverTemplate({ capacity: PostgresCapacity.serverless({ min: 0, max: 2, autoPause: Duration.hours(1) }) })
      .hasResourceProperties(CLUSTER, { ServerlessV2ScalingConfiguration: { SecondsUntilAutoPause: 3600 } });
  });

  test('tells the broker what it is, and lets it look at this cluster only', () => {
    const { stack, postgres } = newServer({ capacity });
    const template = Template.fromStack(stack);
    const cluster = idOf(template, CLUSTER);
    expect([postgres.instanceIdentifier, stack.resolve(postgres.clusterIdentifier)]).toEqual([undefined, { Ref: cluster }]);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ SERVER_KIND: 'cluster', SERVER_IDENTIFIER: { Ref: cluster }, HOST: { 'Fn::GetAtt': [cluster, 'Endpoint.Address'] } }) },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'rds:DescribeDBClusters', Resource: { 'Fn::GetAtt': [cluster, 'DBClusterArn'] } })]) },
    });
  });

  test('restored from a snapshot keeps its encryption and takes a managed password', () => {
    // GIVEN
    const stack = new Stack(newApp(), 'Backend');
    const encryptionKey = new kms.Key(stack, 'Key');

    // WHEN
    new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), capacity, snapshotIdentifier: 'snap', encryptionKey });

    // THEN
    Template.fromStack(stack).hasResourceProperties(CLUSTER, {
      SnapshotIdentifier: 'snap',
      KmsKeyId: stack.resolve(encryptionKey.keyArn),
      StorageEncrypted: Match.absent(),
      MasterUsername: Match.absent(),
      ManageMasterUserPassword: true,
    });
  });

  test('takes a generated admin secret', () => {
    serverTemplate({ capacity, adminSecret: AdminSecret.generated() }).hasResourceProperties(CLUSTER, {
      ManageMasterUserPassword: Match.absent(),
      MasterUserPassword: Match.anyValue(),
    });
  });

  test('has metrics of the cluster', () => {
    const { stack, postgres } = newServer({ capacity });
    expect(stack.resolve(postgres.metricCpuUtilization().dimensions)).toEqual({ DBClusterIdentifier: stack.resolve(postgres.clusterIdentifier) });
  });

  test('has no alarm on storage, which grows by itself', () => {
    const template = serverTemplate({ capacity }, Posture.production());
    template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DatabaseConnections', Threshold: Math.floor((4 * 211 - 22) * 0.8) });
  });

  test('has the same main logical id as an instance, so that CloudFormation refuses to turn one into the other', () => {
    const [instance, cluster] = [serverTemplate(), serverTemplate({ capacity })];
    expect(idOf(cluster, CLUSTER)).toBe(idOf(instance, MEMBER));
  });

  test('takes tokens for its limits', () => {
    const stack = new Stack(newApp(), 'Backend');
    const max = new CfnParameter(stack, 'Max', { type: 'Number' }).valueAsNumber;
    new PrivatePostgres(stack, 'Postgres', { vpc: newVpc(stack), capacity: PostgresCapacity.serverless({ min: 1, max }) });
    Template.fromStack(stack).hasResourceProperties(CLUSTER, { ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: { Ref: 'Max' } } });
  });

  test.each([
    ['fails with a size of storage', () => newServer({ capacity, allocatedStorage: Size.gibibytes(100) }), /serverless cluster grows automatically. Remove `allocatedStorage`/],
    ['fails without backups', () => newServer({ capacity, backupRetention: Duration.days(0) }), /days from 1 to 35 for a serverless cluster, got 0 days/],
    ['fails with more than there is', () => PostgresCapacity.serverless({ min: 0, max: 257 }), /`max` must be from 1 to 256 in steps of 0.5, got 257/],
    ['fails with a step that is none', () => PostgresCapacity.serverless({ min: 0.7, max: 2 }), /`min` must be from 0 to 256 in steps of 0.5, got 0.7/],
    ['fails with less at most than at least', () => PostgresCapacity.serverless({ min: 4, max: 2 }), /`min` \(4\) must not be greater than `max` \(2\)/],
    ['fails with a pause that never happens', () => PostgresCapacity.serverless({ min: 1, max: 2, autoPause: Duration.minutes(5) }), /`autoPause` needs a `min` of 0, got 1/],
    ['fails with a pause that is too short', () => PostgresCapacity.serverless({ min: 0, max: 2, autoPause: Duration.minutes(1) }), /from 5 minutes to 1 day, got 1 minute/],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
