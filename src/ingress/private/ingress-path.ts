import { type CfnResource, type Duration, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IAlternateTarget } from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { GroupRules, createGroupRules } from './group-rules';
import { type IngressIdentity, child } from './ingress-identity';
import { type RouteConditions, renderConditions } from './route-conditions';
import type { RouteEntry } from './route-table';
import { createTargetGroup, labelOf } from './target-group';
import type { IIngressRegistration, IIngressTarget } from '../../binding';
import { describe } from '../../posture/shared/describe';
import { InvalidBackendError } from '../../private/errors';
import type { IApplicationIngressRoute } from '../ingress-rule';

/** Where a way to a target begins, whatever the kind of the load balancer. */
export interface IngressSource {
  /** What ids and priorities follow from. */
  readonly identity: IngressIdentity;
  readonly securityGroup: ec2.ISecurityGroup;
}

/** What a target needs to know of an ingress that routes to it. */
export interface IngressSide extends IngressSource {
  readonly ingress: IConstruct & { readonly url: string };
  readonly vpc: ec2.IVpc;
  readonly listener: elbv2.IApplicationListener;
  readonly loadBalancerFullName: string;
  /** How long the ingress keeps idle connections, where it was asked to. */
  readonly idleTimeout?: Duration;
  /** Whether clients speak HTTPS with the listener. */
  readonly https: boolean;
  /** The names that clients use, as far as they are known. */
  readonly domainNames: string[];
  /** Whether the load balancer certainly cannot reach the internet by IPv4, where issuers of tokens publish their keys. */
  readonly isCutOff?: boolean;
}

/** What a token has to be. */
export interface Requirement {
  readonly issuer: string;
  readonly jwksEndpoint: string;
  readonly claims: { readonly name: string; readonly format: string; readonly values: string[] }[];
}

/** What a rule does before it forwards, and what has to be there for it. */
export interface Verification {
  readonly requirement: Requirement;
  readonly action: elbv2.CfnListenerRule.ActionProperty;
  readonly egress: CfnResource;
}

/** The way from one ingress or imported listener to one target, below the target: the rules of both security groups, made once, and the routes. */
export class IngressPath extends Construct {
  public static between(source: IngressSource, target: IIngressTarget): IngressPath {
    const routes = child(target as IConstruct as Construct, 'Routes');
    // An existing target group cannot move to another load balancer: so ids name the ingress or its listener.
    const { pathId } = source.identity;
    return (routes.node.tryFindChild(pathId) as IngressPath | undefined) ?? new IngressPath(routes, pathId, target);
  }

  private own?: CfnResource[];

  private constructor(private readonly routes: Construct, id: string, private readonly target: IIngressTarget) {
    super(routes, id);
  }

  /** The rules of both sides, which have to be there before a request or a health check comes. */
  public open(source: IngressSource): CfnResource[] {
    const { groupId } = source.identity;
    if (groupId !== undefined) {
      return GroupRules.shared(this.routes, groupId, source, this.target);
    }
    this.own ??= createGroupRules(this, source, this.target);
    return this.own;
  }

  public addRoute(side: IngressSide, { id, conditions, priority }: RouteEntry, verification?: Verification): IApplicationIngressRoute {
    const rules = this.open(side);
    const route = new ListenerRoute(this, id, { side, target: this.target, conditions, priority, verification });
    route.node.addDependency(...rules, ...(verification === undefined ? [] : [verification.egress]));
    return route;
  }
}

interface ListenerRouteProps {
  readonly side: IngressSide;
  readonly target: IIngressTarget;
  readonly conditions: RouteConditions;
  readonly priority: number;
  readonly verification?: Verification;
}

class ListenerRoute extends Construct implements IApplicationIngressRoute {
  public readonly targetGroup: elbv2.ApplicationTargetGroup;
  public readonly priority: number;
  public readonly listenerRuleArn: string;
  public readonly idleTimeout?: Duration;

  private readonly rule: elbv2.CfnListenerRule;
  private alternate?: elbv2.ApplicationTargetGroup;

  constructor(scope: Construct, id: string, private readonly props: ListenerRouteProps) {
    super(scope, id);
    this.priority = props.priority;
    this.idleTimeout = props.side.idleTimeout;
    this.targetGroup = createTargetGroup(this, 'TargetGroup', props.side, props.target);
    this.rule = new elbv2.CfnListenerRule(this, 'Resource', {
      listenerArn: props.side.listener.listenerArn,
      priority: props.priority,
      conditions: renderConditions(props.conditions),
      actions: verifyFirst(props.verification, { type: 'forward', targetGroupArn: this.targetGroup.targetGroupArn }),
    });
    this.listenerRuleArn = this.rule.ref;
    describe(this, this.rule, () => ({ kind: 'route', ingress: props.side.ingress, targets: [props.target], targetGroups: [this.targetGroup, this.alternate ?? []].flat() }));
  }

  public get url(): string {
    return urlOf(this.props.side, this.props.conditions);
  }

  public get alternateTargetGroup(): elbv2.IApplicationTargetGroup | undefined {
    return this.alternate;
  }

  public get resourceLabels(): string[] {
    return [this.targetGroup, ...(this.alternate === undefined ? [] : [this.alternate])].map((group) => labelOf(this.props.side, group));
  }

  public register(registration: IIngressRegistration): void {
    const { trafficShiftRole } = registration;
    const alternateTarget = trafficShiftRole === undefined ? undefined : this.createAlternate(trafficShiftRole);
    registration.loadBalancerTarget(alternateTarget).attachToApplicationTargetGroup(this.targetGroup);
  }

  /** A second target group with the settings of the first, as ECS takes it. */
  private createAlternate({ roleArn }: IRole): IAlternateTarget {
    if (this.props.verification !== undefined) {
      throw new InvalidBackendError(this.props.target, 'IngressJwt.deployment', `Route '${this.node.id}' uses \`jwt\`, but its target uses blue/green, linear or canary deployment. ECS can't shift traffic on a rule that verifies tokens. `
        + 'Use `ServiceDeployment.rolling()` for the service, or verify the token in the service.');
    }
    this.alternate = createTargetGroup(this, 'AlternateTargetGroup', this.props.side, this.props.target);
    const { targetGroupArn } = this.alternate;
    // The form that ECS gives the rule with the first deployment. A group that no rule names cannot get tasks.
    const weighted = [{ targetGroupArn: this.targetGroup.targetGroupArn, weight: 100 }, { targetGroupArn, weight: 0 }];
    this.rule.actions = [{ type: 'forward', forwardConfig: { targetGroups: weighted } }];
    return { bind: () => ({ alternateTargetGroupArn: targetGroupArn, roleArn, productionListenerRule: this.listenerRuleArn }) };
  }
}

/** The address of a route: its own host, where it has one that is no pattern. */
export function urlOf({ ingress, https }: IngressSide, { hosts }: RouteConditions): string {
  const host = hosts.find((each) => Token.isUnresolved(each) || !/[*?]/.test(each));
  return host === undefined ? ingress.url : `${https ? 'https' : 'http'}://${host}`;
}

/** The actions of a rule, of which the one that forwards is the last. */
export function verifyFirst(verification: Verification | undefined, forward: elbv2.CfnListenerRule.ActionProperty): elbv2.CfnListenerRule.ActionProperty[] {
  return verification === undefined ? [forward] : [verification.action, { ...forward, order: 2 }];
}
