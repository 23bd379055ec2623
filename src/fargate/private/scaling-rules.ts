import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ScalingPolicy } from './plans';
import type { ServiceKind, ServicePlan } from './service-plan';
import type { IIngressRoute } from '../../binding';
import { Posture } from '../../posture';
import { InvalidBackendError, warn } from '../../private/errors';
import { validateSchedule } from '../../private/schedule';
import type { CommonServiceProps } from '../common-service-props';
import type { Scaling, ScheduledBoundsOptions } from '../scaling';

const FACTORIES = { cpu: 'Scaling.onCpuPercent', memory: 'Scaling.onMemoryPercent', requests: 'Scaling.onRequestsPerMinute' };

/** What a service scales on: what was asked for, else what its kind does. */
export function choosePolicies(scope: IConstruct, kind: ServiceKind, scaleOn?: Scaling[]): ScalingPolicy[] {
  if (scaleOn === undefined) {
    return kind.scaling;
  }
  if (scaleOn.length === 0) {
    throw new InvalidBackendError(scope, 'Service.scaleOn', '`scaleOn` is empty, so the service would never scale. Remove `scaleOn` for the default, or set `minTasks` and `maxTasks` to the same number.');
  }
  return scaleOn.map(({ _policy }) => _policy);
}

/** Refuses what Application Auto Scaling would refuse, or never do. */
export function validatePolicies(scope: IConstruct, kind: ServiceKind, plan: ServicePlan): void {
  const seen = new Set<string>();
  for (const policy of plan.policies) {
    const name = nameOf(policy);
    if (seen.has(name)) {
      throw new InvalidBackendError(scope, 'Scaling.duplicate', `\`scaleOn\` has ${name} twice. Remove one.`);
    }
    seen.add(name);
    validatePolicy(scope, kind, policy);
    if (policy.kind === 'schedule') {
      validateHalfBounds(scope, policy.id, policy.bounds, plan);
    }
  }
}

/** Refuses scaling on requests that nobody counts. Where nobody has asked for it, the other policies are left. */
export function requireCountedRequests(scope: IConstruct, { node, resourceLabels = [] }: IIngressRoute, scaleOn: Scaling[] = []): void {
  const wanted = scaleOn.find(({ _policy }) => _policy.kind === 'requests');
  if (wanted !== undefined && resourceLabels.length === 0) {
    throw new InvalidBackendError(scope, 'Scaling.requestsNotCounted', `\`scaleOn\` has ${nameOf(wanted._policy)}, and the load balancer of route '${node.path}' does not count requests. Use \`Scaling.onCpuPercent(60)\` or \`Scaling.onMemoryPercent(60)\`.`);
  }
}

/** Warns about scaling that could not start, or not end. */
export function adviseOnScaling(scope: IConstruct, plan: ServicePlan, props: Pick<CommonServiceProps, 'minTasks' | 'maxTasks' | 'scaleOn'>): void {
  if (plan.maxTasks !== 0) {
    adviseOnFixedTasks(scope, plan, props);
    adviseOnZeroTasks(scope, plan);
    adviseOnPauses(scope, plan);
  }
}

/** A development posture fixes what the same app scales in production, so this is no error. */
function adviseOnFixedTasks(scope: IConstruct, { minTasks, maxTasks, policies }: ServicePlan, props: Pick<CommonServiceProps, 'minTasks' | 'maxTasks' | 'scaleOn'>): void {
  if (props.scaleOn !== undefined && minTasks === maxTasks && !policies.some(({ kind }) => kind === 'schedule')) {
    const tasks = Token.isUnresolved(minTasks) ? 'the same number' : minTasks;
    const origin = props.minTasks === undefined && props.maxTasks === undefined ? `, the default of the ${Posture.of(scope).name} posture` : '';
    warn(scope, 'Service.scaleOnFixed', `\`scaleOn\` changes nothing, because \`minTasks\` and \`maxTasks\` are both ${tasks}${origin}. Set \`maxTasks\` above \`minTasks\`, or remove \`scaleOn\`.`);
  }
}

function adviseOnZeroTasks(scope: IConstruct, { minTasks, policies }: ServicePlan): void {
  const wakes = policies.some((policy) => policy.kind === 'backlog' || (policy.kind === 'schedule' && isSome(policy.bounds.minTasks)));
  const keeper = policies.find(({ kind }) => kind === 'cpu' || kind === 'memory');
  if (minTasks === 0 && !wakes) {
    warn(scope, 'Service.scaleFromZero', '`minTasks` is 0, and without tasks a service has neither CPU use nor requests to scale on, so at 0 tasks the service stays there. '
      + 'Set `minTasks: 1`, or scale on a queue, `scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })]`, or on a schedule with `minTasks`.');
  } else if (minTasks === 0 && keeper !== undefined && policies.some(({ kind }) => kind === 'backlog')) {
    warn(scope, 'Scaling.keepsLastTask', `\`minTasks\` is 0, but ${nameOf(keeper)} never asks for less than one task, because a running task always uses some ${keeper.kind === 'cpu' ? 'CPU' : 'memory'}. Remove it from \`scaleOn\`, or set \`minTasks: 1\`.`);
  }
}

