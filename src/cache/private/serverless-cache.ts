import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import type { CacheParts } from './cache-parts';
import type { CacheSettings } from './cache-settings';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';
import { textWithPath } from '../../private/path-text';
import { physicalName } from '../../private/physical-name';

/** Subnets of a serverless cache can never change, so it takes as many as every posture has. */
const SUBNETS = 2;

/** A serverless cache. */
export function createServerlessCache(scope: Construct, settings: CacheSettings, securityGroups: ec2.ISecurityGroup[], userGroup: elasticache.CfnUserGroup): CacheParts {
  const name = physicalName(scope, { outlivesStack: true });
  const cache = new elasticache.CfnServerlessCache(scope, 'Resource', {
    serverlessCacheName: name,
    description: textWithPath(255, 'Cache ', scope),
    engine: settings.engine.engineName,
    majorEngineVersion: settings.engine.majorVersion,
    cacheUsageLimits: limitsOf(settings),
    subnetIds: subnetsOf(settings).map(({ subnetId }) => subnetId),
    securityGroupIds: securityGroups.map((each) => each.securityGroupId),
    kmsKeyId: settings.encryptionKey?.keyArn,
    userGroupId: userGroup.ref,
    snapshotRetentionLimit: settings.backupRetention.toDays(),
    snapshotArnsToRestore: settings.snapshotName === undefined ? undefined : [arnOf(scope, 'serverlesssnapshot', settings.snapshotName)],
    // A deletion policy of CloudFormation knows no snapshots of serverless caches.
    finalSnapshotName: settings.removalPolicy === RemovalPolicy.SNAPSHOT ? `${name}-final` : undefined,
  });
  cache.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return { resource: cache, cacheName: cache.ref, arn: arnOf(scope, 'serverlesscache', cache.ref), endpoint: cache.attrEndpointAddress, nodeIds: [] };
}

function limitsOf({ serverlessLimits: { maxDataStorage, maxEcpuPerSecond } }: CacheSettings): elasticache.CfnServerlessCache.CacheUsageLimitsProperty | undefined {
  if (maxDataStorage === undefined && maxEcpuPerSecond === undefined) {
    return undefined;
  }
  return {
    dataStorage: maxDataStorage === undefined ? undefined : { unit: 'GB', maximum: maxDataStorage.toGibibytes() },
    ecpuPerSecond: maxEcpuPerSecond === undefined ? undefined : { maximum: maxEcpuPerSecond },
  };
}

/** One subnet in each of two zones; where zones are not known, the first two. */
function subnetsOf({ subnets, zones }: CacheSettings): ec2.ISubnet[] {
  const chosen = zones.length === 0 ? subnets : zones.flatMap((zone) => subnets.find(({ availabilityZone }) => availabilityZone === zone) ?? []);
  return chosen.slice(0, SUBNETS);
}

function arnOf(scope: Construct, resource: string, resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'elasticache', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}
