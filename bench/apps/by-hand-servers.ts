import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { ByHandServer } from './by-hand-database';

const PARAMETERS = {
  'log_lock_waits': '1',
  'log_min_duration_statement': '1000',
  'rds.accepted_password_auth_method': 'scram',
  'rds.force_ssl': '1',
  'shared_preload_libraries': 'pg_stat_statements',
};

/** The server of example 01. */
export function createInstance(scope: Construct, vpc: ec2.IVpc, group: ec2.SecurityGroup): ByHandServer {
  const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
  const instance = new rds.DatabaseInstance(scope, 'Server', {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    securityGroups: [group],
    engine,
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', {
      engine,
      description: 'Parameters of a PostgreSQL server',
      parameters: PARAMETERS,
    }),
    manageMasterUserPassword: true,
    credentials: rds.Credentials.fromUsername('postgres'),
    port: 5432,
    multiAz: false,
    allocatedStorage: 20,
    maxAllocatedStorage: 100,
    storageType: rds.StorageType.GP3,
    storageEncrypted: true,
    autoMinorVersionUpgrade: true,
    allowMajorVersionUpgrade: false,
    backupRetention: Duration.days(7),
    deleteAutomatedBackups: true,
    deletionProtection: false,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const resource = instance.node.defaultChild as rds.CfnDBInstance;
  const { attrEndpointAddress: endpoint, attrMasterUserSecretSecretArn: secretArn, attrDbInstanceArn: arn, ref: identifier } = resource;
  return { resources: [resource], kind: 'instance', identifier, arn, endpoint, secretArn };
}

/** The server of example 03: Aurora Serverless v2 from 0.5 to 2 ACU. */
export function createCluster(scope: Construct, vpc: ec2.IVpc, group: ec2.SecurityGroup): ByHandServer {
  const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.of('17', '17') });
  const cluster = new rds.DatabaseCluster(scope, 'Server', {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    securityGroups: [group],
    engine,
    parameterGroup: new rds.ParameterGroup(scope, 'Parameters', { engine, description: 'Parameters of a PostgreSQL cluster', parameters: PARAMETERS }),
    writer: rds.ClusterInstance.serverlessV2('Writer', { autoMinorVersionUpgrade: true, publiclyAccessible: false }),
    serverlessV2MinCapacity: 0.5,
    serverlessV2MaxCapacity: 2,
    manageMasterUserPassword: true,
    credentials: rds.Credentials.fromUsername('postgres'),
    port: 5432,
    storageEncrypted: true,
    iamAuthentication: false,
    enableDataApi: false,
    copyTagsToSnapshot: true,
    backup: { retention: Duration.days(7) },
    deleteAutomatedBackups: true,
    deletionProtection: false,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const resource = cluster.node.defaultChild as rds.CfnDBCluster;
  const { attrEndpointAddress: endpoint, attrMasterUserSecretSecretArn: secretArn, attrDbClusterArn: arn, ref: identifier } = resource;
  return { resources: [cluster], kind: 'cluster', identifier, arn, endpoint, secretArn };
}
