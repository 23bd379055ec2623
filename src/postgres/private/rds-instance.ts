import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import { adminCredentials } from './admin-credentials';
import { rdsInstanceMetrics } from './server-metrics';
import { acknowledgeEncryption, backupsOf, createSubnetGroup, insightsOf, logGroupsOf, type ServerParts } from './server-parts';
import type { ServerSettings } from './server-settings';
import { ServerWatch } from '../../broker/server-watch';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';
import { referWeakly } from '../../private/cross-stack';

/**
 * One RDS for PostgreSQL instance.
 *
 * L1, so that no feature flag decides anything, and so that properties which replace the instance are written in one place.
 */
export function createInstance(scope: Construct, settings: ServerSettings, securityGroups: ec2.ISecurityGroup[]): ServerParts {
  const exported = settings.cloudwatchLogsExport ? ['postgresql', 'upgrade'] : undefined;
  const instance = new rds.CfnDBInstance(scope, 'Resource', {
    engine: 'postgres',
    engineVersion: settings.version.fullVersion,
    allowMajorVersionUpgrade: settings.allowMajorVersionUpgrade,
    autoMinorVersionUpgrade: settings.autoMinorVersionUpgrade,
    dbInstanceClass: `db.${settings.instanceType}`,
    multiAz: settings.multiAz,
    ...storageOf(settings),
    ...networkOf(scope, settings, securityGroups),
    ...adminCredentials(scope, settings),
    ...backupsOf(settings),
    dbParameterGroupName: createParameterGroup(scope, settings).ref,
    enableCloudwatchLogsExports: exported,
    enableIamDatabaseAuthentication: false,
    enablePerformanceInsights: settings.databaseInsights,
    ...insightsOf(settings),
  });
  if (settings.snapshotIdentifier !== undefined) {
    acknowledgeEncryption(instance, 'A restored instance is encrypted exactly if its snapshot is, and the property may not be given');
  }
  instance.applyRemovalPolicy(settings.removalPolicy);
  referWeakly(instance);
  return {
    endpoint: instance.attrEndpointAddress,
    instanceIdentifier: instance.ref,
    watch: ServerWatch.rdsInstance(instance.ref, instance.attrDbInstanceArn),
    logGroups: logGroupsOf('instance', instance.ref, exported),
    metrics: rdsInstanceMetrics(instance.ref),
    managedSecretArn: instance.attrMasterUserSecretSecretArn,
    resources: [instance],
  };
}

/** Encryption is a property of the snapshot where there is one. */
function storageOf(settings: ServerSettings): Partial<rds.CfnDBInstanceProps> {
  const storage = {
    storageType: 'gp3',
    allocatedStorage: settings.allocatedStorage.toGibibytes().toString(),
    maxAllocatedStorage: settings.maxAllocatedStorage?.toGibibytes(),
  };
  return settings.snapshotIdentifier === undefined
    ? { ...storage, storageEncrypted: settings.storageEncrypted, kmsKeyId: settings.encryptionKey?.keyArn }
    : { ...storage, dbSnapshotIdentifier: settings.snapshotIdentifier };
}

function networkOf(scope: Construct, settings: ServerSettings, securityGroups: ec2.ISecurityGroup[]): Partial<rds.CfnDBInstanceProps> {
  return {
    dbSubnetGroupName: createSubnetGroup(scope, settings).ref,
    vpcSecurityGroups: securityGroups.map(group => group.securityGroupId),
    port: settings.port.toString(),
    publiclyAccessible: false,
  };
}

function createParameterGroup(scope: Construct, settings: ServerSettings): rds.CfnDBParameterGroup {
  const group = new rds.CfnDBParameterGroup(scope, 'ParameterGroup', {
    family: `postgres${settings.version.majorVersion}`,
    description: 'Parameters of a private PostgreSQL server',
    parameters: settings.parameters,
  });
  group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return group;
}
