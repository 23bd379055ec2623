import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import { adminCredentials } from './admin-credentials';
import { rdsClusterMetrics } from './server-metrics';
import { acknowledgeEncryption, backupsOf, createSubnetGroup, insightsOf, logGroupsOf, type ServerParts } from './server-parts';
import type { ServerSettings } from './server-settings';
import { ServerWatch } from '../../broker/server-watch';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';
import { referWeakly } from '../../private/cross-stack';
import type { ServerlessCapacityOptions } from '../postgres-capacity';

const ENGINE = 'aurora-postgresql';

/** An Aurora PostgreSQL Serverless v2 cluster: a writer, and a reader to fail over to where Multi-AZ is on. */
export function createCluster(scope: Construct, settings: ServerSettings, capacity: ServerlessCapacityOptions, securityGroups: ec2.ISecurityGroup[]): ServerParts {
  const exported = settings.cloudwatchLogsExport ? ['postgresql'] : undefined;
  const cluster = new rds.CfnDBCluster(scope, 'Resource', {
    engine: ENGINE,
    engineVersion: settings.version.fullVersion,
    serverlessV2ScalingConfiguration: scalingOf(capacity),
    ...storageOf(settings),
    dbSubnetGroupName: createSubnetGroup(scope, settings).ref,
    vpcSecurityGroupIds: securityGroups.map(group => group.securityGroupId),
    port: settings.port,
    ...adminCredentials(scope, settings),
    ...backupsOf(settings),
    dbClusterParameterGroupName: createParameterGroup(scope, settings).ref,
    enableCloudwatchLogsExports: exported,
    enableIamDatabaseAuthentication: false,
    enableHttpEndpoint: false,
    performanceInsightsEnabled: settings.databaseInsights,
    ...insightsOf(settings),
  });
  cluster.applyRemovalPolicy(settings.removalPolicy);
  referWeakly(cluster);
  const members = createMembers(scope, settings, cluster);
  return {
    endpoint: cluster.attrEndpointAddress,
    clusterIdentifier: cluster.ref,
    watch: ServerWatch.rdsCluster(cluster.ref, cluster.attrDbClusterArn, members.map(({ attrDbInstanceArn }) => attrDbInstanceArn)),
    logGroups: logGroupsOf('cluster', cluster.ref, exported),
    metrics: rdsClusterMetrics(cluster.ref),
    managedSecretArn: cluster.attrMasterUserSecretSecretArn,
    resources: [cluster, ...members],
  };
}

function scalingOf({ min, max, autoPause }: ServerlessCapacityOptions): rds.CfnDBCluster.ServerlessV2ScalingConfigurationProperty {
  const pauses = !Token.isUnresolved(min) && min === 0;
  return { minCapacity: min, maxCapacity: max, secondsUntilAutoPause: autoPause?.toSeconds() ?? (pauses ? 300 : undefined) };
}

/** Whether a restored cluster is encrypted, its snapshot says. */
function storageOf(settings: ServerSettings): Partial<rds.CfnDBClusterProps> {
  const kmsKeyId = settings.encryptionKey?.keyArn;
  return settings.snapshotIdentifier === undefined
    ? { storageEncrypted: settings.storageEncrypted, kmsKeyId }
    : { snapshotIdentifier: settings.snapshotIdentifier, kmsKeyId };
}

/** Members hold no data of their own, so a snapshot of the cluster is enough. */
function createMembers(scope: Construct, settings: ServerSettings, cluster: rds.CfnDBCluster): rds.CfnDBInstance[] {
  const ids = settings.multiAz ? ['Writer', 'Reader'] : ['Writer'];
  const members = ids.map((id, index) => {
    const member = new rds.CfnDBInstance(scope, id, {
      engine: ENGINE,
      dbInstanceClass: 'db.serverless',
      dbClusterIdentifier: cluster.ref,
      promotionTier: index,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: settings.autoMinorVersionUpgrade,
    });
    acknowledgeEncryption(member, 'Storage belongs to the cluster, which is encrypted');
    member.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
    return member;
  });
  members.slice(1).forEach(reader => reader.addResourceDependency(members[0]));
  return members;
}

function createParameterGroup(scope: Construct, settings: ServerSettings): rds.CfnDBClusterParameterGroup {
  const group = new rds.CfnDBClusterParameterGroup(scope, 'ParameterGroup', {
    family: `${ENGINE}${settings.version.majorVersion}`,
    description: 'Parameters of a private PostgreSQL cluster',
    parameters: settings.parameters,
  });
  group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return group;
}
