import { type Duration, Size, Token } from 'aws-cdk-lib';
import type { AppProtocol, CapacityProviderStrategy } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { renderCapacity } from './capacity-rules';
import { validateDeployment } from './deployment-rules';
import type { DeploymentPlan, ScalingPolicy } from './plans';
import { adviseOnScaling, choosePolicies, validatePolicies } from './scaling-rules';
import { type CheckedService, type CheckedTask, adviseOnPort, validateService, validateTask } from './validate-service';
import { type TaskPlacement, placeTask } from '../../network/shared/placement';
import { Posture } from '../../posture';
import type { CommonServiceProps } from '../common-service-props';
import type { CommonTaskProps } from '../common-task-props';
import { ServiceDeployment } from '../service-deployment';
import { requireClusterHere } from '../shared/cluster-here';
import { adviseOnContainer } from '../shared/container-advice';
import { type TaskSize, validateTaskSize } from '../shared/task-size';

/** What differs from one kind of service to another. */
export interface ServiceKind {
  /** Name of the class, for messages. */
  readonly construct: string;
  /** Port that the service listens on; none for a worker. */
  readonly port?: number;
  /** Further ports that it listens on. */
  readonly additionalPorts?: number[];
  /** What the proxies of Service Connect see in the traffic of the port; TCP where they see nothing. */
  readonly appProtocol?: AppProtocol;
  /** Path that a load balancer asks. */
  readonly healthCheckPath?: string;
  /** Time that a load balancer lets running requests finish. */
  readonly deregistrationDelay?: Duration;
  /** Name under which others find the service; none where they cannot. */
  readonly discoveryName?: (scope: IConstruct) => string;
  /** What makes the service scale, where its props do not say. */
  readonly scaling: ScalingPolicy[];
  readonly defaultStopTimeout: Duration;
  /** Variables that this kind of service gets, and nothing may change. */
  readonly environment: (plan: ServicePlan) => OwnVariables;
}

/** Variables that the library itself gives, by the name of the prop that they follow from. */
export type OwnVariables = { [prop: string]: { [name: string]: string } };

/** Everything that is decided about tasks before their first resource is made. */
export interface TaskPlan extends CheckedTask, TaskSize {
  readonly placement: TaskPlacement;
  readonly capacityProviders?: CapacityProviderStrategy[];
}

/** Everything that is decided about a service before its first resource is made. */
export interface ServicePlan extends TaskPlan, CheckedService {
  readonly policies: ScalingPolicy[];
  readonly deployment: DeploymentPlan;
  readonly appProtocol?: AppProtocol;
}

/** Fills in what the props of tasks leave open, and refuses what cannot be deployed. */
export function planTask(scope: IConstruct, props: CommonTaskProps, kind: Pick<ServiceKind, 'construct' | 'defaultStopTimeout'>): TaskPlan {
  requireClusterHere(scope, props.cluster);
  const plan: TaskPlan = {
    ephemeralStorage: props.ephemeralStorage,
    stopTimeout: props.stopTimeout ?? kind.defaultStopTimeout,
    writablePaths: props.writablePaths ?? [],
    user: props.user,
    tmpSize: props.tmpSize ?? Size.mebibytes(64),
    cpu: props.cpu ?? 256,
    memoryLimitMiB: props.memoryLimitMiB ?? 512,
    placement: placeTask(scope, props.cluster.vpc, props.vpcSubnets),
    capacityProviders: renderCapacity(scope, props.cluster, props.capacity),
  };
  validateTaskSize(scope, plan);
  validateTask(scope, plan);
  adviseOnContainer(scope, kind.construct, { image: props.image, user: props.user });
  return plan;
}

/** Fills in what the props of a service leave open, and refuses what cannot be deployed. */
export function planService(scope: IConstruct, props: CommonServiceProps, kind: ServiceKind): ServicePlan {
  const posture = Posture.of(scope);
  const plan: ServicePlan = {
    ...planTask(scope, props, kind),
    port: kind.port,
    additionalPorts: kind.additionalPorts ?? [],
    appProtocol: kind.appProtocol,
    healthCheckPath: kind.healthCheckPath,
    deregistrationDelay: kind.deregistrationDelay,
    startTimeout: props.startTimeout,
    deploymentFailureThreshold: props.deploymentFailureThreshold ?? 3,
    minTasks: props.minTasks ?? posture.minTasks,
    maxTasks: props.maxTasks ?? posture.maxTasks,
    policies: choosePolicies(scope, kind, props.scaleOn),
    deployment: (props.deployment ?? ServiceDeployment.rolling())._plan,
  };
  validateService(scope, plan, props);
  validatePolicies(scope, kind, plan);
  validateDeployment(scope, kind, plan);
  adviseOnPort(scope, kind);
  adviseOnScaling(scope, plan, props);
  return plan;
}

/** Whether the number of tasks is left to scaling. */
export function isScaling(plan: ServicePlan): boolean {
  return plan.maxTasks !== plan.minTasks || plan.policies.some(({ kind }) => kind === 'schedule');
}

/** Tasks that run at least, outside of deployments: schedules may set less than the service has. Nothing where a token leaves that open. */
export function leastTasksOf({ minTasks, policies }: Pick<ServicePlan, 'minTasks' | 'policies'>): number | undefined {
  const scheduled = policies.flatMap((policy) => (policy.kind === 'schedule' ? [policy.bounds.minTasks ?? minTasks] : []));
  const all = [...new Set([minTasks, ...scheduled])];
  if (all.length === 1 || all.includes(0)) {
    return all.includes(0) ? 0 : all[0];
  }
  return all.some((tasks) => Token.isUnresolved(tasks)) ? undefined : Math.min(...all);
}

/** Tasks that run at most, outside of deployments: schedules may set bounds beyond those of the service. A token where one of the numbers is. */
export function peakTasksOf({ minTasks, maxTasks, policies }: Pick<ServicePlan, 'minTasks' | 'maxTasks' | 'policies'>): number {
  const scheduled = policies.flatMap((policy) => (policy.kind === 'schedule' ? [policy.bounds.minTasks ?? 0, policy.bounds.maxTasks ?? 0] : []));
  const all = [minTasks, maxTasks, ...scheduled];
  return all.find((tasks) => Token.isUnresolved(tasks)) ?? Math.max(...all);
}
