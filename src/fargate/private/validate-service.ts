import { SizeRoundingBehavior, Token, type Duration, type Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceKind } from './service-plan';
import { CA_DIRECTORY } from '../../binding/shared/trust.contract';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import { integer, seconds } from '../../private/ranges';
import { shown } from '../../private/shown';
import type { CommonServiceProps } from '../common-service-props';
import { validateEphemeralStorage } from '../shared/task-size';

/** Values of a task that can be wrong, with their defaults filled in. */
export interface CheckedTask {
  readonly stopTimeout: Duration;
  readonly writablePaths: string[];
  readonly user?: string;
  readonly memoryLimitMiB: number;
  readonly tmpSize: Size;
  readonly ephemeralStorage?: Size;
}

/** Values of a service that can be wrong, with their defaults filled in. */
export interface CheckedService extends CheckedTask {
  readonly port?: number;
  readonly additionalPorts: number[];
  readonly healthCheckPath?: string;
  readonly deregistrationDelay?: Duration;
  readonly startTimeout?: Duration;
  readonly deploymentFailureThreshold: number;
  readonly minTasks: number;
  readonly maxTasks: number;
}

/** The number of tasks as it was asked for. */
type TaskBounds = Pick<CommonServiceProps, 'minTasks' | 'maxTasks'>;

/** Refuses what ECS would refuse only during a deployment. Unresolved values pass. */
export function validateTask(scope: IConstruct, task: CheckedTask): void {
  seconds(scope, 'stopTimeout', task.stopTimeout, 2, 120);
  validateEphemeralStorage(scope, task.ephemeralStorage);
  validateTmpSize(scope, task);
  validateUser(scope, task.user);
  validateWritablePaths(scope, task.writablePaths);
}

/** Refuses what ECS or the load balancer would refuse only during a deployment. Unresolved values pass. */
export function validateService(scope: IConstruct, service: CheckedService, props: TaskBounds): void {
  integer(scope, 'port', service.port, 1, 65535);
  service.additionalPorts.forEach((port, index) => integer(scope, `additionalPorts[${index}]`, port, 1, 65535));
  requireFreePorts(scope, '`additionalPorts`', service.additionalPorts, service.port === undefined ? [] : [service.port]);
  integer(scope, 'deploymentFailureThreshold', service.deploymentFailureThreshold, 1, 10000);
  integer(scope, 'minTasks', service.minTasks, 0, 5000);
  integer(scope, 'maxTasks', service.maxTasks, 0, 5000);
  seconds(scope, 'startTimeout', service.startTimeout, 2, 120);
  seconds(scope, 'deregistrationDelay', service.deregistrationDelay, 0, 3600);
  validateTaskBounds(scope, service, props);
  validateHealthCheckPath(scope, service.healthCheckPath);
}

/** Warns about a port that works for some images and not for others. */
export function adviseOnPort(scope: IConstruct, { port }: ServiceKind): void {
  if (port !== undefined && !Token.isUnresolved(port) && port < 1024) {
    warn(scope, 'FargateApi.privilegedPort', `\`port\` is ${port}, and a process that is not root usually can't listen on ports below 1024. Set \`port\` to 1024 or more, or remove \`port\` for the default, 8080.`);
  }
}

function validateTaskBounds(scope: IConstruct, { minTasks, maxTasks }: CheckedService, props: TaskBounds): void {
  if (!Token.isUnresolved(minTasks) && !Token.isUnresolved(maxTasks) && maxTasks < minTasks) {
    const origin = (prop: keyof TaskBounds) => (props[prop] === undefined ? `, from the ${Posture.of(scope).name} posture` : '');
    const remedy = props.minTasks === undefined ? `\`minTasks\` to at most ${maxTasks}` : `\`maxTasks\` to at least ${minTasks}`;
    throw new InvalidBackendError(scope, 'Service.taskBounds', `\`minTasks\` (${minTasks}${origin('minTasks')}) is greater than \`maxTasks\` (${maxTasks}${origin('maxTasks')}). Set ${remedy}.`);
  }
}

/** Refuses ports that another container or the service itself listens on. */
export function requireFreePorts(scope: IConstruct, prop: string, ports: number[], taken: number[]): void {
  const seen = new Set(taken);
  for (const port of ports) {
    if (!Token.isUnresolved(port) && seen.has(port)) {
      throw new InvalidBackendError(scope, 'Service.duplicatePort', `${prop} has ${port}, a port that is already used in this task. All containers of a task share their ports. Use another port.`);
    }
    seen.add(port);
  }
}

/** Refuses a `/tmp` that does not fit into the task's memory. */
export function validateTmpSize(scope: IConstruct, { tmpSize, memoryLimitMiB }: Pick<CheckedTask, 'tmpSize' | 'memoryLimitMiB'>): void {
  if (tmpSize.isUnresolved() || Token.isUnresolved(memoryLimitMiB)) {
    return;
  }
  const size = tmpSize.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(size) || size < 1 || size >= memoryLimitMiB) {
    throw new InvalidBackendError(scope, 'Service.tmpSize', `\`tmpSize\` must be from 1 to ${memoryLimitMiB - 1} whole MiB, less than \`memoryLimitMiB\` (${memoryLimitMiB}) because '/tmp' is part of the task's memory, got ${size}. For more space on disk, use \`writablePaths\`.`);
  }
}

/** Refuses what is no user of a container. */
export function validateUser(scope: IConstruct, user?: string): void {
  if (user !== undefined && !Token.isUnresolved(user) && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(user)) {
    throw new InvalidBackendError(scope, 'Service.user', `\`user\` must be a user id, a user name or 'uid:gid', got '${user}'. Remove \`user\` for the default, '1000:1000'.`);
  }
}

function validateHealthCheckPath(scope: IConstruct, path?: string): void {
  if (path !== undefined && !Token.isUnresolved(path) && !/^\/[\x21-\x7e]{0,1023}$/.test(path)) {
    throw new InvalidBackendError(scope, 'FargateApi.healthCheckPath', `\`healthCheckPath\` must start with '/' and have at most 1024 characters without spaces, for example '/healthz', got '${path}'.`);
  }
}

/** Refuses paths that cannot be mounted, or are already. */
export function validateWritablePaths(scope: IConstruct, paths: string[], prop = '`writablePaths`', others: string[] = []): void {
  const seen = new Set<string>(others);
  for (const path of paths) {
    if (Token.isUnresolved(path) || !/^(\/[A-Za-z0-9_.-]+)+$/.test(path) || path.split('/').includes('..')) {
      throw new InvalidBackendError(scope, 'Service.writablePaths', `${prop} must be absolute paths below '/', of letters, digits, '_', '.' and '-', for example '/var/cache/app', got ${shown(path)}.`);
    }
    if (path === '/tmp' || path === CA_DIRECTORY || CA_DIRECTORY.startsWith(`${path}/`)) {
      throw new InvalidBackendError(scope, 'Service.reservedPath', `${prop} has '${path}', ${path === '/tmp' ? 'which is writable already. Remove \'/tmp\', and set `tmpSize` for its size' : `where this library puts certificate authorities. Remove '${path}', or use another path`}.`);
    }
    if (seen.has(path)) {
      throw new InvalidBackendError(scope, 'Service.duplicatePath', `${prop} has '${path}', which is already mounted in the container. Use each path once.`);
    }
    seen.add(path);
  }
}
