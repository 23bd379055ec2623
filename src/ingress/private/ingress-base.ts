import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import { AnswerRule, destinationOf, renderFixedResponse, renderRedirect } from './answers';
import { IngressPath, type IngressSide, type Verification } from './ingress-path';
import { ingressLimits, ingressSymptoms, type MadeRoute, routeSymptoms } from './ingress-symptoms';
import { findBypasses } from './jwt-bypass';
import { patternsOverlap } from './patterns';
import { findRedirectLoops } from './redirect-loops';
import { requireNewRoute, requireSameNetwork } from './route-checks';
import { type RouteConditions, normalizeConditions } from './route-conditions';
import { MAX_MAINTENANCE_RULES, MAX_PRIORITY, isUnclassifiable, priorityOf } from './route-priority';
import { type RouteEntry, findConflicts } from './route-table';
import { type ListenerUse, findForeignConflicts, importWithRoute, maintenanceRulesOn, useListener, warnOfQuotas } from './shared-listeners';
import { warnOfCutRequests } from './target-group';
import { WeightedRoute, nameShares, validateWeights } from './weighted-route';
import type { IIngressTarget } from '../../binding';
import { InvalidBackendError, warn } from '../../private/errors';
import { refuseMisnomers } from '../../private/misnomers';
import { INGRESS_TARGET, requireKind } from '../../private/props';
import { dependOnStackOf } from '../../private/stack-order';
import type { Monitoring, Monitored } from '../../symptoms/shared/monitored';
import type { IngressFixedResponseOptions, IngressRedirectOptions } from '../ingress-answer';
import type { IngressRouteOptions, IngressRuleOptions } from '../ingress-route';
import type { IApplicationIngressRoute, IIngressRule } from '../ingress-rule';
import type { IngressWeightedRouteOptions, IIngressWeightedRoute } from '../ingress-weighted-route';
import type { MonitorIngressOptions } from '../monitor-ingress-options';
import type { IPublicIngress } from '../public-ingress';

/**
 * What ingresses have in common, whether this app made their load balancer or not: routes and metrics.
 *
 * @internal
 */
export abstract class IngressBase extends Construct implements IPublicIngress, Monitored {
  /** The network of the load balancer. */
  public abstract readonly vpc: ec2.IVpc;
  /** The load balancer. */
  public abstract readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** The listener that routes belong to. */
  public abstract readonly listener: elbv2.IApplicationListener;
  /** The security group of the load balancer. */
  public abstract readonly connections: ec2.Connections;
  /** The address that clients use. */
  public abstract readonly domainName: string;
  public abstract readonly url: string;

  /** @internal */
  protected abstract readonly _side: IngressSide;

  /**
   * How many of the smallest priorities are taken by maintenance.
   *
   * @internal
   */
  protected _maintenanceRules = 0;

  private readonly routes: RouteEntry[] = [];
  private readonly made: MadeRoute[] = [];
  private readonly routeListeners: ((made: MadeRoute) => void)[] = [];

  private readonly use: ListenerUse;

  constructor(scope: Construct, id: string, isImported = false) {
    super(scope, id);
    this.use = useListener({
      ingress: this,
      isImported,
      routes: this.routes,
      maintenanceRules: () => this._maintenanceRules,
      targetGroups: () => this.made.reduce((count, { route }) => count + (route.alternateTargetGroup === undefined ? 1 : 2), 0),
    });
    this.node.addValidation({ validate: () => this.validate() });
  }

  /**
   * Routes requests to a target.
   *
   * @param id unique on this ingress; changing it makes a new rule with another priority, and a target group that is empty until the service is updated
   * @throws InvalidBackendError for an id that is taken, for conditions, a priority or tokens that a load balancer does not take,
   * and where the stack of this ingress depends on that of the target
   */
  public addRoute(id: string, options: IngressRouteOptions): IApplicationIngressRoute {
    refuseMisnomers(this, options, { path: 'Set `paths: [\'/*\']`.', host: 'Set `hosts: [\'api.example.com\']`.' });
    requireKind(this, 'target', options.target, INGRESS_TARGET);
    const described = this.describe(id, options, options.target);
    this.prepare(id, options.target);
    const { entry, verification } = this.guard(described, options, [options.target]);
    return this.connect(id, options.target, IngressPath.between(this._side, options.target).addRoute(this._side, entry, verification));
  }

