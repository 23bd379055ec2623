import { Resource, Stack, Token, type Duration } from 'aws-cdk-lib';
import { CfnAlarm, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import type { DeploymentPlan } from './plans';
import type { ServiceKind, ServicePlan } from './service-plan';
import { InvalidBackendError, problem } from '../../private/errors';
import { integer } from '../../private/ranges';
import { dependOnStackOf } from '../../private/stack-order';

const MINUTES_OF_A_DAY = 1440;

/** Refuses a deployment that ECS would refuse, or that could never end. */
export function validateDeployment(scope: IConstruct, kind: ServiceKind, plan: ServicePlan): void {
  const { deployment } = plan;
  const { strategy, step, bakeTime, minHealthyPercent, maxHealthyPercent } = deployment;
  integer(scope, 'minHealthyPercent', minHealthyPercent, 0, 100);
  integer(scope, 'maxHealthyPercent', maxHealthyPercent, 100, 200);
  validateRoom(scope, plan);
  minutes(scope, 'bakeTime', bakeTime);
  minutes(scope, strategy === 'CANARY' ? 'canaryBakeTime' : 'stepBakeTime', step?.bakeTime);
  if (step !== undefined) {
    const [name, least] = strategy === 'CANARY' ? ['canaryPercent', 0.1] as const : ['stepPercent', 3] as const;
    tenths(scope, name, step.percent, least);
    if (kind.port === undefined) {
      throw new InvalidBackendError(scope, 'ServiceDeployment.noRequests', `A \`${kind.construct}\` does not receive requests, which this deployment would move in steps. Use \`ServiceDeployment.rolling()\` or \`ServiceDeployment.blueGreen()\`.`);
    }
  }
  deployment.alarms.forEach((alarm) => dependOnStackOf(scope, alarm, 'Services depend on the alarms that roll their deployments back, never the reverse.'));
}

/**
 * Refuses percentages that leave no room for a new task, nor for one less: ECS would wait for ever, and its circuit breaker would have no
 * failed task to count. It rounds what must stay up and what may run down, for all tasks together, whatever capacity they run on. The
 * other strategies start all new tasks beside the old ones.
 *
 * Of n tasks, ⌈n × min⌉ < ⌊n × max⌋ is: n × (max − 100 %) or n × (100 % − min) is a whole task. With more tasks there is more room.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
 */
function validateRoom(scope: IConstruct, plan: ServicePlan): void {
  const { minHealthyPercent: min, maxHealthyPercent: max } = plan.deployment;
  const tasks = min === max ? 1 : fewestTasksOf(plan);
  if (tasks === undefined || Token.isUnresolved(min) || Token.isUnresolved(max)) {
    return;
  }
  const percentOfOne = Math.ceil(100 / tasks);
  if (max - 100 < percentOfOne && 100 - min < percentOfOne) {
    throw new InvalidBackendError(scope, 'ServiceDeployment.neverBegins', `With \`minHealthyPercent\` ${min} and \`maxHealthyPercent\` ${max}, a deployment of ${tasks} task${tasks === 1 ? '' : 's'} never begins: `
      + `${Math.ceil(tasks * min / 100)} must stay (${min} %, rounded up) and ${Math.floor(tasks * max / 100)} may run (${max} %, rounded down). `
      + `Set \`maxHealthyPercent\` to ${tasks === 1 ? '' : 'at least '}${100 + percentOfOne}, or \`minHealthyPercent\` to ${tasks === 1 ? '' : 'at most '}${100 - percentOfOne}.`);
  }
}

/** The fewest tasks that a deployment replaces, as far as they are known: schedules may set bounds beyond those of the service. */
function fewestTasksOf({ minTasks, maxTasks, policies }: ServicePlan): number | undefined {
  const scheduled = policies.flatMap((policy) => (policy.kind === 'schedule' ? [policy.bounds.minTasks, policy.bounds.maxTasks] : []));
  const bounds = [minTasks, maxTasks, ...scheduled].filter((bound): bound is number => bound !== undefined && !Token.isUnresolved(bound));
  return bounds.some((bound) => bound > 0) ? Math.max(1, Math.min(...bounds)) : undefined;
}

/** The deployment as ECS takes it. */
export function renderDeployment(deployment: DeploymentPlan, deploymentFailureThreshold: number): ecs.CfnService.DeploymentConfigurationProperty {
  const { strategy, step, bakeTime, alarms } = deployment;
  return {
    strategy,
    minimumHealthyPercent: deployment.minHealthyPercent,
    maximumPercent: deployment.maxHealthyPercent,
    bakeTimeInMinutes: bakeTime?.toMinutes(),
    linearConfiguration: strategy === 'LINEAR' && step !== undefined ? { stepPercent: step.percent, stepBakeTimeInMinutes: step.bakeTime.toMinutes() } : undefined,
    canaryConfiguration: strategy === 'CANARY' && step !== undefined ? { canaryPercent: step.percent, canaryBakeTimeInMinutes: step.bakeTime.toMinutes() } : undefined,
    alarms: alarms.length === 0 ? undefined : { alarmNames: alarms.map(({ alarmName }) => alarmName), enable: true, rollback: true },
    deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration: { type: 'COUNT', value: deploymentFailureThreshold } },
  };
}

/** Whether no task may run beside those that are wanted, or nobody knows. */
export function mayRunNoMore({ maxHealthyPercent }: DeploymentPlan): boolean {
  return Token.isUnresolved(maxHealthyPercent) || maxHealthyPercent === 100;
}

/** Alarms on metrics of the service, which CloudFormation could make neither before the service nor after it. */
export function findCircularAlarms(resource: ecs.CfnService, alarms: IAlarm[]): string[] {
  const stack = Stack.of(resource);
  const name = JSON.stringify(stack.resolve(resource.attrName));
  return alarms
    .filter((alarm) => Resource.isOwnedResource(alarm) && alarm.node.defaultChild instanceof CfnAlarm && Stack.of(alarm) === stack)
    .filter((alarm) => {
      const { dimensions, metrics } = alarm.node.defaultChild as CfnAlarm;
      return JSON.stringify(stack.resolve([dimensions, metrics])).includes(name);
    })
    .map((alarm) => problem('ServiceDeployment.circularAlarm', `The alarm '${alarm.node.path}' watches this service and rolls its deployments back, so CloudFormation can create neither of them first. `
      + 'Set for example `alarmName: \'api-cpu\'` on the alarm and pass `Alarm.fromAlarmName` with that name, or use an alarm on the load balancer.'));
}

function tenths(scope: IConstruct, name: string, value: number, min: number): void {
  if (!Token.isUnresolved(value) && (value < min || value > 100 || Math.abs(value * 10 - Math.round(value * 10)) > 1e-9)) {
    throw new InvalidBackendError(scope, 'ServiceDeployment.stepPercent', `\`${name}\` must be from ${min} to 100 with at most one decimal, got ${value}.`);
  }
}

function minutes(scope: IConstruct, name: string, value?: Duration): void {
  if (value === undefined || value.isUnresolved()) {
    return;
  }
  const given = value.toMinutes({ integral: false });
  if (!Number.isInteger(given) || given > MINUTES_OF_A_DAY) {
    throw new InvalidBackendError(scope, 'ServiceDeployment.bakeTime', `\`${name}\` must be from 0 to ${MINUTES_OF_A_DAY} whole minutes, got ${given}.`);
  }
}
