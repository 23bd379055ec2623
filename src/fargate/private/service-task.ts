import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { PORT_NAME, discoveryOf } from './discovery';
import { hardenedContainer } from './hardened-container';
import { deliverCertificateAuthorities, mountExecuteCommandPaths, mountWritablePaths } from './init-containers';
import type { ServiceInputs } from './service-inputs';
import type { ServicePlan } from './service-plan';
import { Posture } from '../../posture';
import { referWeakly } from '../../private/cross-stack';
import { dataRemovalPolicy } from '../../private/data-removal';
import type { FargateServiceProps } from '../fargate-service-props';

/** Name of the service's own container; init containers have names of their own. */
export const CONTAINER_NAME = 'Service';

/** Makes the log group of all containers of a task. */
export function createLogGroup(scope: Construct, props: Pick<FargateServiceProps, 'logRetention' | 'removalPolicy'>): logs.LogGroup {
  const logGroup = new logs.LogGroup(scope, 'LogGroup', {
    retention: props.logRetention ?? Posture.of(scope).logRetention,
    removalPolicy: dataRemovalPolicy(scope, props.removalPolicy),
  });
  referWeakly(...logGroup.node.children);
  return logGroup;
}

/** Makes the task definition of a service, with its hardened container and what must run before it. */
export function createTask(scope: Construct, props: FargateServiceProps, plan: ServicePlan, inputs: ServiceInputs, logGroup: logs.ILogGroup): ecs.FargateTaskDefinition {
  const task = new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
    cpu: plan.cpu,
    memoryLimitMiB: plan.memoryLimitMiB,
    ephemeralStorageGiB: props.ephemeralStorage?.toGibibytes(),
    taskRole: props.taskRole,
    runtimePlatform: {
      cpuArchitecture: props.architecture ?? ecs.CpuArchitecture.ARM64,
      operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
    },
  });
  const container = task.addContainer(CONTAINER_NAME, {
    image: props.image,
    essential: true,
    entryPoint: props.entryPoint,
    command: props.command,
    environment: inputs.environment,
    secrets: inputs.secrets,
    healthCheck: props.containerHealthCheck,
    stopTimeout: plan.stopTimeout,
    portMappings: renderPorts(props.cluster, plan),
    ...hardenedContainer(task, `${CONTAINER_NAME}Linux`, {
      logGroup,
      streamPrefix: CONTAINER_NAME,
      user: props.user,
      tmpSize: plan.tmpSize,
      loseLogsBeforeBlocking: true,
    }),
  });
  deliverCertificateAuthorities(container, inputs.certificateAuthorities, logGroup);
  mountWritablePaths(container, { owner: { initId: 'WritablePaths', volumes: 'writable' }, own: plan.writablePaths }, logGroup);
  if (props.enableExecuteCommand === true) {
    mountExecuteCommandPaths(container);
  }
  return task;
}

/** The service's own container in its task definition. */
export function serviceContainer(task: ecs.FargateTaskDefinition): ecs.ContainerDefinition {
  return task.node.findChild(CONTAINER_NAME) as ecs.ContainerDefinition;
}

/** Service Connect refers to its port by name, and nothing else has a use for that. */
function renderPorts(cluster: ecs.ICluster, { port, additionalPorts }: ServicePlan): ecs.PortMapping[] | undefined {
  const isConnected = discoveryOf(cluster)?.kind === 'connect';
  const main = { protocol: ecs.Protocol.TCP, ...(isConnected ? { name: PORT_NAME, appProtocol: ecs.AppProtocol.http } : {}) };
  return port === undefined ? undefined : [{ containerPort: port, ...main }, ...additionalPorts.map((containerPort) => ({ containerPort, protocol: ecs.Protocol.TCP }))];
}
