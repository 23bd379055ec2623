import { Annotations, SizeRoundingBehavior, Token, type Duration, type Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceKind } from './service-plan';
import { CA_DIRECTORY } from '../../binding/shared/trust.contract';
import { InvalidBackendError } from '../../private/errors';
import { integer, seconds } from '../../private/ranges';

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
  readonly failureThreshold: number;
  readonly minTasks: number;
  readonly maxTasks: number;
}

/** Refuses what ECS would refuse only during a deployment. Unresolved values pass. */
export function validateTask(scope: IConstruct, task: CheckedTask): void {
  seconds(scope, 'stopTimeout', task.stopTimeout, 2, 120);
  validateEphemeralStorage(scope, task.ephemeralStorage);
  validateTmpSize(scope, task);
  validateUser(scope, task.user);
  validateWritablePaths(scope, task.writablePaths);
}

/** Refuses what ECS or the load balancer would refuse only during a deployment. Unresolved values pass. */
export function validateService(scope: IConstruct, service: CheckedService): void {
  integer(scope, 'port', service.port, 1, 65535);
  validatePorts(scope, 'additionalPorts', service.additionalPorts, service.port === undefined ? [] : [service.port]);
  integer(scope, 'failureThreshold', service.failureThreshold, 1, 10000);
  integer(scope, 'minTasks', service.minTasks, 0, 5000);
  integer(scope, 'maxTasks', service.maxTasks, 0, 5000);
  seconds(scope, 'startTimeout', service.startTimeout, 2, 120);
  seconds(scope, 'deregistrationDelay', service.deregistrationDelay, 0, 3600);
  validateTaskBounds(scope, service);
  validateHealthCheckPath(scope, service.healthCheckPath);
}

/** Warns about a port that works for some images and not for others. */
export function adviseOnPort(scope: IConstruct, { construct, port }: ServiceKind): void {
  if (port !== undefined && !Token.isUnresolved(port) && port < 1024) {
    Annotations.of(scope).addWarningV2(
      `cdk-private-backend:${construct}.privilegedPort`,
      `Port ${port} is below 1024, where a process without root and without capabilities usually cannot listen. Use a port from 1024 up, such as the default 8080.`,
    );
  }
}

function validateTaskBounds(scope: IConstruct, { minTasks, maxTasks }: CheckedService): void {
  if (!Token.isUnresolved(minTasks) && !Token.isUnresolved(maxTasks) && maxTasks < minTasks) {
    throw new InvalidBackendError(
      scope,
      `maxTasks must be at least minTasks, got minTasks ${minTasks} and maxTasks ${maxTasks}. What you do not set comes from the posture, so set both.`,
    );
  }
}

/** Refuses ports that are none, or that another container or the service itself listens on. */
export function validatePorts(scope: IConstruct, prop: string, ports: number[], taken: number[]): void {
  const seen = new Set(taken);
  for (const port of ports) {
    integer(scope, prop, port, 1, 65535);
    if (!Token.isUnresolved(port) && seen.has(port)) {
      throw new InvalidBackendError(scope, `${prop} has ${port}, on which a container of the task listens already. Containers of a task share their ports: choose another.`);
    }
    seen.add(port);
  }
}

function validateEphemeralStorage(scope: IConstruct, storage?: Size): void {
  if (storage !== undefined && !storage.isUnresolved()) {
    integer(scope, 'ephemeralStorage in GiB', storage.toGibibytes({ rounding: SizeRoundingBehavior.NONE }), 21, 200);
  }
}

/** Refuses a `/tmp` that does not fit into the task's memory. */
export function validateTmpSize(scope: IConstruct, { tmpSize, memoryLimitMiB }: Pick<CheckedTask, 'tmpSize' | 'memoryLimitMiB'>): void {
  if (tmpSize.isUnresolved() || Token.isUnresolved(memoryLimitMiB)) {
    return;
  }
  const size = tmpSize.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isInteger(size) || size < 1 || size >= memoryLimitMiB) {
    throw new InvalidBackendError(scope, `tmpSize is part of the task's memory: it must be whole MiB, from 1 to less than memoryLimitMiB ${memoryLimitMiB}, got ${size}. For more space on disk, use writablePaths.`);
  }
}

/** Refuses what is no user of a container. */
export function validateUser(scope: IConstruct, user?: string): void {
  if (user !== undefined && !Token.isUnresolved(user) && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(user)) {
    throw new InvalidBackendError(scope, `user must be a user id or name, or 'uid:gid', like '1000:1000', got '${user}'. Leave it out for that default.`);
  }
}

function validateHealthCheckPath(scope: IConstruct, path?: string): void {
  if (path !== undefined && !Token.isUnresolved(path) && !/^\/[\x21-\x7e]{0,1023}$/.test(path)) {
    throw new InvalidBackendError(scope, `healthCheckPath must start with '/' and have at most 1024 characters without spaces, like '/healthz', got '${path}'.`);
  }
}

/** Refuses paths that cannot be mounted, or are already. */
export function validateWritablePaths(scope: IConstruct, paths: string[], prop = 'writablePaths', others: string[] = []): void {
  const seen = new Set<string>(others);
  for (const path of paths) {
    if (Token.isUnresolved(path) || !/^(\/[A-Za-z0-9_.-]+)+$/.test(path) || path.split('/').includes('..')) {
      throw new InvalidBackendError(scope, `${prop} takes absolute paths of letters, digits, '_', '.' and '-' below '/', like '/var/cache/app', got '${path}'.`);
    }
    if (path === '/tmp' || path === CA_DIRECTORY || CA_DIRECTORY.startsWith(`${path}/`)) {
      throw new InvalidBackendError(scope, `${prop} has '${path}', which ${path === '/tmp' ? 'is writable already; tmpSize sets its size' : 'holds certificate authorities'}. Remove it.`);
    }
    if (seen.has(path)) {
      throw new InvalidBackendError(scope, `${prop} has '${path}' twice. Remove one.`);
    }
    seen.add(path);
  }
}
