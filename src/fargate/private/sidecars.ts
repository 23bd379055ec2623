import { Duration, Size, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { ServicePlan, TaskPlan } from './service-plan';
import { CONTAINER_NAME } from './service-task';
import type { TaskContainers } from './task-containers';
import type { TaskVolumes } from './task-volumes';
import { requireFreePorts, validateTmpSize, validateUser, validateWritablePaths } from './validate-service';
import type { SidecarOptions } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import { sortedByName } from '../../private/sorted';
import { adviseOnContainer } from '../shared/container-advice';
import { hardenedContainer } from '../shared/hardened-container';
import { INIT_IDS, mountExecuteCommandPaths, mountWritablePaths } from '../shared/init-containers';
import { REHEARSAL_CONTAINER } from '../shared/run-task.contract';

/** Where sidecars come from that no binding brings. */
const ADDED = '`addSidecar()`';

/** Ids of containers that this library may add later. */
const RESERVED = [...INIT_IDS, REHEARSAL_CONTAINER];

/** The service or job that sidecars stand beside. */
export interface SidecarHost {
  readonly scope: IConstruct;
  readonly task: ecs.FargateTaskDefinition;
  readonly container: ecs.ContainerDefinition;
  readonly plan: TaskPlan & Partial<Pick<ServicePlan, 'port' | 'additionalPorts'>>;
  readonly logGroup: logs.ILogGroup;
  readonly volumes: TaskVolumes;
  readonly containers: TaskContainers;
  readonly enableExecuteCommand: boolean;
}

interface Known {
  readonly container: ecs.ContainerDefinition;
  /** Who brought it, in backquotes where that is code. */
  readonly origin: string;
  readonly options: Pick<SidecarOptions, 'essential' | 'healthCheck' | 'startsAfter' | 'cpu' | 'memoryLimitMiB'>;
}

/** The containers of a service or job beside its own, which all of them know as `Service`. */
export class Sidecars {
  private readonly known = new Map<string, Known>();
  private readonly ports: number[];

  constructor(private readonly host: SidecarHost, containerHealthCheck?: ecs.HealthCheck) {
    this.known.set(CONTAINER_NAME, { container: host.container, origin: 'the service itself', options: { essential: true, healthCheck: containerHealthCheck } });
    this.ports = [...(host.plan.port === undefined ? [] : [host.plan.port]), ...host.plan.additionalPorts ?? []];
  }

  /** Adds sidecars that wait for each other, in the order of their start, else of their ids. */
  public addAll(sidecars: { [id: string]: SidecarOptions }, origin: string): void {
    const open = Object.keys(sortedByName(sidecars));
    while (open.length > 0) {
      // A circle has no first one: then the one that is added says whom it waits for.
      const next = Math.max(0, open.findIndex((id) => !open.some((other) => other in (sidecars[id].startsAfter ?? {}))));
      const [id] = open.splice(next, 1);
      this.add(id, sidecars[id], origin);
    }
  }

  public add(id: string, options: SidecarOptions, origin = ADDED): ecs.ContainerDefinition {
    const { scope, plan } = this.host;
    this.validate(id, options, origin);
    validateSums(scope, plan, [...[...this.known].map(([name, known]) => ({ ...known.options, name })), { ...options, name: id }]);
    adviseOnContainer(scope, `sidecar '${id}'`, { image: options.image, user: options.user });
    const container = this.createContainer(id, options);
    this.mount(id, options, container);
    this.known.set(id, { container, origin, options });
    this.ports.push(...options.ports ?? []);
    this.order(id, options, container);
    this.host.containers.note(origin);
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
        throw new InvalidBackendError(this.host.scope, 'Sidecar.circularOrder', `The sidecar '${id}' starts after the service, directly or after other sidecars, and \`serviceStartsAfter\` lets the service start after '${id}'. Remove \`serviceStartsAfter\`, or '${CONTAINER_NAME}' in \`startsAfter\`.`);
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
      const possible = [...this.known.keys()].filter((each) => each !== id).map((each) => `'${each}'`).join(', ');
      throw new InvalidBackendError(this.host.scope, 'Sidecar.startsAfter', `\`startsAfter\` of the sidecar '${id}' has '${other}', which was not added before. Use ${possible}, and add sidecars in the order of their start.`);
    }
    return found;
  }

  /** ECS refuses a condition that can never be met when the task definition is registered. */
  private validCondition(other: string, condition: ecs.ContainerDependencyCondition): ecs.ContainerDependencyCondition {
    const { HEALTHY, SUCCESS, COMPLETE } = ecs.ContainerDependencyCondition;
    const { essential = true, healthCheck } = (this.known.get(other) as Known).options;
    if (condition === HEALTHY && healthCheck === undefined) {
      throw new InvalidBackendError(this.host.scope, 'Sidecar.noHealthCheck', `The container '${other}' does not have a health check, so another container can't wait until '${other}' is HEALTHY. `
        + `Set \`${other === CONTAINER_NAME ? 'containerHealthCheck' : 'healthCheck'}\`, or wait for START.`);
    }
    if ((condition === SUCCESS || condition === COMPLETE) && essential) {
      throw new InvalidBackendError(this.host.scope, 'Sidecar.essential', `The container '${other}' is essential: when '${other}' ends, the whole task ends, so another container can't wait for ${condition}. `
        + `${other === CONTAINER_NAME ? 'Wait' : 'Set `essential: false`, or wait'} for START or HEALTHY.`);
    }
    return condition;
  }

  private validate(id: string, options: SidecarOptions, origin: string): void {
    const { scope, plan, container } = this.host;
    if (!/^[A-Za-z0-9_-]{1,200}$/.test(id)) {
      throw new InvalidBackendError(scope, 'Sidecar.id', `The id of a sidecar must be up to 200 letters, digits, '-' and '_', got '${id}'.`);
    }
    this.requireFreeId(id, origin);
    this.validateNumbers(id, options);
    validateUser(scope, options.user);
    requireFreePorts(scope, `\`ports\` of the sidecar '${id}'`, options.ports ?? [], this.ports);
    validateTmpSize(scope, { tmpSize: options.tmpSize ?? Size.mebibytes(64), memoryLimitMiB: options.memoryLimitMiB ?? plan.memoryLimitMiB });
    validateWritablePaths(scope, options.writablePaths ?? [], `\`writablePaths\` of the sidecar '${id}'`);
    validateWritablePaths(scope, options.sharedPaths ?? [], `\`sharedPaths\` of the sidecar '${id}'`, [...options.writablePaths ?? [], ...container.mountPoints.map(({ containerPath }) => String(containerPath))]);
  }

  private requireFreeId(id: string, origin: string): void {
    const { scope, task } = this.host;
    const earlier = this.known.get(id)?.origin;
    if (earlier !== undefined || RESERVED.includes(id) || task.node.tryFindChild(id) !== undefined) {
      throw new InvalidBackendError(scope, 'Sidecar.duplicateId', `The sidecar '${id}' from ${origin} has an id that is already used in the tasks, by ${earlier ?? 'this library'}. Use another id for one of the two containers.`);
    }
  }

  private validateNumbers(id: string, { cpu, memoryLimitMiB, startTimeout, stopTimeout, ports = [] }: SidecarOptions): void {
    const numbers: [name: string, value: number | undefined, min: number, max: number][] = [
      ['cpu', cpu, 1, 16384],
      ['memoryLimitMiB', memoryLimitMiB, 6, 122880],
      ['startTimeout', secondsOf(startTimeout), 2, 120],
      ['stopTimeout', secondsOf(stopTimeout), 2, 120],
      ...ports.map((port, index): [string, number, number, number] => [`ports[${index}]`, port, 1, 65535]),
    ];
    for (const [name, value, min, max] of numbers) {
      if (value !== undefined && !Token.isUnresolved(value) && (!Number.isInteger(value) || value < min || value > max)) {
        const unit = name.endsWith('Timeout') ? ' of seconds' : '';
        throw new InvalidBackendError(this.host.scope, 'Sidecar.outOfRange', `\`${name}\` of the sidecar '${id}' must be a whole number${unit} from ${min} to ${max}, got ${value}.`);
      }
    }
  }
}

function secondsOf(duration?: Duration): number | undefined {
  return duration === undefined || duration.isUnresolved() ? undefined : duration.toSeconds({ integral: false });
}

function validateSums(scope: IConstruct, plan: TaskPlan, containers: (Known['options'] & { readonly name: string })[]): void {
  for (const [prop, total] of [['cpu', plan.cpu], ['memoryLimitMiB', plan.memoryLimitMiB]] as const) {
    const parts = containers.flatMap(({ name, [prop]: part }) => (part === undefined || Token.isUnresolved(part) ? [] : [{ name, part }]));
    const sum = parts.reduce((all, { part }) => all + part, 0);
    if (!Token.isUnresolved(total) && sum > total) {
      throw new InvalidBackendError(scope, 'Sidecar.tooLarge', `\`${prop}\` of the sidecars is ${sum} (${parts.map(({ name, part }) => `'${name}' ${part}`).join(' + ')}), more than \`${prop}\` of the service (${total}). `
        + `Set a larger \`${prop}\` on the service, or a smaller \`${prop}\` on a sidecar.`);
    }
  }
}
