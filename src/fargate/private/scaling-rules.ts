import { Annotations, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ScalingPolicy } from './plans';
import type { ServiceKind, ServicePlan } from './service-plan';
import { InvalidBackendError } from '../../private/errors';
import type { Scaling, ScheduledBoundsOptions } from '../scaling';

/** What a service scales on: what was asked for, else what its kind does. */
export function choosePolicies(scope: IConstruct, kind: ServiceKind, scaleOn?: Scaling[]): ScalingPolicy[] {
  if (scaleOn === undefined) {
    return kind.scaling;
  }
  if (kind.explicitScaling === true) {
    throw new InvalidBackendError(scope, 'scaling and scaleOn are both given. Leave out scaling, and say Scaling.onCpu(…) and Scaling.onRequests(…) in scaleOn.');
  }
  if (scaleOn.length === 0) {
    throw new InvalidBackendError(scope, 'scaleOn is empty, so the service would never scale. Leave it out for the default, or set minTasks and maxTasks to the same number.');
  }
  return scaleOn.map(({ _policy }) => _policy);
}

/** Refuses what Application Auto Scaling would refuse, or never do. */
export function validatePolicies(scope: IConstruct, kind: ServiceKind, plan: ServicePlan): void {
  const seen = new Set<string>();
  for (const policy of plan.policies) {
    const name = nameOf(policy);
    if (seen.has(name)) {
      throw new InvalidBackendError(scope, `scaleOn has ${name} twice. Keep one of the two.`);
    }
    seen.add(name);
    validatePolicy(scope, kind, policy);
    if (policy.kind === 'schedule') {
      validateHalfBounds(scope, policy.id, policy.bounds, plan);
    }
  }
}

/** Warns about a service that stops and never starts again. */
export function adviseOnZeroTasks(scope: IConstruct, kind: ServiceKind, { minTasks, maxTasks, policies }: ServicePlan): void {
  const wakes = policies.some((policy) => policy.kind === 'backlog' || policy.kind === 'schedule');
  if (minTasks === 0 && maxTasks !== 0 && !wakes) {
    Annotations.of(scope).addWarningV2(
      `cdk-private-backend:${kind.construct}.scaleFromZero`,
      'Without tasks there is no CPU use and no request to scale on, so once at zero the service stays there. Set minTasks to 1, or scale on a queue (Scaling.onQueueBacklog) or a schedule.',
    );
  }
}

function nameOf(policy: ScalingPolicy): string {
  switch (policy.kind) {
    case 'backlog': return `the backlog of '${policy.backlog.queue.node.id}'`;
    case 'schedule': return `the schedule '${policy.id}'`;
    default: return policy.kind;
  }
}

function validatePolicy(scope: IConstruct, kind: ServiceKind, policy: ScalingPolicy): void {
  switch (policy.kind) {
    case 'schedule': return validateBounds(scope, policy.id, policy.bounds);
    case 'backlog': return validateTarget(scope, 'messagesPerTask', policy.backlog.messagesPerTask, Number.MAX_SAFE_INTEGER, false);
    case 'requests':
      if (kind.port === undefined) {
        throw new InvalidBackendError(scope, `A ${kind.construct} gets no requests to scale on. Use Scaling.onQueueBacklog, onCpu or onMemory.`);
      }
      return validateTarget(scope, kind.explicitScaling === true ? 'scaling.requestsPerTarget' : 'Requests for each task', policy.target, Number.MAX_SAFE_INTEGER);
    default: return validateTarget(scope, kind.explicitScaling === true ? 'scaling.cpuUtilizationPercent' : `Scaling on ${policy.kind}: the percentage`, policy.target, 100);
  }
}

function validateTarget(scope: IConstruct, name: string, value: number, max: number, isWhole = true): void {
  if (!Token.isUnresolved(value) && !((isWhole ? Number.isInteger(value) && value >= 1 : value > 0) && value <= max)) {
    const allowed = max === 100 ? 'a whole number from 1 to 100' : isWhole ? 'a whole number of at least 1' : 'above 0';
    throw new InvalidBackendError(scope, `${name} must be ${allowed}, got ${value}.`);
  }
}

function validateBounds(scope: IConstruct, id: string, { minTasks, maxTasks }: ScheduledBoundsOptions): void {
  if (minTasks === undefined && maxTasks === undefined) {
    throw new InvalidBackendError(scope, `The schedule '${id}' changes nothing. Set minTasks, maxTasks or both.`);
  }
  for (const [name, value] of Object.entries({ minTasks, maxTasks })) {
    if (value !== undefined && !Token.isUnresolved(value) && (!Number.isInteger(value) || value < 0 || value > 5000)) {
      throw new InvalidBackendError(scope, `The schedule '${id}': ${name} must be a whole number from 0 to 5000, got ${value}.`);
    }
  }
  if (minTasks !== undefined && maxTasks !== undefined && !Token.isUnresolved(minTasks) && !Token.isUnresolved(maxTasks) && minTasks > maxTasks) {
    throw new InvalidBackendError(scope, `The schedule '${id}': maxTasks must be at least minTasks, got minTasks ${minTasks} and maxTasks ${maxTasks}.`);
  }
}

/** A schedule that sets one bound keeps the other, and Application Auto Scaling refuses a range the wrong way round when the time has come. */
function validateHalfBounds(scope: IConstruct, id: string, bounds: ScheduledBoundsOptions, { minTasks, maxTasks }: ServicePlan): void {
  const least = bounds.minTasks ?? minTasks;
  const most = bounds.maxTasks ?? maxTasks;
  if (!Token.isUnresolved(least) && !Token.isUnresolved(most) && least > most) {
    const [given, kept] = bounds.minTasks === undefined ? [`maxTasks ${most}`, `minTasks ${least}`] : [`minTasks ${least}`, `maxTasks ${most}`];
    throw new InvalidBackendError(scope, `The schedule '${id}' sets ${given} and keeps ${kept} of the service, which do not go together. Set both.`);
  }
}
