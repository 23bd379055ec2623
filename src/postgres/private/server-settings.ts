import { RemovalPolicy, Tokenization, type Duration, type Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { defaultMaxConnections } from './max-connections';
import { validateServer } from './server-rules';
import { sorted } from './settings';
import { defaultGrowth } from './storage-limits';
import type { Posture } from '../../posture';
import { AdminSecret } from '../admin-secret';
import { PostgresCapacity } from '../postgres-capacity';
import { PostgresVersion } from '../postgres-version';
import type { PrivatePostgresProps } from '../private-postgres-props';

/** A server with every default applied. */
export interface ServerSettings {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly port: number;
  readonly version: PostgresVersion;
  readonly allowMajorVersionUpgrade: boolean;
  readonly autoMinorVersionUpgrade: boolean;
  readonly capacity: PostgresCapacity;
  readonly instanceType: string;
  readonly multiAz: boolean;
  readonly allocatedStorage: Size;
  /** None where storage cannot grow any more. */
  readonly maxAllocatedStorage?: Size;
  readonly storageEncrypted: boolean;
  readonly encryptionKey?: kms.IKey;
  readonly adminSecret: AdminSecret;
  readonly adminUsername: string;
  readonly backupRetention: Duration;
  readonly preferredBackupWindow?: string;
  readonly preferredMaintenanceWindow?: string;
  readonly deletionProtection: boolean;
  readonly removalPolicy: RemovalPolicy;
  readonly databaseInsights: boolean;
  readonly cloudwatchLogsExport: boolean;
  readonly cloudwatchLogsRetention: RetentionDays;
  readonly parameters: { [name: string]: string };
  readonly maxConnections?: number;
  readonly snapshotIdentifier?: string;
}

/** Applies the posture, and what follows from other props. An explicit prop wins. */
export function serverSettings(scope: Construct, props: PrivatePostgresProps, posture: Posture, vpcSubnets: ec2.SubnetSelection): ServerSettings {
  const capacity = props.capacity ?? PostgresCapacity.instance();
  const instanceType = (capacity.instanceType ?? posture.databaseInstanceType).toString();
  const allocatedStorage = props.allocatedStorage ?? posture.databaseAllocatedStorage;
  const removalPolicy = props.removalPolicy ?? defaultRemoval(props, posture);
  const restoredInstance = props.snapshotIdentifier !== undefined && capacity.serverlessLimits === undefined;
  const settings: ServerSettings = {
    vpc: props.vpc,
    vpcSubnets,
    port: props.port ?? 5432,
    version: props.engineVersion ?? PostgresVersion.VER_17,
    allowMajorVersionUpgrade: props.allowMajorVersionUpgrade ?? false,
    autoMinorVersionUpgrade: props.autoMinorVersionUpgrade ?? true,
    capacity,
    instanceType,
    multiAz: props.multiAz ?? posture.multiAz,
    allocatedStorage,
    maxAllocatedStorage: props.maxAllocatedStorage ?? defaultGrowth(allocatedStorage),
    storageEncrypted: posture.storageEncrypted,
    encryptionKey: props.encryptionKey,
    // That RDS manages the password of an instance it restores is not among the operations it documents.
    adminSecret: props.adminSecret ?? (restoredInstance ? AdminSecret.generated() : AdminSecret.rdsManaged()),
    adminUsername: props.adminUsername ?? 'postgres',
    backupRetention: props.backupRetention ?? posture.backupRetention,
    preferredBackupWindow: props.preferredBackupWindow,
    preferredMaintenanceWindow: props.preferredMaintenanceWindow,
    deletionProtection: props.deletionProtection ?? (removalPolicy !== RemovalPolicy.DESTROY && posture.deletionProtection),
    removalPolicy,
    databaseInsights: props.databaseInsights ?? posture.databaseInsights,
    cloudwatchLogsExport: props.cloudwatchLogsExport ?? posture.cloudwatchLogsExport,
    cloudwatchLogsRetention: props.cloudwatchLogsRetention ?? posture.logRetention,
    parameters: serverParameters(props, props.forceSsl ?? posture.forceSsl),
    maxConnections: props.maxConnections ?? parameterAsNumber(props.parameters?.max_connections) ?? defaultMaxConnections(capacity, instanceType),
    snapshotIdentifier: props.snapshotIdentifier,
  };
  validateServer(scope, props, settings);
  return settings;
}

/** Whoever protects a server from deletion does not want it to be destroyed with its stack. */
function defaultRemoval({ deletionProtection }: PrivatePostgresProps, { databaseRemovalPolicy }: Posture): RemovalPolicy {
  return deletionProtection === true && databaseRemovalPolicy === RemovalPolicy.DESTROY ? RemovalPolicy.SNAPSHOT : databaseRemovalPolicy;
}

/**
 * The parameters that every server gets, and those of the user. Logs name no values of statements that were bound to them, and none of rows:
 * `terse` leaves out the line that quotes a row or a key which breaks a constraint.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-logging.html
 */
function serverParameters(props: PrivatePostgresProps, forceSsl: boolean): { [name: string]: string } {
  return sorted({
    'rds.force_ssl': forceSsl ? '1' : '0',
    'rds.accepted_password_auth_method': 'scram',
    'log_error_verbosity': 'terse',
    'log_lock_waits': '1',
    'log_min_duration_statement': '1000',
    'log_parameter_max_length': '0',
    'log_parameter_max_length_on_error': '0',
    'shared_preload_libraries': 'pg_stat_statements',
    ...(props.maxConnections === undefined ? {} : { max_connections: Tokenization.stringifyNumber(props.maxConnections) }),
    ...props.parameters,
  });
}

function parameterAsNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
