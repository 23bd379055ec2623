import { type Duration, Stack, Token } from 'aws-cdk-lib';
import { ApplicationProtocolVersion, type ApplicationTargetGroup, CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, Dependable, type IConstruct } from 'constructs';
import { IngressPath, type IngressSide, type Verification, verifyFirst, urlOf } from './ingress-path';
import { renderConditions, type RouteConditions } from './route-conditions';
import type { RouteEntry } from './route-table';
import { createTargetGroup, labelOf } from './target-group';
import { protocolVersionOf } from './target-protocol';
import type { IIngressRegistration, IIngressTarget } from '../../binding';
import { describe, standFor } from '../../posture/shared/describe';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError, type Refuse, refuseOf } from '../../private/errors';
import { stablePath } from '../../private/stable-path';
import { pathInStage } from '../../private/stage-path';
import type { IApplicationIngressRoute } from '../ingress-rule';
import type { IngressWeightedRouteOptions, IngressWeightedTarget, IIngressWeightedRoute } from '../ingress-weighted-route';

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const MAX_TARGETS = 5;
const MAX_WEIGHT = 999;
const WEEK = 604_800;

interface WeightedRouteProps {
  readonly entry: RouteEntry;
  readonly options: IngressWeightedRouteOptions;
  readonly verification?: Verification;
}

/**
 * A rule that gives each of several targets its share. The rule and the target groups are in the stack of the ingress, on which all targets
 * depend already: below one of the targets, the others would have to depend on that one.
 */
export class WeightedRoute extends Construct implements IIngressWeightedRoute {
  public readonly priority: number;
  public readonly listenerRuleArn: string;
  public readonly routes: IApplicationIngressRoute[];

  constructor(scope: Construct, side: IngressSide, { entry: { id, priority, conditions }, options: { targets, stickiness }, verification }: WeightedRouteProps) {
    super(scope, id);
    this.priority = priority;
    const groups = targets.map(({ target }) => this.createGroup(side, target));
    const rule = new CfnListenerRule(this, 'Resource', {
      listenerArn: side.listener.listenerArn,
      priority,
      conditions: renderConditions(conditions),
      actions: verifyFirst(verification, {
        type: 'forward',
        forwardConfig: {
          targetGroups: groups.map(({ targetGroupArn }, index) => ({ targetGroupArn, weight: targets[index].weight })),
          targetGroupStickinessConfig: stickiness && { enabled: true, durationSeconds: stickiness.toSeconds() },
        },
      }),
    });
    rule.node.addDependency(...(verification === undefined ? [] : [verification.egress]));
    this.listenerRuleArn = rule.ref;
    describe(this, rule, () => ({ kind: 'route', ingress: side.ingress, targets: targets.map(({ target }) => target), targetGroups: groups }));
    this.routes = targets.map(({ target }, index) => {
      const path = IngressPath.between(side, target);
      return new Share(path, id, { priority, conditions, rule, side, target, targetGroup: groups[index], rules: path.open(side) });
    });
  }

