import { type Duration, Stack, Token } from 'aws-cdk-lib';
import { ApplicationProtocolVersion, type ApplicationTargetGroup, CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, Dependable, type IConstruct } from 'constructs';
import { EdgePath, type EdgeSide, type Verification, verifyFirst } from './edge-path';
import { renderConditions } from './route-conditions';
import type { RouteEntry } from './route-table';
import { createTargetGroup, labelOf } from './target-group';
import type { EdgeTargetGroup, IEdgeRoute, IEdgeTarget } from '../../binding';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError, type Refuse, refuseOf } from '../../private/errors';
import { pathInStage } from '../../private/stage-path';
import type { EdgeWeightedRouteOptions, EdgeWeightedTarget, IEdgeWeightedRoute } from '../edge-weighted-route';

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const MAX_TARGETS = 5;
const MAX_WEIGHT = 999;
const WEEK = 604_800;

interface WeightedRouteProps {
  readonly entry: RouteEntry;
  readonly options: EdgeWeightedRouteOptions;
  readonly verification?: Verification;
}

/**
 * A rule that gives each of several targets its share. The rule and the target groups are in the stack of the edge, on which all targets
 * depend already: below one of the targets, the others would have to depend on that one.
 */
export class WeightedRoute extends Construct implements IEdgeWeightedRoute {
  public readonly priority: number;
  public readonly listenerRuleArn: string;
  public readonly routes: IEdgeRoute[];

  constructor(scope: Construct, side: EdgeSide, { entry: { id, priority, conditions }, options: { targets, stickiness }, verification }: WeightedRouteProps) {
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
    this.routes = targets.map(({ target }, index) => {
      const path = EdgePath.between(side, target);
      return new Share(path, id, { priority, rule, side, targetGroup: groups[index], rules: path.rules });
    });
  }

  private createGroup(side: EdgeSide, target: IEdgeTarget): ApplicationTargetGroup {
    const group = createTargetGroup(this, pathInStage(target).replace(/\//g, '--'), side, target, side.vpc);
    referWeakly(group.node.defaultChild!);
    return group;
  }
}

interface ShareProps {
  readonly priority: number;
  readonly rule: CfnListenerRule;
  readonly side: EdgeSide;
  readonly targetGroup: ApplicationTargetGroup;
  readonly rules: IConstruct[];
}

/** One target's part in a weighted route, below the target. Who waits for it waits for the rule of the edge, and for those of security groups. */
class Share extends Construct implements IEdgeRoute {
  public readonly priority: number;
  public readonly targetGroup: ApplicationTargetGroup;
  public readonly resourceLabel: string;
  public readonly listenerRuleArn: string;
  public readonly idleTimeout?: Duration;

  constructor(scope: Construct, id: string, { priority, rule, side, targetGroup, rules }: ShareProps) {
    super(scope, id);
    this.priority = priority;
    this.targetGroup = targetGroup;
    this.resourceLabel = labelOf(side, targetGroup);
    this.listenerRuleArn = rule.ref;
    this.idleTimeout = side.idleTimeout;
    Dependable.implement(this, { dependencyRoots: [rule, ...rules] });
  }

  public addAlternateTargetGroup(): EdgeTargetGroup {
    throw new InvalidBackendError(this, 'This target has a share of a weighted route and moves requests between two target groups when it is deployed; ECS would overwrite the weights of the others. '
      + 'Use Deployment.rolling() for it, or give it a route of its own with addRoute().');
  }
}

/** Refuses what a load balancer would refuse, and what would not be what it looks like. */
export function validateWeights(scope: IConstruct, id: string, { targets, stickiness }: EdgeWeightedRouteOptions): void {
  const refuse = refuseOf(scope, `Route '${id}'`);
  if (targets.length < 1 || targets.length > MAX_TARGETS) {
    refuse(`a route has 1 to ${MAX_TARGETS} targets, got ${targets.length}.`);
  }
  targets.forEach((each) => validateWeight(each, refuse));
  if (targets.every(({ weight }) => weight === 0)) {
    refuse('all weights are 0, so nothing would answer. Give at least one target a weight above 0, or answer with addFixedResponse().');
  }
  const twice = targets.find(({ target }, index) => targets.findIndex((other) => other.target === target) < index);
  if (twice !== undefined) {
    refuse(`'${twice.target.node.path}' is there twice. List it once, with the sum of its weights.`);
  }
  targets.forEach(({ target }) => requireKnown(scope, target, refuse));
  const grpc = targets.filter(({ target }) => target.protocolVersion === ApplicationProtocolVersion.GRPC);
  if (grpc.length > 0 && grpc.length < targets.length) {
    refuse(`'${grpc[0].target.node.path}' speaks gRPC and others do not, so some clients would get answers that they do not understand. Let all speak the same.`);
  }
  validateStickiness(stickiness, refuse);
}

function validateWeight({ target, weight }: EdgeWeightedTarget, refuse: Refuse): void {
  if (!Token.isUnresolved(weight) && (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT)) {
    refuse(`the weight of '${target.node.path}' must be a whole number from 0 to ${MAX_WEIGHT}, got ${weight}.`);
  }
}

/** The target group stands in the stack of the edge, which cannot know what the stack of the target decides. */
function requireKnown(scope: IConstruct, target: IEdgeTarget, refuse: Refuse): void {
  if (Stack.of(scope) !== Stack.of(target) && (Token.isUnresolved(target.healthCheckPath) || target.deregistrationDelay.isUnresolved())) {
    refuse(`healthCheckPath or deregistrationDelay of '${target.node.path}' is known only at deployment, and the target group is in the stack of the edge. Write the value, or put both into one stack.`);
  }
}

function validateStickiness(stickiness: Duration | undefined, refuse: Refuse): void {
  if (stickiness === undefined || stickiness.isUnresolved()) {
    return;
  }
  const seconds = stickiness.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > WEEK) {
    refuse(`stickiness must be from 1 second to 7 days in whole seconds, got ${seconds} seconds.`);
  }
}

/** Names by which shares are told apart in alarms: the ids of their targets, where these differ. */
export function nameShares(id: string, targets: EdgeWeightedTarget[]): string[] {
  const ids = targets.map(({ target }) => target.node.id);
  return targets.map(({ target }, index) => `${id}-${new Set(ids).size === ids.length ? ids[index] : pathInStage(target).replace(/\//g, '--')}`);
}