function adviseOnPauses(scope: IConstruct, { policies }: ServicePlan): void {
  const schedules = policies.flatMap((policy) => (policy.kind === 'schedule' ? [policy] : []));
  const pause = schedules.find(({ bounds }) => bounds.maxTasks === 0);
  const starts = schedules.some(({ bounds }) => isSome(bounds.minTasks));
  const mayStart = policies.some(({ kind }) => kind === 'backlog') && schedules.some(({ bounds }) => isSome(bounds.maxTasks));
  if (pause !== undefined && !starts && !mayStart) {
    warn(scope, 'Scaling.neverResumes', `The schedule '${pause.id}' stops all tasks, and nothing starts them again before the next deployment that changes \`minTasks\` or \`maxTasks\`. Add a schedule that sets both to at least 1.`);
  }
}

function isSome(tasks?: number): boolean {
  return tasks !== undefined && (Token.isUnresolved(tasks) || tasks > 0);
}

function nameOf(policy: ScalingPolicy): string {
  switch (policy.kind) {
    case 'backlog': return `the backlog of '${policy.backlog.queue.node.id}'`;
    case 'schedule': return `the schedule '${policy.id}'`;
    default: return `\`${FACTORIES[policy.kind]}\``;
  }
}

function validatePolicy(scope: IConstruct, kind: ServiceKind, policy: ScalingPolicy): void {
  switch (policy.kind) {
    case 'schedule':
      validateSchedule(scope, `\`schedule\` of '${policy.id}'`, { expressionString: policy.bounds.schedule.expressionString, timeZone: policy.bounds.timeZone });
      return validateBounds(scope, policy.id, policy.bounds);
    case 'backlog': return validateTarget(scope, 'messagesPerTask', policy.backlog.messagesPerTask, Number.MAX_SAFE_INTEGER, false);
    case 'requests':
      if (kind.port === undefined) {
        throw new InvalidBackendError(scope, 'Scaling.noRequests', `A \`${kind.construct}\` does not receive requests to scale on. Use \`Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })\`, \`Scaling.onCpuPercent(60)\` or \`Scaling.onMemoryPercent(60)\`.`);
      }
      return validateTarget(scope, FACTORIES[policy.kind], policy.target, Number.MAX_SAFE_INTEGER);
    default: return validateTarget(scope, FACTORIES[policy.kind], policy.target, 100);
  }
}

function validateTarget(scope: IConstruct, name: string, value: number, max: number, isWhole = true): void {
  if (!Token.isUnresolved(value) && !((isWhole ? Number.isInteger(value) && value >= 1 : value > 0) && value <= max)) {
    const allowed = max === 100 ? 'a whole number from 1 to 100' : isWhole ? 'a whole number of at least 1' : 'more than 0';
    throw new InvalidBackendError(scope, 'Scaling.target', `The value of \`${name}\` must be ${allowed}, got ${value}.`);
  }
}

function validateBounds(scope: IConstruct, id: string, { minTasks, maxTasks }: ScheduledBoundsOptions): void {
  if (minTasks === undefined && maxTasks === undefined) {
    throw new InvalidBackendError(scope, 'Scaling.emptySchedule', `The schedule '${id}' has neither \`minTasks\` nor \`maxTasks\`, so the schedule would change nothing. Set \`minTasks\`, \`maxTasks\` or both.`);
  }
  for (const [name, value] of Object.entries({ minTasks, maxTasks })) {
    if (value !== undefined && !Token.isUnresolved(value) && (!Number.isInteger(value) || value < 0 || value > 5000)) {
      throw new InvalidBackendError(scope, 'Scaling.scheduleTasks', `\`${name}\` of the schedule '${id}' must be a whole number from 0 to 5000, got ${value}.`);
    }
  }
  if (minTasks !== undefined && maxTasks !== undefined && !Token.isUnresolved(minTasks) && !Token.isUnresolved(maxTasks) && minTasks > maxTasks) {
    throw new InvalidBackendError(scope, 'Scaling.scheduleBounds', `\`minTasks\` (${minTasks}) of the schedule '${id}' is greater than its \`maxTasks\` (${maxTasks}). Set \`maxTasks\` to at least ${minTasks}.`);
  }
}

/** A schedule that sets one bound keeps the other, and Application Auto Scaling refuses a range the wrong way round when the time has come. */
function validateHalfBounds(scope: IConstruct, id: string, bounds: ScheduledBoundsOptions, { minTasks, maxTasks }: ServicePlan): void {
  const least = bounds.minTasks ?? minTasks;
  const most = bounds.maxTasks ?? maxTasks;
  if (!Token.isUnresolved(least) && !Token.isUnresolved(most) && least > most) {
    const [set, kept] = bounds.minTasks === undefined ? [`\`maxTasks\` (${most})`, `\`minTasks\` (${least})`] : [`\`minTasks\` (${least})`, `\`maxTasks\` (${most})`];
    throw new InvalidBackendError(scope, 'Scaling.halfSchedule', `The schedule '${id}' sets ${set} and keeps ${kept} of the service, so \`minTasks\` would be greater than \`maxTasks\`. Set both in the schedule.`);
  }
}
