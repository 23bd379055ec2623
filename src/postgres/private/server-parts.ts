import { RemovalPolicy, Validations, type CfnResource } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { ServerMetrics } from './server-metrics';
import type { ServerSettings } from './server-settings';
import type { ServerWatch } from '../../broker/server-watch';
import { companionRemovalPolicy } from '../../posture/shared/data-removal';

/** What came out of creating a server. */
export interface ServerParts {
  readonly endpoint: string;
  /** Identifier of an instance. */
  readonly instanceIdentifier?: string;
  /** Identifier of a cluster. */
  readonly clusterIdentifier?: string;
  readonly watch: ServerWatch;
  /** Log groups that RDS exports to. */
  readonly logGroups: string[];
  readonly metrics: ServerMetrics;
  readonly managedSecretArn: string;
  /** What must be there while SQL runs. */
  readonly resources: CfnResource[];
}

/** Free retention is 7 days; advanced mode wants 15 months. */
const ADVANCED_RETENTION_DAYS = 465;

/** Database Insights, in the words of an instance. */
export function insightsOf({ databaseInsights, encryptionKey }: ServerSettings) {
  return databaseInsights
    ? { databaseInsightsMode: 'advanced', performanceInsightsRetentionPeriod: ADVANCED_RETENTION_DAYS, performanceInsightsKmsKeyId: encryptionKey?.keyArn }
    : { databaseInsightsMode: 'standard' };
}

/** Backups and the end, in the words that instances and clusters share. */
export function backupsOf(settings: ServerSettings) {
  return {
    backupRetentionPeriod: settings.backupRetention.toDays(),
    copyTagsToSnapshot: true,
    deleteAutomatedBackups: settings.removalPolicy === RemovalPolicy.DESTROY,
    deletionProtection: settings.deletionProtection,
    preferredBackupWindow: settings.preferredBackupWindow,
    preferredMaintenanceWindow: settings.preferredMaintenanceWindow,
  };
}

/** Subnets of the server. The group outlives the stack where the server does. */
export function createSubnetGroup(scope: Construct, settings: ServerSettings): rds.CfnDBSubnetGroup {
  const group = new rds.CfnDBSubnetGroup(scope, 'SubnetGroup', {
    dbSubnetGroupDescription: 'Subnets of a private PostgreSQL server',
    subnetIds: settings.vpc.selectSubnets(settings.vpcSubnets).subnetIds,
  });
  group.applyRemovalPolicy(companionRemovalPolicy(settings.removalPolicy));
  return group;
}

/** The validator looks for encryption on each instance, wherever it is decided. */
export function acknowledgeEncryption(instance: rds.CfnDBInstance, reason: string): void {
  Validations.of(instance).acknowledge({ id: 'CloudFormation-Validate::W9008', reason });
}

/**
 * Groups of the logs that a server exports. Its identifier is in their names, and is not known before the server exists, which makes them at once:
 * so no template can (docs/adr/0036).
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html
 */
export function logGroupsOf(kind: 'instance' | 'cluster', identifier: string, exported: string[] = []): string[] {
  return exported.map((log) => `/aws/rds/${kind}/${identifier}/${log}`);
}
