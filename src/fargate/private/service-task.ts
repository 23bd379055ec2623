import { Lazy, type Duration, type IResolveContext } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { PORT_NAME, discoveryOf } from './discovery';
import type { ServicePlan, TaskPlan } from './service-plan';
import { TaskContainerDefinition } from './task-container';
import type { TaskVariables } from './task-variables';
import { Posture } from '../../posture';
import { dataRemovalPolicy } from '../../posture/shared/data-removal';
import { referWeakly } from '../../private/cross-stack';
import type { CommonServiceProps } from '../common-service-props';
import type { CommonTaskProps } from '../common-task-props';
import { hardenedContainer } from '../shared/hardened-container';
import { trustFirst, mountExecuteCommandPaths, mountWritablePaths, WRITABLE_PATHS } from '../shared/init-containers';
import { narrowTrust, taskRoleOf } from '../shared/task-role';

/** Name of the service's own container; init containers have names of their own. */
export const CONTAINER_NAME = 'Service';

/** Makes the log group of all containers of a task. */
export function createLogGroup(scope: Construct, props: Pick<CommonTaskProps, 'logRetention' | 'removalPolicy'>): logs.LogGroup {
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: props.logRetention ?? Posture.of(scope).logRetention,
    removalPolicy: dataRemovalPolicy(scope, props.removalPolicy),
  });
  referWeakly(...logGroup.node.children);
  return logGroup;
}

/** What a task runs: the container of a service, or of a job. */
export interface TaskContainer {
  readonly name: string;
  readonly portMappings?: ecs.PortMapping[];
  readonly healthCheck?: ecs.HealthCheck;
  readonly startTimeout?: Duration;
  readonly enableExecuteCommand?: boolean;
  /** Whether the process runs on where CloudWatch Logs is slow, at the price of lines. */
  readonly loseLogsBeforeBlocking: boolean;
}

/** Everything that a task definition is made of. */
export interface TaskParts {
  readonly props: CommonTaskProps;
  readonly plan: TaskPlan;
  readonly variables: TaskVariables;
  readonly logGroup: logs.ILogGroup;
  readonly container: TaskContainer;
  /** Name that others use without a revision; none where nobody does. */
  readonly family?: string;
}

/** Makes a task definition, with its hardened container and what must run before it. */
export function createTask(scope: Construct, { props, plan, variables, logGroup, container: own, family }: TaskParts): ecs.FargateTaskDefinition {
  const task = createTaskDefinition(scope, props, plan, family);
  const container = new TaskContainerDefinition(task, own.name, {
    taskDefinition: task,
    image: props.image,
    essential: true,
    entryPoint: props.entryPoint,
    command: props.command,
    healthCheck: own.healthCheck,
    startTimeout: own.startTimeout,
    stopTimeout: plan.stopTimeout,
    portMappings: own.portMappings,
    ...hardenedContainer(task, `${own.name}Linux`, {
      logGroup,
      streamPrefix: own.name,
      user: props.user,
      tmpSize: plan.tmpSize,
      loseLogsBeforeBlocking: own.loseLogsBeforeBlocking,
    }),
  });
  variables.fill(container);
  mountWritablePaths(container, { owner: { initId: WRITABLE_PATHS, volumes: 'writable' }, own: plan.writablePaths }, logGroup);
  if (own.enableExecuteCommand === true) {
    mountExecuteCommandPaths(container);
  }
  return task;
}

/** The container of a service. */
export function containerOf(props: CommonServiceProps, plan: ServicePlan): TaskContainer {
  const { containerHealthCheck: healthCheck, startTimeout, enableExecuteCommand } = props;
  return { name: CONTAINER_NAME, portMappings: renderPorts(props.cluster, plan), healthCheck, startTimeout, enableExecuteCommand, loseLogsBeforeBlocking: true };
}

/** The service's own container in its task definition. */
export function serviceContainer(task: ecs.FargateTaskDefinition): TaskContainerDefinition {
  return task.node.findChild(CONTAINER_NAME) as TaskContainerDefinition;
}

function createTaskDefinition(scope: Construct, props: CommonTaskProps, plan: TaskPlan, family?: string): ecs.FargateTaskDefinition {
  const task = new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
    family,
    cpu: plan.cpu,
    memoryLimitMiB: plan.memoryLimitMiB,
    ephemeralStorageGiB: plan.ephemeralStorage?.toGibibytes(),
    taskRole: taskRoleOf(scope, props.taskRole),
    runtimePlatform: {
      cpuArchitecture: props.architecture ?? ecs.CpuArchitecture.ARM64,
      operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
    },
  });
  narrowTrust(task);
  putTrustFirst(task.node.defaultChild as ecs.CfnTaskDefinition);
  return task;
}

type Containers = ecs.CfnTaskDefinition.ContainerDefinitionProperty[];
type Volumes = ecs.CfnTaskDefinition.VolumeProperty[];

/** Certificate authorities stand at one place, whether the first came with the service or later: else a service would be deployed anew for nothing. */
function putTrustFirst(resource: ecs.CfnTaskDefinition): void {
  const { containerDefinitions, volumes } = resource;
  resource.containerDefinitions = Lazy.uncachedAny({
    produce: (context: IResolveContext) => {
      const [own, ...others] = context.resolve(containerDefinitions) as Containers;
      return [{ ...own, dependsOn: trustFirst(own.dependsOn), mountPoints: trustFirst(own.mountPoints) }, ...trustFirst(others) ?? []];
    },
  });
  resource.volumes = Lazy.uncachedAny({ produce: (context: IResolveContext) => trustFirst(context.resolve(volumes) as Volumes | undefined) });
}

/** Service Connect refers to its port by name, and nothing else has a use for that. */
function renderPorts(cluster: ecs.ICluster, { port, additionalPorts, appProtocol }: ServicePlan): ecs.PortMapping[] | undefined {
  const isConnected = discoveryOf(cluster)?.kind === 'connect';
  const main = { protocol: ecs.Protocol.TCP, ...(isConnected ? { name: PORT_NAME, appProtocol } : {}) };
  return port === undefined ? undefined : [{ containerPort: port, ...main }, ...additionalPorts.map((containerPort) => ({ containerPort, protocol: ecs.Protocol.TCP }))];
}
