import { Annotations, type RemovalPolicy, Resource, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { EdgeDomain, EdgeDomainConfig } from './edge-domain';
import type { EdgeRouteOptions, IEdgeRoute } from './edge-route';
import type { IEdgeTarget } from './edge-target';
import { Posture } from '../posture';
import { AccessLogBucket } from './private/access-log-bucket';
import { EdgePath, pathInStage } from './private/edge-path';
import { type RouteConditions, normalizeConditions } from './private/route-conditions';
import { MAX_PRIORITY, isUnclassifiable, priorityOf } from './private/route-priority';
import { type RouteEntry, findConflicts } from './private/route-table';
import { WebAcl } from './private/web-acl';
import { referWeakly } from '../private/cross-stack';
import { dataRemovalPolicy } from '../private/data-removal';
import { InvalidBackendError } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';

/** Properties of an edge. */
export interface PublicEdgeProps {
  /** The network of the load balancer. It needs public subnets in at least two availability zones. */
  readonly vpc: ec2.IVpc;

  /**
   * The names under which clients reach the edge, with their certificate. With it the edge speaks HTTPS and redirects HTTP.
   *
   * @default - HTTP only, under the name of the load balancer: a warning, and an error where the posture requires HTTPS
   */
  readonly domain?: EdgeDomain;

  /**
   * Subnets of the load balancer, in at least two availability zones.
   *
   * @default - the public subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Whether a web ACL with AWS managed rules and a rate limit protects the edge.
   *
   * @default - as the posture says: no in development, yes in production
   */
  readonly waf?: boolean;

  /**
   * Requests that one IP address may make in five minutes before the web ACL answers 429, from 10 to 2,000,000,000.
   *
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
   * @default 2000
   */
  readonly rateLimit?: number;

  /**
   * Whether the load balancer writes access logs to a bucket of its own.
   *
   * @default - as the posture says: no in development, yes in production
   */
  readonly accessLogs?: boolean;

  /**
   * How long access logs are kept.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: RetentionDays;

  /**
   * What happens to the bucket of access logs when it leaves the stack: destroy, which works only while it is empty, or
   * retain.
   *
   * @default - as the posture says: destroy in development, retain in production
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether the load balancer refuses to be deleted.
   *
   * @default - as the posture says: no in development, yes in production
   */
  readonly deletionProtection?: boolean;
}

/**
 * Where requests enter: one internet-facing application load balancer, shared by many services.
 *
 * ## What it makes
 * A load balancer with its security group, a listener (HTTPS with certificate, alias records and a redirect from HTTP where
 * a domain is given), and by posture a web ACL and a bucket for access logs. `addRoute` makes a target group, a listener
 * rule and the rules of both security groups below the *target*, in its stack: a service depends on its edge, never the
 * reverse, and one deployment adds or removes a route.
 *
 * ## Defaults that matter
 * What no route matches is answered with 404. The more specific route wins: one with a host before one without, then the
 * exact path, then the deeper prefix; a header counts as one step more specific. Two equally specific routes that can match
 * the same request are an error. Adding, removing or reordering routes never changes the priority of another.
 *
 * ## Security considerations
 * TLS 1.2 and 1.3 with forward secrecy only, invalid headers dropped, requests that could desynchronise parsers refused.
 * From the edge only the ports of routed services can be reached. Between edge and service is HTTP inside the VPC. The
 * managed rule on body size only counts, because it would refuse bodies above 8 KB.
 *
 * ## Cost
 * In us-east-1 about 16 USD a month for the load balancer and 7.30 for its public addresses in two zones, plus capacity
 * used. A web ACL adds about 10 and 0.60 for each million requests. Access logs cost their storage.
 *
 * @see https://aws.amazon.com/elasticloadbalancing/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
 * import { EdgeDomain, type FargateApi, PublicEdge } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * declare const hostedZone: IHostedZone;
 * declare const orders: FargateApi;
 * const stack = new Stack(new App(), 'Edge');
 * const edge = new PublicEdge(stack, 'Edge', {
 *   vpc,
 *   domain: EdgeDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com'] }),
 * });
 * edge.addRoute('Orders', { paths: ['/orders', '/orders/*'], target: orders });
 */
export class PublicEdge extends Construct implements ec2.IConnectable {
  /** The network of the load balancer. */
  public readonly vpc: ec2.IVpc;
  /** The load balancer. */
  public readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** The listener that routes belong to. */
  public readonly listener: elbv2.IApplicationListener;
  /** The security group of the load balancer. */
  public readonly connections: ec2.Connections;
  /** The address that clients use: `https://` and the main domain name, or `http://` and the load balancer's own name. */
  public readonly url: string;

  private readonly securityGroup: ec2.SecurityGroup;
  private readonly fullName: string;
  private readonly routes: RouteEntry[] = [];
  private readonly made = new Map<string, IEdgeRoute>();
  private readonly routeListeners: ((id: string, route: IEdgeRoute) => void)[] = [];

  /** @throws InvalidBackendError where the VPC has no public subnets in two zones, or a value is out of its range */
  constructor(scope: Construct, id: string, props: PublicEdgeProps) {
    super(scope, id);
    this.vpc = props.vpc;
    dependOnStackOf(this, this.vpc, 'An edge depends on its network, never the reverse.');
    const domain = props.domain?.bind(this);

    this.securityGroup = this.createSecurityGroup(domain !== undefined);
    this.connections = new ec2.Connections({ securityGroups: [this.securityGroup], defaultPort: ec2.Port.tcp(domain === undefined ? 80 : 443) });
    const loadBalancer = this.createLoadBalancer(props);
    this.loadBalancer = loadBalancer;
    this.fullName = loadBalancer.loadBalancerFullName;
    this.listener = domain === undefined ? this.createHttpListener(loadBalancer) : this.createHttpsListener(loadBalancer, domain);
    this.url = domain === undefined ? `http://${loadBalancer.loadBalancerDnsName}` : `https://${domain.domainNames[0]}`;
    this.createRecords(domain);
    this.createAccessLogs(props, loadBalancer);
    this.createWebAcl(props);
    this.validateHttps(domain);
    this.node.addValidation({ validate: () => findConflicts(this.routes) });
    referWeakly(...[this.securityGroup, loadBalancer, this.listener].flatMap((shared) => shared.node.defaultChild ?? []));
  }

  /**
   * Routes requests to a target.
   *
   * @param id unique on this edge; changing it gives the route another priority in its class
   * @throws InvalidBackendError for an id that is taken, for conditions or a priority that a load balancer does not take,
   * and where the stack of this edge depends on that of the target
   */
  public addRoute(id: string, options: EdgeRouteOptions): IEdgeRoute {
    if (this.routes.some((route) => route.id === id)) {
      throw new InvalidBackendError(this, `This edge already has a route '${id}'. Give each route of an edge an id of its own.`);
    }
    const conditions = normalizeConditions(this, id, options);
    const priority = this.choosePriority(id, options, conditions);
    this.requireSameNetwork(id, options.target);
    dependOnStackOf(options.target, this, 'Services depend on their edge, never the reverse.');
    this.routes.push({ id, conditions, priority, explicit: options.priority !== undefined });
    const side = { edge: this, listener: this.listener, loadBalancerFullName: this.fullName, securityGroup: this.securityGroup };
    const route = EdgePath.between(side, options.target).addRoute(id, conditions, priority);
    options.target.attachToEdge(route);
    this.made.set(id, route);
    this.routeListeners.forEach((listener) => listener(id, route));
    return route;
  }

  /**
   * Calls back for each route, those that are there and those to come, when its target groups are made.
   *
   * @internal
   */
  public _onRoute(listener: (id: string, route: IEdgeRoute) => void): void {
    this.routeListeners.push(listener);
    this.made.forEach((route, id) => listener(id, route));
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
      dimensionsMap: { LoadBalancer: this.fullName },
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

  private createSecurityGroup(https: boolean): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'Load balancer: open to the internet, may connect to routed services only',
      allowAllOutbound: false,
    });
    group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(80), https ? 'HTTP, redirected to HTTPS' : 'HTTP');
    if (https) {
      group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS');
    }
    return group;
  }

  private createLoadBalancer(props: PublicEdgeProps): elbv2.ApplicationLoadBalancer {
    return new elbv2.ApplicationLoadBalancer(this, 'Resource', {
      vpc: this.vpc,
      vpcSubnets: this.selectSubnets(props.vpcSubnets),
      internetFacing: true,
      ipAddressType: elbv2.IpAddressType.IPV4,
      securityGroup: this.securityGroup,
      deletionProtection: props.deletionProtection ?? Posture.of(this).loadBalancerDeletionProtection,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
      http2Enabled: true,
    });
  }

  private selectSubnets(explicit?: ec2.SubnetSelection): ec2.SubnetSelection {
    if (explicit === undefined && this.vpc.publicSubnets.length === 0) {
      throw new InvalidBackendError(this, 'The VPC has no public subnets, which a public edge needs. Use a VPC with public subnets, or select them with vpcSubnets.');
    }
    const selection = explicit ?? { subnetType: ec2.SubnetType.PUBLIC };
    const { subnets, availabilityZones } = this.vpc.selectSubnets(selection);
    if (subnets.some((subnet) => this.vpc.privateSubnets.includes(subnet) || this.vpc.isolatedSubnets.includes(subnet))) {
      Annotations.of(this).addWarningV2('cdk-private-backend:PublicEdge.privateSubnets',
        'vpcSubnets selects private or isolated subnets, in which requests from the internet reach a load balancer only by way of a firewall of yours. Select public subnets if there is none.');
    }
    const zones = new Set(availabilityZones);
    if (zones.size < 2) {
      throw new InvalidBackendError(this, `A load balancer needs subnets in at least 2 availability zones, got ${zones.size}. Set maxAzs of the network to at least 2, or select more subnets with vpcSubnets.`);
    }
    return selection;
  }

  private createHttpListener(loadBalancer: elbv2.ApplicationLoadBalancer): elbv2.ApplicationListener {
    return loadBalancer.addListener('Http', { port: 80, protocol: elbv2.ApplicationProtocol.HTTP, open: false, defaultAction: notFound() });
  }

  private createHttpsListener(loadBalancer: elbv2.ApplicationLoadBalancer, domain: EdgeDomainConfig): elbv2.ApplicationListener {
    loadBalancer.addListener('Http', {
      port: 80,
      protocol: elbv2.ApplicationProtocol.HTTP,
      open: false,
      defaultAction: elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    return loadBalancer.addListener('Https', {
      port: 443,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      certificates: domain.certificates,
      sslPolicy: elbv2.SslPolicy.TLS13_RES,
      open: false,
      defaultAction: notFound(),
    });
  }

  private createRecords(domain?: EdgeDomainConfig): void {
    const { hostedZone: zone, domainNames = [] } = domain ?? {};
    if (zone === undefined) {
      return;
    }
    const { loadBalancerDnsName: dnsName, loadBalancerCanonicalHostedZoneId: hostedZoneId } = this.loadBalancer;
    domainNames.forEach((recordName, index) => new route53.ARecord(this, Token.isUnresolved(recordName) ? `Alias${index}` : `Alias-${recordName}`, {
      zone,
      recordName,
      target: route53.RecordTarget.fromAlias({ bind: () => ({ dnsName, hostedZoneId }) }),
    }));
  }

  private createAccessLogs(props: PublicEdgeProps, loadBalancer: elbv2.ApplicationLoadBalancer): void {
    const posture = Posture.of(this);
    if (props.accessLogs ?? posture.accessLogs) {
      new AccessLogBucket(this, 'AccessLogs', {
        retention: props.logRetention ?? posture.logRetention,
        removalPolicy: dataRemovalPolicy(this, props.removalPolicy),
      }).receiveFrom(loadBalancer);
    }
  }

  private createWebAcl(props: PublicEdgeProps): void {
    const rateLimit = props.rateLimit ?? 2000;
    if (!Token.isUnresolved(rateLimit) && (!Number.isInteger(rateLimit) || rateLimit < 10 || rateLimit > 2_000_000_000)) {
      throw new InvalidBackendError(this, `rateLimit must be a whole number of requests from 10 to 2000000000, got ${rateLimit}.`);
    }
    if (props.waf ?? Posture.of(this).waf) {
      new WebAcl(this, 'WebAcl', { resourceArn: this.loadBalancer.loadBalancerArn, rateLimit });
    }
  }

  private validateHttps(domain?: EdgeDomainConfig): void {
    if (domain !== undefined) {
      return;
    }
    if (Posture.of(this).requireHttps) {
      const message = 'The posture requires HTTPS, and this edge has no domain. Give it domain: EdgeDomain.fromHostedZone(…) or EdgeDomain.fromCertificate(…), '
        + 'or decide against HTTPS with Posture.development().applyTo(app) or Posture.production({ requireHttps: false }).';
      this.node.addValidation({ validate: () => [message] });
    } else {
      Annotations.of(this).addWarningV2('cdk-private-backend:PublicEdge.http', 'Requests and answers cross the internet unencrypted, because this edge has no domain. Give it one with EdgeDomain before real data passes.');
    }
  }

  private requireSameNetwork(id: string, { vpc, node }: IEdgeTarget): void {
    const own = [this.vpc, vpc].every((each) => Resource.isOwnedResource(each));
    const known = [this.vpc, vpc].every((each) => !Token.isUnresolved(each.vpcId));
    if ((own && vpc !== this.vpc) || (known && vpc.vpcId !== this.vpc.vpcId)) {
      throw new InvalidBackendError(this, `Route '${id}': '${node.path}' is in another VPC than this edge, and a load balancer has targets in its own only. Give both the same vpc.`);
    }
  }

  private choosePriority(id: string, options: EdgeRouteOptions, conditions: RouteConditions): number {
    const { priority } = options;
    if (priority !== undefined) {
      if (Token.isUnresolved(priority) || !Number.isInteger(priority) || priority < 1 || priority > MAX_PRIORITY) {
        throw new InvalidBackendError(this, `Route '${id}': priority must be a whole number from 1 to ${MAX_PRIORITY}, known at synth, got ${priority}.`);
      }
      return priority;
    }
    if (isUnclassifiable(conditions)) {
      throw new InvalidBackendError(this, `Route '${id}' has a path that is known only at deployment, so its priority cannot be told. Set priority, a whole number from 1 to ${MAX_PRIORITY}.`);
    }
    return priorityOf(`${pathInStage(options.target)}:${id}`, conditions);
  }
}

function notFound(): elbv2.ListenerAction {
  return elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
}
