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
    portMappings: plan.port === undefined ? undefined : [renderPort(props.cluster, plan.port)],
    ...hardenedContainer(task, `${CONTAINER_NAME}Linux`, {
      logGroup,
      streamPrefix: CONTAINER_NAME,
      user: props.user,
      tmpSize: plan.tmpSize,
      loseLogsBeforeBlocking: true,
    }),
  });
  deliverCertificateAuthorities(container, inputs.certificateAuthorities, logGroup);
  mountWritablePaths(container, plan.writablePaths, logGroup);
  if (props.enableExecuteCommand === true) {
    mountExecuteCommandPaths(container);
  }
  return task;
}

/** Service Connect refers to ports by name, and no other service has a use for that. */
function renderPort(cluster: ecs.ICluster, containerPort: number): ecs.PortMapping {
  const isConnected = discoveryOf(cluster)?.kind === 'connect';
  return { containerPort, protocol: ecs.Protocol.TCP, ...(isConnected ? { name: PORT_NAME, appProtocol: ecs.AppProtocol.http } : {}) };
}
