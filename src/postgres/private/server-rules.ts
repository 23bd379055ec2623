import { RemovalPolicy, SizeRoundingBehavior, Token, type Size } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { warnUnknownParameters } from './parameter-rules';
import type { ServerSettings } from './server-settings';
import { LEAST_STORAGE_GIB, MOST_STORAGE_GIB, leastGrowth } from './storage-limits';
import { requireTwoZones } from '../../network/shared/placement';
import { InvalidBackendError, warn } from '../../private/errors';
import { integer } from '../../private/ranges';
import { validateWindows } from '../../private/windows';
import type { PrivatePostgresProps } from '../private-postgres-props';

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
const LEAST_WINDOW_MINUTES = 30;

/** Names that RDS for PostgreSQL refuses for its admin. */
const RESERVED_ADMINS = ['admin', 'rdsadmin', 'rds_superuser', 'rdsrepladmin', 'public', 'none'];

/** Refuses what RDS would refuse in the middle of a deployment, or what would silently do nothing. */
export function validateServer(scope: Construct, props: PrivatePostgresProps, settings: ServerSettings): void {
  validateNetwork(scope, props, settings);
  validateStorage(scope, props, settings);
  validateBackup(scope, settings);
  validateWindows(scope, settings, LEAST_WINDOW_MINUTES);
  validateAdmin(scope, settings.adminUsername);
  validateParameters(scope, props);
  warnManagedRestore(scope, settings);
  warnMajorUpgrade(scope, settings);
  warnUnknownParameters(scope, props.parameters);
}

function validateNetwork(scope: Construct, props: PrivatePostgresProps, { vpc, vpcSubnets, port }: ServerSettings): void {
  integer(scope, 'port', port, 1150, 65535);
  if (props.securityGroups !== undefined && props.securityGroups.length === 0) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.securityGroups', '`securityGroups` must not be empty. Remove it to get a new security group without rules.');
  }
  requireTwoZones(scope, vpc, vpcSubnets);
}

function validateStorage(scope: Construct, props: PrivatePostgresProps, settings: ServerSettings): void {
  if (settings.capacity.serverlessLimits !== undefined) {
    if (props.allocatedStorage !== undefined || props.maxAllocatedStorage !== undefined) {
      throw new InvalidBackendError(scope, 'PrivatePostgres.serverlessStorage', 'The storage of a serverless cluster grows automatically. Remove `allocatedStorage` and `maxAllocatedStorage`.');
    }
    return;
  }
  if (settings.allocatedStorage.isUnresolved()) {
    return;
  }
  const allocated = settings.allocatedStorage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(allocated) || allocated < LEAST_STORAGE_GIB || allocated > MOST_STORAGE_GIB) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.allocatedStorage', `\`allocatedStorage\` must be a whole number of GiB from ${LEAST_STORAGE_GIB} to ${MOST_STORAGE_GIB}, got ${allocated} GiB.`);
  }
  validateGrowth(scope, allocated, settings.maxAllocatedStorage);
  if (settings.snapshotIdentifier !== undefined && settings.encryptionKey !== undefined) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.snapshotKey', '`encryptionKey` can\'t be set with `snapshotIdentifier`, because a restored instance keeps the snapshot\'s key. Remove `encryptionKey`. To change the key, copy the snapshot with the new key and restore the copy.');
  }
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html */
function validateGrowth(scope: Construct, allocated: number, maxAllocatedStorage?: Size): void {
  if (maxAllocatedStorage === undefined || maxAllocatedStorage.isUnresolved()) {
    return;
  }
  const most = maxAllocatedStorage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  const least = leastGrowth(allocated);
  if (!Number.isInteger(most) || most < least || most > MOST_STORAGE_GIB) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.maxAllocatedStorage',
      `\`maxAllocatedStorage\` must be a whole number of GiB, at most ${MOST_STORAGE_GIB}, and at least 10 % more than \`allocatedStorage\`: ${allocated} GiB × 1.1, rounded up to ${least} GiB, got ${most} GiB.`
      + (least > MOST_STORAGE_GIB ? ' No value fits, so remove `maxAllocatedStorage`.' : ''));
  }
}

function validateBackup(scope: Construct, { backupRetention, capacity, deletionProtection, removalPolicy }: ServerSettings): void {
  if (deletionProtection && removalPolicy === RemovalPolicy.DESTROY) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.deletionProtection', '`deletionProtection` is true and `removalPolicy` is DESTROY, which contradict each other. Set `deletionProtection: false`, or `removalPolicy: RemovalPolicy.SNAPSHOT`.');
  }
  if (backupRetention.isUnresolved()) {
    return;
  }
  const [days, least] = [backupRetention.toDays({ integral: false }), capacity.serverlessLimits === undefined ? 0 : 1];
  if (!Number.isInteger(days) || days < least || days > 35) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.backupRetention', `\`backupRetention\` must be a whole number of days from ${least} to 35${least === 1 ? ' for a serverless cluster' : ''}, got ${days} days.`);
  }
}

function validateAdmin(scope: Construct, adminUsername: string): void {
  if (Token.isUnresolved(adminUsername)) {
    return;
  }
  const reserved = RESERVED_ADMINS.includes(adminUsername.toLowerCase()) || adminUsername.toLowerCase().startsWith('pg_');
  if (reserved || !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(adminUsername)) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.adminUsername', `\`adminUsername\` must be 1 to 63 letters, digits and '_', without a digit at the start, got '${adminUsername}'. `
      + `RDS reserves names that start with 'pg_', and ${RESERVED_ADMINS.map((name) => `'${name}'`).join(', ')}. Set another \`adminUsername\`.`);
  }
}

function validateParameters(scope: Construct, { parameters = {}, maxConnections }: PrivatePostgresProps): void {
  if (parameters['rds.force_ssl'] !== undefined) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.forceSslParameter', '`parameters` can\'t contain `rds.force_ssl`, because `forceSsl` decides it. Remove the parameter and set `forceSsl`.');
  }
  if (parameters.max_connections !== undefined && maxConnections !== undefined) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.maxConnectionsParameter', '`maxConnections` and the parameter `max_connections` are both set, and mean the same. Remove one of them.');
  }
  if (maxConnections !== undefined && !Token.isUnresolved(maxConnections) && (!Number.isInteger(maxConnections) || maxConnections < 6)) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.maxConnections', `\`maxConnections\` must be a whole number of at least 6, got ${maxConnections}.`);
  }
}

function warnManagedRestore(scope: Construct, { snapshotIdentifier, capacity, adminSecret }: ServerSettings): void {
  if (snapshotIdentifier !== undefined && capacity.serverlessLimits === undefined && adminSecret.managedByRds) {
    warn(scope, 'PrivatePostgres.managedRestore',
      'AWS doesn\'t document whether RDS manages the admin\'s password of an instance that it restores. If the deployment fails without a secret, use `AdminSecret.generated()`, the default for a restored instance.');
  }
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html */
function warnMajorUpgrade(scope: Construct, { allowMajorVersionUpgrade, version: { fullVersion }, capacity }: ServerSettings): void {
  if (allowMajorVersionUpgrade && /^\d+$/.test(fullVersion)) {
    const engine = capacity.serverlessLimits === undefined ? 'postgres' : 'aurora-postgresql';
    warn(scope, 'PrivatePostgres.majorUpgrade', `A major version upgrade to '${fullVersion}' can fail, because RDS chooses the minor version, and the current version of the server can't go to each of them. `
      + `Set one that 'aws rds describe-db-engine-versions --engine ${engine}' lists as an upgrade target of the current version, such as \`PostgresVersion.of('${fullVersion}.9')\`.`);
  }
}
