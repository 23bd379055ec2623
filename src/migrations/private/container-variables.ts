import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import type { ILogicalDatabase, INetworkEndpoint, IServicePermissions, ServiceBindingConfig } from '../../binding';
import type { EndpointService } from '../../binding/shared/endpoint-service';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import { sortedByName } from '../../private/sorted';
import type { MigrationSourceConfig } from '../migration-source';
import { dialectOf, isMigratable } from '../shared/migratable';
import type { MigrationDialect } from '../shared/migration-dialect';
import { ENGINE_SETTING, RunnerEnv } from '../shared/runner.contract';

/** What users give besides the database. */
export interface VariableProps {
  readonly database: ILogicalDatabase;
  readonly environment?: { [name: string]: string };
  readonly secrets?: { [name: string]: ecs.Secret };
}

/** Environment and secrets of the container. */
export interface ContainerVariables {
  readonly environment: { [name: string]: string };
  readonly secrets: { [name: string]: ecs.Secret };
  /** Certificate authorities that the container needs as a file. */
  readonly certificateAuthorities: ecs.Secret[];
}

/** All that the task takes of the database: also what it reaches, what it may do, and what has to be there before it runs. */
export interface ContainerConnection extends ContainerVariables {
  readonly dependencies: IConstruct[];
  readonly targets: INetworkEndpoint[];
  readonly permissions?: IServicePermissions;
  readonly services: EndpointService[];
}

/** Renders what the container gets to know: how to connect as the owner, what the source needs, and what users add. */
export function containerVariables(scope: IConstruct, props: VariableProps, source: MigrationSourceConfig): ContainerConnection {
  warnAboutHistory(scope, props.database, source.protectedTables);
  const binding = props.database.owner.bindToService(scope, {});
  refuseContainers(scope, binding);
  const connection = source.usesRunner ? forRunner(scope, binding, dialectOf(scope, props.database)) : forCommand(binding);
  const fixed = [...Object.keys(connection.secrets), ...Object.keys(connection.environment)];
  if (source.usesRunner) refuseMisleading(scope, dialectOf(scope, props.database), [...Object.keys(props.environment ?? {}), ...Object.keys(props.secrets ?? {})]);
  refuseTwice(scope, Object.keys({ ...source.environment, ...props.environment }), 'environment', fixed);
  const environment = { ...lockTimeout(scope, source), ...connection.environment, ...source.environment, ...props.environment };
  refuseTwice(scope, Object.keys(props.secrets ?? {}), 'secrets', [...fixed, ...Object.keys(environment)]);
  return {
    environment: sortedByName(environment),
    secrets: sortedByName({ ...connection.secrets, ...props.secrets }),
    certificateAuthorities: connection.certificateAuthorities,
    dependencies: binding.dependencies ?? [],
    targets: binding.targets ?? [],
    permissions: binding.permissions,
    services: binding._services ?? [],
  };
}

/** The task has one container, whose end is the end of the migrations. Each run reads its secrets anew, so a rotation changes nothing. */
function refuseContainers(scope: IConstruct, { sidecars = {}, volumes = [] }: ServiceBindingConfig): void {
  const brought = [...Object.keys(sidecars).map((id) => `the sidecar '${id}'`), ...volumes.map(({ _plan: { id } }) => `the volume '${id}'`)];
  if (brought.length > 0) {
    throw new InvalidBackendError(scope, 'MigrationTask.ownerContainers', `The owner of the database brings ${brought.join(', ')}, and migrations run in one container without volumes. Use an owner that connects without further containers, such as the owner of a database of \`PrivatePostgres\`.`);
  }
}

/** The runner makes its own connection string and certificate file, so it gets nothing else, and no second copy of the password. */
function forRunner(scope: IConstruct, { secrets = {}, certificateAuthority }: ServiceBindingConfig, { variables }: MigrationDialect): ContainerVariables {
  const names = Object.values(variables);
  const missing = names.find((name) => secrets[name] === undefined);
  if (missing !== undefined || certificateAuthority === undefined) {
    throw new InvalidBackendError(scope, 'MigrationTask.ownerCredentials', `The owner of the database doesn't provide ${missing === undefined ? 'a certificate authority' : `'${missing}'`}, so the migrations can't connect. Use a database that this library makes, such as \`postgres.addDatabase('Orders')\`.`);
  }
  const connection = Object.fromEntries(names.map((name) => [name, secrets[name]]));
  return { environment: {}, secrets: { ...connection, [RunnerEnv.CA]: certificateAuthority }, certificateAuthorities: [] };
}

/** An image of the user's own is connected like a service. */
function forCommand({ environment = {}, secrets = {}, certificateAuthority }: ServiceBindingConfig): ContainerVariables {
  return { environment, secrets, certificateAuthorities: certificateAuthority === undefined ? [] : [certificateAuthority] };
}

/** The posture's, which an environment variable of the user may replace. */
function lockTimeout(scope: IConstruct, { usesRunner }: MigrationSourceConfig): { [name: string]: string } {
  return usesRunner ? { [RunnerEnv.LOCK_TIMEOUT]: `${Posture.of(scope).lockTimeout.toMilliseconds()}ms` } : {};
}

/** The runner keeps them from the engine. Whoever sets another version table, say, must not find out from a second run of everything. */
function refuseMisleading(scope: IConstruct, { misleading }: MigrationDialect, names: string[]): void {
  const name = names.find((candidate) => ENGINE_SETTING.test(candidate) || misleading.test(candidate));
  if (name !== undefined) {
    throw new InvalidBackendError(scope, 'MigrationTask.reservedVariable', `'${name}' can't be in \`environment\` or \`secrets\`, because this library sets the connection and the settings of the engine. For other settings, run the engine in an image of your own with \`MigrationSource.command\`.`);
  }
}

function refuseTwice(scope: IConstruct, names: string[], prop: string, taken: string[]): void {
  const name = names.find((candidate) => taken.includes(candidate));
  if (name !== undefined) {
    const source = prop === 'environment' ? 'the connection to the database' : 'the connection to the database or `environment`';
    throw new InvalidBackendError(scope, 'MigrationTask.duplicateVariable', `\`${prop}\` sets '${name}', which ${source} sets already. Use another name.`);
  }
}

function warnAboutHistory(scope: IConstruct, database: ILogicalDatabase, history: string[]): void {
  const open = isMigratable(database) ? history.filter((table) => !database._protectedTables.includes(table)) : [];
  if (open.length > 0) {
    const tables = open.map((table) => `'${table}'`).join(', ');
    warn(scope, 'MigrationTask.unprotectedTables',
      `Users of the database can write to ${tables}, where the migrations keep their history. Set \`protectedTables: [${tables}]\` for the database.`);
  }
}