  /**
   * Routes requests to several targets, each of which gets its share: a new version beside an old one, or a service that takes over from
   * another. Rule and target groups are in the stack of this ingress, so that shifting requests changes no service.
   *
   * @param id unique among all routes of this ingress
   * @throws InvalidBackendError for an id that is taken, for conditions, a priority, tokens, weights or a stickiness that a load balancer does not
   * take, for a target that moves requests when it is deployed, and where the stack of this ingress depends on that of a target
   */
  public addWeightedRoute(id: string, options: IngressWeightedRouteOptions): IIngressWeightedRoute {
    options.targets.forEach(({ target }) => requireKind(this, 'target', target, INGRESS_TARGET));
    validateWeights(this, id, options);
    const described = this.describe(id, options, this);
    const { targets } = options;
    targets.forEach(({ target }) => this.prepare(id, target));
    const { entry, verification } = this.guard(described, options, targets.map(({ target }) => target));
    const weighted = new WeightedRoute(this._side.identity.rulesScope(), this._side, { entry, options, verification });
    const names = nameShares(id, targets);
    weighted.routes.forEach((route, index) => this.connect(names[index], targets[index].target, route));
    return weighted;
  }

  /**
   * Answers requests with a fixed response. The rule is in the stack of this ingress.
   *
   * @param id unique among all routes of this ingress
   * @throws InvalidBackendError for an id that is taken, and for conditions, a priority or a response that a load balancer does not take
   */
  public addFixedResponse(id: string, options: IngressFixedResponseOptions): IIngressRule {
    return this.answer(this.describe(id, options, this), renderFixedResponse(this, `Route '${id}'`, options));
  }

  /**
   * Redirects requests. The rule is in the stack of this ingress. A redirect to where the same redirect takes the request
   * again is an error at synth.
   *
   * @param id unique among all routes of this ingress
   * @throws InvalidBackendError for an id that is taken, and for conditions, a priority or a redirect that a load balancer does not take
   */
  public addRedirect(id: string, options: IngressRedirectOptions): IIngressRule {
    const action = renderRedirect(this, id, options, this._side.https);
    return this.answer({ ...this.describe(id, options, this), redirectsTo: destinationOf(options, this._side.https) }, action);
  }