  private createGroup(side: IngressSide, target: IIngressTarget): ApplicationTargetGroup {
    const group = createTargetGroup(this, stablePath(target).replace(/\//g, '--'), side, target, side.vpc);
    referWeakly(group.node.defaultChild!);
    return group;
  }
}

interface ShareProps {
  readonly priority: number;
  readonly conditions: RouteConditions;
  readonly rule: CfnListenerRule;
  readonly side: IngressSide;
  readonly target: IIngressTarget;
  readonly targetGroup: ApplicationTargetGroup;
  readonly rules: IConstruct[];
}

/** One target's part in a weighted route, below the target. Who waits for it waits for the rule of the ingress, and for those of security groups. */
class Share extends Construct implements IApplicationIngressRoute {
  public readonly priority: number;
  public readonly targetGroup: ApplicationTargetGroup;
  public readonly resourceLabels: string[];
  public readonly listenerRuleArn: string;
  public readonly idleTimeout?: Duration;

  constructor(scope: Construct, id: string, private readonly props: ShareProps) {
    super(scope, id);
    const { priority, rule, side, targetGroup, rules } = props;
    this.priority = priority;
    this.targetGroup = targetGroup;
    this.resourceLabels = [labelOf(side, targetGroup)];
    this.listenerRuleArn = rule.ref;
    this.idleTimeout = side.idleTimeout;
    Dependable.implement(this, { dependencyRoots: [rule, ...rules] });
    standFor(this, rule);
  }

  public get url(): string {
    return urlOf(this.props.side, this.props.conditions);
  }

  public register(registration: IIngressRegistration): void {
    if (registration.trafficShiftRole !== undefined) {
      throw new InvalidBackendError(this.props.target, 'IngressRoute.weightsOfEcs', `Route '${this.node.id}' has weights, but its target uses blue/green, linear or canary deployment. ECS would overwrite the weights of all targets. `
        + 'Use `ServiceDeployment.rolling()` for the service, or add a separate route to the service with `addRoute`.');
    }
    registration.loadBalancerTarget().attachToApplicationTargetGroup(this.targetGroup);
  }
}

/** Refuses what a load balancer would refuse, and what would not be what it looks like. */
export function validateWeights(scope: IConstruct, id: string, { targets, stickiness }: IngressWeightedRouteOptions): void {
  const refuse = refuseOf(scope, `Route '${id}'`);
  if (targets.length < 1 || targets.length > MAX_TARGETS) {
    refuse('IngressRoute.targets', `\`targets\` must have 1 to ${MAX_TARGETS} targets, got ${targets.length}.`);
  }
  targets.forEach((each) => validateWeight(each, refuse));
  if (targets.every(({ weight }) => weight === 0)) {
    refuse('IngressRoute.weightsAreZero', 'every `weight` is 0, so no target would receive requests. Set at least one `weight` to more than 0, or use `addFixedResponse`.');
  }
  const twice = targets.find(({ target }, index) => targets.findIndex((other) => other.target === target) < index);
  if (twice !== undefined) {
    refuse('IngressRoute.duplicateTarget', `'${twice.target.node.path}' is in \`targets\` twice. List the target once, with the sum of its weights.`);
  }
  targets.forEach(({ target }) => requireKnown(scope, target, refuse));
  const grpc = targets.filter(({ target }) => protocolVersionOf(target) === ApplicationProtocolVersion.GRPC);
  if (grpc.length > 0 && grpc.length < targets.length) {
    refuse('IngressRoute.mixedProtocols', `\`appProtocol\` of '${grpc[0].target.node.path}' is 'grpc', and other targets use HTTP, so some clients would get responses that they can't read. Use \`AppProtocol.grpc\` for all targets, or for no target.`);
  }
  validateStickiness(stickiness, refuse);
}

function validateWeight({ target, weight }: IngressWeightedTarget, refuse: Refuse): void {
  if (!Token.isUnresolved(weight) && (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT)) {
    refuse('IngressRoute.weight', `\`weight\` of '${target.node.path}' must be a whole number from 0 to ${MAX_WEIGHT}, got ${weight}.`);
  }
}

/** The target group stands in the stack of the ingress, which cannot know what the stack of the target decides. */
function requireKnown(scope: IConstruct, target: IIngressTarget, refuse: Refuse): void {
  const unknown = Token.isUnresolved(target.healthCheckPath) ? 'healthCheckPath' : target.deregistrationDelay?.isUnresolved() === true ? 'deregistrationDelay' : undefined;
  if (Stack.of(scope) !== Stack.of(target) && unknown !== undefined) {
    refuse('IngressRoute.targetUnknown', `\`${unknown}\` of '${target.node.path}' isn't known until deployment (it's a token), and the stack of the ingress needs the value before the stack of the service is deployed. `
      + `Set \`${unknown}\` to a literal value, or move both to the same stack.`);
  }
}

function validateStickiness(stickiness: Duration | undefined, refuse: Refuse): void {
  if (stickiness === undefined || stickiness.isUnresolved()) {
    return;
  }
  const seconds = stickiness.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > WEEK) {
    refuse('IngressRoute.stickiness', `\`stickiness\` must be from 1 second to 7 days in whole seconds, got ${seconds} seconds.`);
  }
}

/** Names by which shares are told apart in alarms: the ids of their targets, where these differ. */
export function nameShares(id: string, targets: IngressWeightedTarget[]): string[] {
  const ids = targets.map(({ target }) => target.node.id);
  return targets.map(({ target }, index) => `${id}-${new Set(ids).size === ids.length ? ids[index] : pathInStage(target).replace(/\//g, '--')}`);
}
