import { Duration, Size, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { ServicePlan } from './service-plan';
import { CONTAINER_NAME } from './service-task';
import type { TaskVolumes } from './task-volumes';
import { validatePorts, validateTmpSize, validateUser, validateWritablePaths } from './validate-service';
import { InvalidBackendError } from '../../private/errors';
import { integer, seconds } from '../../private/ranges';
import { sortedByName } from '../../private/sorted';
import { adviseOnContainer } from '../shared/container-advice';
import { hardenedContainer } from '../shared/hardened-container';
import { mountExecuteCommandPaths, mountWritablePaths } from '../shared/init-containers';
import type { SidecarOptions } from '../sidecar';

/** Containers that a task definition may have. */
const MAX_CONTAINERS = 10;

/** The service that sidecars stand beside. */
export interface SidecarHost {
  readonly scope: IConstruct;
  readonly construct: string;
  readonly task: ecs.FargateTaskDefinition;
  readonly container: ecs.ContainerDefinition;
  readonly plan: ServicePlan;
  readonly logGroup: logs.ILogGroup;
  readonly volumes: TaskVolumes;
  readonly enableExecuteCommand: boolean;
}

interface Known {
  readonly container: ecs.ContainerDefinition;
  readonly options: Pick<SidecarOptions, 'essential' | 'healthCheck' | 'startsAfter' | 'cpu' | 'memoryLimitMiB'>;
}

/** The containers of a service beside its own. */
export class Sidecars {
  private readonly known = new Map<string, Known>();
  private readonly ports: number[];

  constructor(private readonly host: SidecarHost, containerHealthCheck?: ecs.HealthCheck) {
    this.known.set(CONTAINER_NAME, { container: host.container, options: { essential: true, healthCheck: containerHealthCheck } });
    this.ports = [...(host.plan.port === undefined ? [] : [host.plan.port]), ...host.plan.additionalPorts];
  }

  public add(id: string, options: SidecarOptions): ecs.ContainerDefinition {
    const { scope, construct, plan } = this.host;
    this.validate(id, options);
    validateSums(scope, plan, [...[...this.known.values()].map((known) => known.options), options]);
    adviseOnContainer(scope, construct, { image: options.image, user: options.user });
    const container = this.createContainer(id, options);
    this.mount(id, options, container);
    this.known.set(id, { container, options });
    this.ports.push(...options.ports ?? []);
    this.order(id, options, container);
    validateCount(scope, container.taskDefinition);
    return container;
  }

  private createContainer(id: string, options: SidecarOptions): ecs.ContainerDefinition {
    const { task, logGroup } = this.host;
    return task.addContainer(id, {
      image: options.image,
      essential: options.essential ?? true,
      entryPoint: options.entryPoint,
      command: options.command,
      environment: options.environment && sortedByName(options.environment),
      secrets: options.secrets && sortedByName(options.secrets),
      healthCheck: options.healthCheck,
      startTimeout: options.startTimeout,
      stopTimeout: options.stopTimeout ?? Duration.seconds(30),
      cpu: options.cpu,
      memoryLimitMiB: options.memoryLimitMiB,
      portMappings: options.ports?.map((containerPort) => ({ containerPort, protocol: ecs.Protocol.TCP })),
      ...hardenedContainer(task, `${id}Linux`, { logGroup, streamPrefix: id, user: options.user, tmpSize: options.tmpSize, loseLogsBeforeBlocking: true }),
    });
  }

  private mount(id: string, { writablePaths = [], sharedPaths = [], volumes, user }: SidecarOptions, container: ecs.ContainerDefinition): void {
    const owner = { initId: `${id}WritablePaths`, volumes: `${id}-writable` };
    const shared = { paths: sharedPaths, other: this.host.container, volumes: `${id}-shared` };
    mountWritablePaths(container, { owner, own: writablePaths, shared }, this.host.logGroup);
    if (this.host.enableExecuteCommand) {
      mountExecuteCommandPaths(container, `${id}-execute-command`);
    }
    this.host.volumes.mount(container, { volumes, user, initId: `${id}Volumes` });
  }

  private order(id: string, { serviceStartsAfter, startsAfter = {} }: SidecarOptions, container: ecs.ContainerDefinition): void {
    for (const [other, condition] of Object.entries(sortedByName(startsAfter))) {
      container.addContainerDependencies({ container: this.find(id, other).container, condition: this.validCondition(other, condition) });
    }
    if (serviceStartsAfter !== undefined) {
      if (this.waitsForService(id)) {
        throw this.invalid(id, `starts after the service, and the service after it. Leave out serviceStartsAfter, or '${CONTAINER_NAME}' in startsAfter.`);
      }
      this.host.container.addContainerDependencies({ container, condition: this.validCondition(id, serviceStartsAfter) });
    }
  }

  private waitsForService(id: string): boolean {
    return id === CONTAINER_NAME || Object.keys(this.known.get(id)?.options.startsAfter ?? {}).some((other) => this.waitsForService(other));
  }

  private find(id: string, other: string): Known {
    const found = this.known.get(other);
    if (found === undefined || other === id) {
      throw this.invalid(id, `starts after '${other}', which is not there. It can start after ${[...this.known.keys()].filter((each) => each !== id).map((each) => `'${each}'`).join(', ')}; add sidecars in the order of their start.`);
    }
    return found;
  }

  /** ECS refuses a condition that can never be met when the task definition is registered. */
  private validCondition(other: string, condition: ecs.ContainerDependencyCondition): ecs.ContainerDependencyCondition {
    const { HEALTHY, SUCCESS, COMPLETE } = ecs.ContainerDependencyCondition;
    const { essential = true, healthCheck } = (this.known.get(other) as Known).options;
    if (condition === HEALTHY && healthCheck === undefined) {
      throw this.invalid(other, `has no health check, so nothing can wait until it is healthy. Give it ${other === CONTAINER_NAME ? 'containerHealthCheck' : 'healthCheck'}, or wait for START.`);
    }
    if ((condition === SUCCESS || condition === COMPLETE) && essential) {
      throw this.invalid(other, `is essential, so the task ends when it does, and nothing can wait for its end. ${other === CONTAINER_NAME ? 'Wait for START or HEALTHY.' : 'Set essential to false.'}`);
    }
    return condition;
  }

  private validate(id: string, options: SidecarOptions): void {
    const { scope, task, plan, container } = this.host;
    if (!/^[A-Za-z0-9_-]{1,200}$/.test(id)) {
      throw new InvalidBackendError(scope, `'${id}' is no name for a container. Use up to 200 letters, digits, '-' and '_'.`);
    }
    if (task.node.tryFindChild(id) !== undefined) {
      throw this.invalid(id, 'is there already. Give each container of a service an id of its own.');
    }
    integer(scope, `cpu of '${id}'`, options.cpu, 1, 16384);
    integer(scope, `memoryLimitMiB of '${id}'`, options.memoryLimitMiB, 6, 122880);
    seconds(scope, `startTimeout of '${id}'`, options.startTimeout, 2, 120);
    seconds(scope, `stopTimeout of '${id}'`, options.stopTimeout, 2, 120);
    validateUser(scope, options.user);
    validatePorts(scope, `ports of '${id}'`, options.ports ?? [], this.ports);
    validateTmpSize(scope, { tmpSize: options.tmpSize ?? Size.mebibytes(64), memoryLimitMiB: options.memoryLimitMiB ?? plan.memoryLimitMiB });
    validateWritablePaths(scope, options.writablePaths ?? [], `writablePaths of '${id}'`);
    validateWritablePaths(scope, options.sharedPaths ?? [], `sharedPaths of '${id}'`, [...options.writablePaths ?? [], ...container.mountPoints.map(({ containerPath }) => String(containerPath))]);
  }

  private invalid(id: string, message: string): InvalidBackendError {
    return new InvalidBackendError(this.host.scope, `The container '${id}' ${message}`);
  }
}

function validateCount(scope: IConstruct, taskDefinition: ecs.TaskDefinition): void {
  const count = taskDefinition.node.children.filter((child) => child instanceof ecs.ContainerDefinition).length;
  if (count > MAX_CONTAINERS) {
    throw new InvalidBackendError(scope, `The tasks have ${count} containers, with those that prepare paths and certificates; ECS takes at most ${MAX_CONTAINERS}. Leave out some sidecars.`);
  }
}

function validateSums(scope: IConstruct, plan: ServicePlan, containers: Known['options'][]): void {
  for (const [name, total] of [['cpu', plan.cpu], ['memoryLimitMiB', plan.memoryLimitMiB]] as const) {
    const sum = containers.reduce((all, { [name]: part = 0 }) => all + (Token.isUnresolved(part) ? 0 : part), 0);
    if (!Token.isUnresolved(total) && sum > total) {
      throw new InvalidBackendError(scope, `${name} of the sidecars is ${sum} together, more than the ${total} of the task. Raise ${name} of the service, or give sidecars less.`);
    }
  }
}