  /**
   * Routes are there when their target groups are made.
   *
   * @internal
   */
  public _monitor(options: MonitorIngressOptions): Monitoring {
    const limits = ingressLimits(this, options);
    return {
      symptoms: ingressSymptoms(this, limits),
      eachPart: (onPart) => this.onRoute((made) => onPart(made.route, routeSymptoms(this, made, limits))),
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

  /** What can be said only when all routes are known, also about other ingresses with the same listener. */
  private validate(): string[] {
    warnOfQuotas(this.use);
    return [
      ...findConflicts(this.routes, maintenanceRulesOn(this.use)),
      ...findForeignConflicts(this.use),
      ...findRedirectLoops(this.routes, this._side.domainNames),
      ...findBypasses(this.use),
    ];
  }

  private guard(described: RouteEntry, { jwt, targetVerifiesTokens }: Pick<IngressRouteOptions, 'jwt' | 'targetVerifiesTokens'>, targets: IIngressTarget[]): { readonly entry: RouteEntry; readonly verification?: Verification } {
    const verification = jwt?._verify({ id: described.id, ingress: this, side: this._side, targets });
    const entry = { ...described, targets, requirement: verification?.requirement, targetVerifiesTokens };
    this.routes.push(entry);
    return { entry, verification };
  }

  private answer(entry: RouteEntry, action: elbv2.CfnListenerRule.ActionProperty): IIngressRule {
    this.routes.push(entry);
    return new AnswerRule(this._side.identity.rulesScope(), entry.id, this._side, entry, action);
  }

  /** Ids of routes and of other children of an ingress have nothing to do with each other. */
  private onRoute(listener: (made: MadeRoute) => void): void {
    this.routeListeners.push(listener);
    this.made.forEach(listener);
  }

  private prepare(id: string, target: IIngressTarget): void {
    requireSameNetwork(this, id, target);
    warnOfCutRequests(this._side, id, target);
    dependOnStackOf(target, this, 'Services depend on their ingress, never the reverse.');
  }

  private connect(name: string, target: IIngressTarget, route: IApplicationIngressRoute): IApplicationIngressRoute {
    target.attachToIngress(route);
    const made = { name, route, target };
    this.made.push(made);
    this.routeListeners.forEach((listener) => listener(made));
    return route;
  }

  private describe(id: string, options: IngressRuleOptions, owner: IConstruct): RouteEntry {
    requireNewRoute(this, id, this.routes.map((route) => route.id));
    const other = importWithRoute(this.use, id);
    if (other !== undefined) {
      throw new InvalidBackendError(this, 'IngressRoute.duplicateIdOfImport', `'${other.node.path}' imports the same listener in this stack and already has a route '${id}'. Use a different id, or add all routes to '${other.node.path}'.`);
    }
    const conditions = normalizeConditions(this, id, options);
    this.warnOfForeignHosts(id, conditions);
    const priority = this.choosePriority(id, options, conditions, owner);
    if (priority <= MAX_MAINTENANCE_RULES) {
      warn(this, 'PublicIngress.lowPriority', `Route '${id}' has priority ${priority}, and \`maintenance\` can use priorities 1 to ${MAX_MAINTENANCE_RULES}, because maintenance must come before every route. `
        + `Set \`priority\` to ${MAX_MAINTENANCE_RULES + 1} or more before you need maintenance.`);
    }
    return { id, conditions, priority, explicit: options.priority !== undefined };
  }

  /** Without a record and a certificate for it, no request with such a host arrives. */
  private warnOfForeignHosts(id: string, { hosts }: RouteConditions): void {
    const { domainNames } = this._side;
    const known = domainNames.length > 0 && !domainNames.some((name) => Token.isUnresolved(name));
    const foreign = hosts.filter((host) => known && !Token.isUnresolved(host) && !domainNames.some((name) => patternsOverlap(name, host)));
    if (foreign.length > 0) {
      const [wanted, served] = [foreign, domainNames].map((names) => names.map((name) => `'${name}'`).join(', '));
      warn(this, 'PublicIngress.foreignHost', `Route '${id}' is for ${wanted}, and this ingress serves only ${served}. Requests for other names don't arrive, because a certificate and a DNS record are missing. `
        + 'Add the name to `domainNames` of the ingress, or correct `hosts` of the route.');
    }
  }

  private choosePriority(id: string, { priority }: IngressRuleOptions, conditions: RouteConditions, owner: IConstruct): number {
    if (priority !== undefined) {
      if (Token.isUnresolved(priority) || !Number.isInteger(priority) || priority < 1 || priority > MAX_PRIORITY) {
        const got = Token.isUnresolved(priority) ? 'a number that isn\'t known until deployment (it\'s a token)' : priority;
        throw new InvalidBackendError(this, 'IngressRoute.priority', `Route '${id}': \`priority\` must be a whole number from 1 to ${MAX_PRIORITY}, got ${got}.`);
      }
      return priority;
    }
    if (isUnclassifiable(conditions)) {
      throw new InvalidBackendError(this, 'IngressRoute.priorityUnknown', `Route '${id}' has a path that isn't known until deployment (it's a token), so its priority can't be computed. Set \`priority\` to a whole number from 1 to ${MAX_PRIORITY}.`);
    }
    return priorityOf(this._side.identity.priorityText(owner, id), conditions);
  }
}

/** The name that an address is made with: nobody can call a wildcard. */
export function mainNameOf(domainNames: string[]): string | undefined {
  return domainNames.find((name) => Token.isUnresolved(name) || !name.startsWith('*')) ?? domainNames[0];
}
