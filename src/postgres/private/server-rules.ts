import { Annotations, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ServerSettings } from './server-settings';
import { requireTwoZones } from '../../network/shared/placement';
import { InvalidBackendError } from '../../private/errors';
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
  if (!Token.isUnresolved(port) && (!Number.isInteger(port) || port < 1150 || port > 65535)) {
    throw new InvalidBackendError(scope, `port must be a whole number from 1150 to 65535, got ${port}.`);
  }
  if (props.securityGroups !== undefined && props.securityGroups.length === 0) {
    throw new InvalidBackendError(scope, 'securityGroups must not be empty. Leave it out to get a new security group without rules.');
  }
  requireTwoZones(scope, vpc, vpcSubnets);
}

function validateStorage(scope: Construct, props: PrivatePostgresProps, settings: ServerSettings): void {
  if (settings.capacity.serverlessLimits !== undefined) {
    if (props.allocatedStorage !== undefined || props.maxAllocatedStorage !== undefined) {
      throw new InvalidBackendError(scope, 'A serverless cluster grows by itself. Leave out allocatedStorage and maxAllocatedStorage.');
    }
    return;
  }
  const { allocatedStorage, maxAllocatedStorage } = settings;
  if (allocatedStorage.isUnresolved() || maxAllocatedStorage.isUnresolved()) {
    return;
  }
  const allocated = allocatedStorage.toGibibytes();
  if (allocated < 20 || allocated > 65_536) {
    throw new InvalidBackendError(scope, `allocatedStorage must be from 20 to 65536 GiB, got ${allocated}.`);
  }
  const least = Math.ceil((allocated * 11) / 10);
  if (maxAllocatedStorage.toGibibytes() < least) {
    throw new InvalidBackendError(scope,
      `maxAllocatedStorage must be at least 10 % above allocatedStorage, ${least} GiB, got ${maxAllocatedStorage.toGibibytes()}.`);
  }
  if (settings.snapshotIdentifier !== undefined && settings.encryptionKey !== undefined) {
    throw new InvalidBackendError(scope, 'An instance restored from a snapshot keeps the key of the snapshot. Leave out encryptionKey; to change the key, copy the snapshot with the new key and restore the copy.');
  }
}

function validateBackup(scope: Construct, { backupRetention, capacity }: ServerSettings): void {
  if (backupRetention.isUnresolved()) {
    return;
  }
  const [days, least] = [backupRetention.toDays(), capacity.serverlessLimits === undefined ? 0 : 1];
  if (days < least || days > 35) {
    throw new InvalidBackendError(scope, `backupRetention must be from ${least} to 35 days, got ${days}.`);
  }
}

function validateAdmin(scope: Construct, adminUsername: string): void {
  if (Token.isUnresolved(adminUsername)) {
    return;
  }
  const reserved = RESERVED_ADMINS.includes(adminUsername.toLowerCase()) || adminUsername.toLowerCase().startsWith('pg_');
  if (reserved || !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(adminUsername)) {
    throw new InvalidBackendError(scope,
      `adminUsername '${adminUsername}' is not possible: letters, digits and '_', at most 63, not starting with a digit or pg_, and not one of ${RESERVED_ADMINS.join(', ')}.`);
  }
}

function validateParameters(scope: Construct, { parameters = {}, maxConnections }: PrivatePostgresProps): void {
  if (parameters['rds.force_ssl'] !== undefined) {
    throw new InvalidBackendError(scope, 'Set forceSsl instead of the parameter rds.force_ssl, so that there is one place that says it.');
  }
  if (parameters.max_connections !== undefined && maxConnections !== undefined) {
    throw new InvalidBackendError(scope, 'Set maxConnections or the parameter max_connections, not both.');
  }
  if (maxConnections !== undefined && !Token.isUnresolved(maxConnections) && (!Number.isInteger(maxConnections) || maxConnections < 6)) {
    throw new InvalidBackendError(scope, `maxConnections must be a whole number of at least 6, got ${maxConnections}.`);
  }
}

function warnManagedRestore(scope: Construct, { snapshotIdentifier, capacity, adminSecret }: ServerSettings): void {
  if (snapshotIdentifier !== undefined && capacity.serverlessLimits === undefined && adminSecret.managedByRds) {
    Annotations.of(scope).addWarningV2('cdk-private-backend:PrivatePostgres.managedRestore',
      'RDS does not document that it manages the password of an instance while restoring it. If the deployment finds no secret, use AdminSecret.generated(), the default for a restored instance.');
  }
}

function warnPreload(scope: Construct, extensions: string[], libraries: string): void {
  const missing = extensions.filter(extension => PRELOADED_EXTENSIONS.includes(extension) && !libraries.split(',').map(library => library.trim()).includes(extension));
  if (missing.length > 0 && !Token.isUnresolved(libraries)) {
    Annotations.of(scope).addWarningV2('cdk-private-backend:PrivatePostgres.preload',
      `The server loads ${missing.join(', ')} at its start only. Set parameters: { shared_preload_libraries: '${[libraries, ...missing].join(',')}' } and restart the server before it creates the extension.`);
  }
}
