import { SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ServerSettings } from './server-settings';
import { requireTwoZones } from '../../network/shared/placement';
import { InvalidBackendError, warn } from '../../private/errors';
import { integer } from '../../private/ranges';
import type { PrivatePostgresProps } from '../private-postgres-props';

/** Names that RDS for PostgreSQL refuses for its admin. */
const RESERVED_ADMINS = ['admin', 'rdsadmin', 'rds_superuser', 'rdsrepladmin', 'public', 'none'];

/** Extensions whose library must be loaded at the start of the server. */
const PRELOADED_EXTENSIONS = ['pg_cron', 'pgaudit', 'pglogical', 'pg_hint_plan', 'pgactive', 'pg_tle'];

/** Refuses what RDS would refuse in the middle of a deployment, or what would silently do nothing. */
export function validateServer(scope: Construct, props: PrivatePostgresProps, settings: ServerSettings): void {
  validateNetwork(scope, props, settings);
  validateStorage(scope, props, settings);
  validateBackup(scope, settings);
  validateAdmin(scope, settings.adminUsername);
  validateParameters(scope, props);
  warnManagedRestore(scope, settings);
  warnPreload(scope, props.extensions ?? [], settings.parameters.shared_preload_libraries);
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
  const { allocatedStorage, maxAllocatedStorage } = settings;
  if (allocatedStorage.isUnresolved() || maxAllocatedStorage.isUnresolved()) {
    return;
  }
  const [allocated, most] = [allocatedStorage, maxAllocatedStorage].map((size) => size.toGibibytes({ rounding: SizeRoundingBehavior.NONE }));
  if (!Number.isInteger(allocated) || allocated < 20 || allocated > 65_536) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.allocatedStorage', `\`allocatedStorage\` must be a whole number of GiB from 20 to 65536, got ${allocated} GiB.`);
  }
  const least = Math.ceil((allocated * 11) / 10);
  if (!Number.isInteger(most) || most < least) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.maxAllocatedStorage',
      `\`maxAllocatedStorage\` must be a whole number of GiB and at least 10 % more than \`allocatedStorage\`: ${allocated} GiB × 1.1, rounded up to ${least} GiB, got ${most} GiB.`);
  }
  if (settings.snapshotIdentifier !== undefined && settings.encryptionKey !== undefined) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.snapshotKey', '`encryptionKey` can\'t be set with `snapshotIdentifier`, because a restored instance keeps the snapshot\'s key. Remove `encryptionKey`. To change the key, copy the snapshot with the new key and restore the copy.');
  }
}

function validateBackup(scope: Construct, { backupRetention, capacity }: ServerSettings): void {
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

function warnPreload(scope: Construct, extensions: string[], libraries: string): void {
  const missing = extensions.filter(extension => PRELOADED_EXTENSIONS.includes(extension) && !libraries.split(',').map(library => library.trim()).includes(extension));
  if (missing.length > 0 && !Token.isUnresolved(libraries)) {
    warn(scope, 'PrivatePostgres.preload', `The server can load ${missing.map((name) => `'${name}'`).join(', ')} only when it starts. `
      + `Set \`parameters: { shared_preload_libraries: '${[libraries, ...missing].join(',')}' }\` and restart the server before it creates the extension.`);
  }
}
