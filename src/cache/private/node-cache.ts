import { ArnFormat, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import type { CacheParts } from './cache-parts';
import type { CacheSettings, NodeSettings } from './cache-settings';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';
import { textWithPath } from '../../private/path-text';

/**
 * A replication group of one shard.
 *
 * `NumCacheClusters` counts its nodes, since `ReplicasPerNodeGroup` can never change in place, and a posture can.
 */
export function createNodeCache(
  scope: Construct, settings: CacheSettings, nodes: NodeSettings, securityGroups: ec2.ISecurityGroup[], userGroup: elasticache.CfnUserGroup,
): CacheParts {
  const type = nodes.instanceType.toString();
  const group = new elasticache.CfnReplicationGroup(scope, 'Resource', {
    replicationGroupDescription: textWithPath(255, 'Cache ', scope),
    engine: settings.engine.engineName,
    engineVersion: settings.engine.engineVersion,
    cacheNodeType: `cache.${type}`,
    numCacheClusters: nodes.replicas + 1,
    automaticFailoverEnabled: nodes.replicas > 0,
    multiAzEnabled: nodes.multiAz,
    autoMinorVersionUpgrade: true,
    dataTieringEnabled: type.startsWith('r6gd.') ? true : undefined,
    cacheParameterGroupName: createParameterGroup(scope, settings).ref,
    cacheSubnetGroupName: createSubnetGroup(scope, settings).ref,
    securityGroupIds: securityGroups.map((each) => each.securityGroupId),
    port: settings.port,
    transitEncryptionEnabled: true,
    atRestEncryptionEnabled: true,
    kmsKeyId: settings.encryptionKey?.keyArn,
    userGroupIds: [userGroup.ref],
    snapshotRetentionLimit: settings.backupRetention.toDays(),
    snapshotWindow: settings.preferredBackupWindow,
    preferredMaintenanceWindow: settings.preferredMaintenanceWindow,
    snapshotName: settings.snapshotName,
  });
  group.applyRemovalPolicy(settings.removalPolicy);
  return partsOf(group, nodes);
}

function partsOf(group: elasticache.CfnReplicationGroup, { replicas }: NodeSettings): CacheParts {
  return {
    resource: group,
    cacheName: group.ref,
    arn: Stack.of(group).formatArn({ service: 'elasticache', resource: 'replicationgroup', resourceName: group.ref, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
    endpoint: group.attrPrimaryEndPointAddress,
    readerEndpoint: group.attrReaderEndPointAddress,
    nodeIds: Array.from({ length: replicas + 1 }, (_, index) => `${group.ref}-00${index + 1}`),
  };
}

function createParameterGroup(scope: Construct, settings: CacheSettings): elasticache.CfnParameterGroup {
  const group = new elasticache.CfnParameterGroup(scope, 'ParameterGroup', {
    cacheParameterGroupFamily: `${settings.engine.engineName}${settings.engine.majorVersion}`,
    description: 'Parameters of a cache',
    properties: settings.parameters,
  });
  group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return group;
}

function createSubnetGroup(scope: Construct, settings: CacheSettings): elasticache.CfnSubnetGroup {
  const group = new elasticache.CfnSubnetGroup(scope, 'SubnetGroup', {
    description: 'Subnets of a cache',
    subnetIds: settings.subnets.map(({ subnetId }) => subnetId),
  });
  group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return group;
}
