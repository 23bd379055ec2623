import { Annotations, Resource, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import { AnswerRule, destinationOf, renderFixedResponse, renderRedirect } from './answers';
import { EdgePath, type EdgeSide } from './edge-path';
import { edgeLimits, edgeSymptoms, routeSymptoms } from './edge-symptoms';
import { patternsOverlap } from './patterns';
import { findRedirectLoops } from './redirect-loops';
import { type RouteConditions, normalizeConditions } from './route-conditions';
import { MAX_MAINTENANCE_RULES, MAX_PRIORITY, isUnclassifiable, priorityOf } from './route-priority';
import { type RouteEntry, findConflicts } from './route-table';
import { WeightedRoute, nameShares, validateWeights } from './weighted-route';
import type { IEdgeRoute, IEdgeRule, IEdgeTarget } from '../../binding';
import { InvalidBackendError } from '../../private/errors';
import { dependOnStackOf } from '../../private/stack-order';
import { pathInStage } from '../../private/stage-path';
import type { Watch, Watched } from '../../symptoms/shared/watched';
import type { EdgeFixedResponseOptions, EdgeRedirectOptions } from '../edge-answer';
import type { EdgeRouteOptions, EdgeRuleOptions } from '../edge-route';
import type { EdgeWeightedRouteOptions, IEdgeWeightedRoute } from '../edge-weighted-route';
import type { IPublicEdge } from '../public-edge';
import type { WatchEdgeOptions } from '../watch-edge-options';

/**
 * What edges have in common, whether this app made their load balancer or not: routes and metrics.
 *
 * @internal
 */
export abstract class EdgeBase extends Construct implements IPublicEdge, Watched {
  /** The network of the load balancer. */
  public abstract readonly vpc: ec2.IVpc;
  /** The load balancer. */
  public abstract readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** The listener that routes belong to. */
  public abstract readonly listener: elbv2.IApplicationListener;
  /** The security group of the load balancer. */
  public abstract readonly connections: ec2.Connections;
  /** The address that clients use. */
  public abstract readonly url: string;

  /** @internal */
  protected abstract readonly _side: EdgeSide;

  /**
   * How many of the smallest priorities are taken by maintenance.
   *
   * @internal
   */
  protected _maintenanceRules = 0;

  private readonly routes: RouteEntry[] = [];
  private readonly made: { readonly name: string; readonly route: IEdgeRoute }[] = [];
  private readonly routeListeners: ((id: string, route: IEdgeRoute) => void)[] = [];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({ validate: () => [...findConflicts(this.routes, this._maintenanceRules), ...findRedirectLoops(this.routes, this._side.domainNames)] });
  }

  /**
   * Routes requests to a target.
   *
   * @param id unique on this edge; changing it gives the route another priority in its class
   * @throws InvalidBackendError for an id that is taken, for conditions, a priority or tokens that a load balancer does not take,
   * and where the stack of this edge depends on that of the target
   */
  public addRoute(id: string, options: EdgeRouteOptions): IEdgeRoute {
    const entry = this.describe(id, options, options.target);
    this.prepare(id, options.target);
    const verification = options.jwt?._verify({ id, edge: this, side: this._side, targets: [options.target] });
    this.routes.push(entry);
    return this.connect(id, options.target, EdgePath.between(this._side, options.target).addRoute(entry, verification));
  }

  /**
   * Routes requests to several targets, each of which gets its share: a new version beside an old one, or a service that takes over from
   * another. Rule and target groups are children of this edge and in its stack, so that shifting requests changes no service.
   *
   * @param id unique among all routes of this edge
   * @throws InvalidBackendError for an id that is taken, for conditions, a priority, tokens, weights or a stickiness that a load balancer does not
   * take, for a target that moves requests when it is deployed, and where the stack of this edge depends on that of a target
   */
  public addWeightedRoute(id: string, options: EdgeWeightedRouteOptions): IEdgeWeightedRoute {
    validateWeights(this, id, options);
    const entry = this.describe(id, options, this);
    const { targets } = options;
    targets.forEach(({ target }) => this.prepare(id, target));
    const verification = options.jwt?._verify({ id, edge: this, side: this._side, targets: targets.map(({ target }) => target) });
    this.routes.push(entry);
    const weighted = new WeightedRoute(this.rulesScope(), this._side, { entry, options, verification });
    const names = nameShares(id, targets);
    weighted.routes.forEach((route, index) => this.connect(names[index], targets[index].target, route));
    return weighted;
  }

  /**
   * Answers requests with a fixed response. The rule is a child of this edge and in its stack.
   *
   * @param id unique among all routes of this edge
   * @throws InvalidBackendError for an id that is taken, and for conditions, a priority or a response that a load balancer does not take
   */
  public addFixedResponse(id: string, options: EdgeFixedResponseOptions): IEdgeRule {
    return this.answer(this.describe(id, options, this), renderFixedResponse(this, `Route '${id}'`, options));
  }

  /**
   * Redirects requests. The rule is a child of this edge and in its stack. A redirect to where the same redirect takes the request
   * again is an error at synth.
   *
   * @param id unique among all routes of this edge
   * @throws InvalidBackendError for an id that is taken, and for conditions, a priority or a redirect that a load balancer does not take
   */
  public addRedirect(id: string, options: EdgeRedirectOptions): IEdgeRule {
    const action = renderRedirect(this, id, options, this._side.https);
    return this.answer({ ...this.describe(id, options, this), redirectsTo: destinationOf(options, this._side.https) }, action);
  }

  /**
   * Routes are there when their target groups are made.
   *
   * @internal
   */
  public _watch(home: IConstruct, options: WatchEdgeOptions): Watch {
    const limits = edgeLimits(home, options);
    return {
      symptoms: edgeSymptoms(this, limits),
      eachPart: (onPart) => this.onRoute((id, route) => onPart(route, routeSymptoms(this, route, limits, id))),
    };
  }

  /**
   * A metric of the load balancer.
   *
   * @param metricName name of the metric in namespace `AWS/ApplicationELB`
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/ApplicationELB',
      metricName,
      dimensionsMap: { LoadBalancer: this._side.loadBalancerFullName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    }).attachTo(this);
  }

  /** Requests that reached a target. Default: sum over five minutes. */
  public metricRequestCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('RequestCount', options);
  }

  /** Seconds from the request leaving the load balancer to the target's answer. Default: average over five minutes. */
  public metricTargetResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('TargetResponseTime', { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }

  /** Answers of targets with a 5xx status. Default: sum over five minutes. */
  public metricTargetServerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('HTTPCode_Target_5XX_Count', options);
  }

  private answer(entry: RouteEntry, action: elbv2.CfnListenerRule.ActionProperty): IEdgeRule {
    this.routes.push(entry);
    return new AnswerRule(this.rulesScope(), entry.id, this._side, entry, action);
  }

  /** Ids of routes and of other children of an edge have nothing to do with each other. */
  private onRoute(listener: (id: string, route: IEdgeRoute) => void): void {
    this.routeListeners.push(listener);
    this.made.forEach(({ name, route }) => listener(name, route));
  }

  private rulesScope(): Construct {
    return this.node.tryFindChild('Rules') as Construct | undefined ?? new Construct(this, 'Rules');
  }

  private prepare(id: string, target: IEdgeTarget): void {
    this.requireSameNetwork(id, target);
    dependOnStackOf(target, this, 'Services depend on their edge, never the reverse.');
  }

  private connect(name: string, target: IEdgeTarget, route: IEdgeRoute): IEdgeRoute {
    target.attachToEdge(route);
    this.made.push({ name, route });
    this.routeListeners.forEach((listener) => listener(name, route));
    return route;
  }

  private describe(id: string, options: EdgeRuleOptions, owner: IConstruct): RouteEntry {
    if (this.routes.some((route) => route.id === id)) {
      throw new InvalidBackendError(this, `This edge already has a route '${id}'. Give each route of an edge an id of its own.`);
    }
    const conditions = normalizeConditions(this, id, options);
    this.warnOfForeignHosts(id, conditions);
    const priority = this.choosePriority(id, options, conditions, owner);
    if (priority <= MAX_MAINTENANCE_RULES) {
      Annotations.of(this).addWarningV2('cdk-private-backend:PublicEdge.lowPriority', `Route '${id}' has the priority ${priority}, and the priorities up to ${MAX_MAINTENANCE_RULES} are for maintenance, `
        + 'which has to come before every route. Set a greater priority before you need maintenance.');
    }
    return { id, conditions, priority, explicit: options.priority !== undefined };
  }

  /** Without a record and a certificate for it, no request with such a host arrives. */
  private warnOfForeignHosts(id: string, { hosts }: RouteConditions): void {
    const { domainNames } = this._side;
    const known = domainNames.length > 0 && !domainNames.some((name) => Token.isUnresolved(name));
    const foreign = hosts.filter((host) => known && !Token.isUnresolved(host) && !domainNames.some((name) => patternsOverlap(name, host)));
    if (foreign.length > 0) {
      Annotations.of(this).addWarningV2('cdk-private-backend:PublicEdge.foreignHost', `Route '${id}' is for ${foreign.map((host) => `'${host}'`).join(', ')}, and this edge serves only `
        + `${domainNames.map((name) => `'${name}'`).join(', ')}. Add the name to domainNames of its domain, which gives it a certificate and a record, or correct hosts.`);
    }
  }

  private requireSameNetwork(id: string, { vpc, node }: IEdgeTarget): void {
    const own = [this.vpc, vpc].every((each) => Resource.isOwnedResource(each));
    const known = [this.vpc, vpc].every((each) => !Token.isUnresolved(each.vpcId));
    if ((own && vpc !== this.vpc) || (known && vpc.vpcId !== this.vpc.vpcId)) {
      throw new InvalidBackendError(this, `Route '${id}': '${node.path}' is in another VPC than this edge, and a load balancer has targets in its own only. Give both the same vpc.`);
    }
  }

  private choosePriority(id: string, { priority }: EdgeRuleOptions, conditions: RouteConditions, owner: IConstruct): number {
    if (priority !== undefined) {
      if (Token.isUnresolved(priority) || !Number.isInteger(priority) || priority < 1 || priority > MAX_PRIORITY) {
        throw new InvalidBackendError(this, `Route '${id}': priority must be a whole number from 1 to ${MAX_PRIORITY}, known at synth, got ${priority}.`);
      }
      return priority;
    }
    if (isUnclassifiable(conditions)) {
      throw new InvalidBackendError(this, `Route '${id}' has a path that is known only at deployment, so its priority cannot be told. Set priority, a whole number from 1 to ${MAX_PRIORITY}.`);
    }
    return priorityOf(`${pathInStage(owner)}:${id}`, conditions);
  }
}

/** The name that an address is made with: nobody can call a wildcard. */
export function mainNameOf(domainNames: string[]): string | undefined {
  return domainNames.find((name) => Token.isUnresolved(name) || !name.startsWith('*')) ?? domainNames[0];
}
