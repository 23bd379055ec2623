import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import type { CustomDomain, CustomDomainConfig } from './custom-domain';
import type { IngressFixedResponseOptions, IngressRedirectOptions } from './ingress-answer';
import type { IngressMaintenance } from './ingress-maintenance';
import type { IngressMutualTls } from './ingress-mutual-tls';
import type { IngressRouteOptions } from './ingress-route';
import type { IApplicationIngressRoute, IIngressRule } from './ingress-rule';
import type { IngressWeightedRouteOptions, IIngressWeightedRoute } from './ingress-weighted-route';
import { Posture } from '../posture';
import { AccessLogBucket } from './private/access-log-bucket';
import { createLoadBalancer, createSecurityGroup, hasIpv4, hasIpv6, requireRegionOf } from './private/balancer';
import { ImportedIngress } from './private/imported-ingress';
import { IngressBase, mainNameOf } from './private/ingress-base';
import { OwnIdentity } from './private/ingress-identity';
import type { IngressSide } from './private/ingress-path';
import { createListener, createRecords } from './private/listeners';
import { SET_DOMAIN } from './private/set-domain';
import { WebAcl } from './private/web-acl';
import { refuseSharedNames } from './shared/host-names';
import { bucketRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { requireTerminationProtection } from '../posture/shared/termination-protection';
import { referWeakly } from '../private/cross-stack';
import { problem, warn } from '../private/errors';
import { refuseMisnomers } from '../private/misnomers';
import { requireKind, VPC } from '../private/props';
import { integer } from '../private/ranges';
import { dependOnStackOf } from '../private/stack-order';

const MISNOMERS = {
  domainNames: `${SET_DOMAIN}.`,
  certificate: 'Set `domain: CustomDomain.fromCertificate(certificate, [\'api.example.com\'])`.',
};

/** Where requests enter: a load balancer and the listener that routes belong to. */
export interface IPublicIngress extends IConstruct, ec2.IConnectable {
  /** The network of the load balancer. */
  readonly vpc: ec2.IVpc;

  /** The load balancer. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /** The listener that routes belong to. */
  readonly listener: elbv2.IApplicationListener;

  /** The main name that clients use: the first domain name without a wildcard, else the load balancer's own name. */
  readonly domainName: string;

  /** The address that clients use: `https://` or `http://` and the main name. */
  readonly url: string;

  /** Routes requests to a target. */
  addRoute(id: string, options: IngressRouteOptions): IApplicationIngressRoute;

  /** Routes requests to several targets, each of which gets its share. */
  addWeightedRoute(id: string, options: IngressWeightedRouteOptions): IIngressWeightedRoute;

  /** Answers requests with a fixed response. */
  addFixedResponse(id: string, options: IngressFixedResponseOptions): IIngressRule;

  /** Redirects requests. */
  addRedirect(id: string, options: IngressRedirectOptions): IIngressRule;

  /** A metric of the load balancer. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Requests that reached a target. Default: sum over five minutes. */
  metricRequestCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Seconds from the request leaving the load balancer to the target's answer. Default: average over five minutes. */
  metricTargetResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Answers of targets with a 5xx status. Default: sum over five minutes. */
  metricTargetServerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** Properties of an ingress. */
export interface PublicIngressProps {
  /** The network of the load balancer. It needs public subnets in at least two availability zones. */
  readonly vpc: ec2.IVpc;

  /**
   * The names under which clients reach the ingress, with their certificate. With it the ingress speaks HTTPS and redirects HTTP.
   *
   * @default - HTTP only, under the name of the load balancer: a warning, and an error where the posture requires HTTPS
   */
  readonly domain?: CustomDomain;

  /**
   * Whether clients show a certificate of their own, and who verifies it. Needs a domain.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
   * @default - they do not
   */
  readonly mutualTls?: IngressMutualTls;

  /**
   * Versions of TLS and ciphers that clients may use, such as those of a standard that you have to keep. Needs a domain.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
   * @default SslPolicy.TLS13_RES
   */
  readonly sslPolicy?: elbv2.SslPolicy;

  /**
   * Subnets of the load balancer, in at least two availability zones.
   *
   * @default - the public subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Whether a web ACL with AWS managed rules and a rate limit protects the ingress.
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
   * Maintenance, in which the ingress answers every request with 503. Give it and deploy the stack of the ingress to turn it on, take it
   * away and deploy again to turn it off. Routes need priorities above those of its rules, at most 40.
   *
   * @default - no maintenance
   */
  readonly maintenance?: IngressMaintenance;

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
   * retain. Retain on update or delete is the same as retain here: the load balancer writes a file at once, and the rollback of a failed deployment
   * can't delete a bucket with files in it.
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

  /**
   * By which addresses clients reach the load balancer. Both kinds with IPv6 need subnets that have IPv6, such as those of a
   * `BackendNetwork` with `ipv6`. Without public IPv4 addresses, which are charged, clients need IPv6 themselves. Services are reached by
   * IPv4 in any case.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#ip-address-type
   * @default IpAddressType.IPV4
   */
  readonly ipAddressType?: elbv2.IpAddressType;

  /**
   * How long a connection stays open on which nothing is sent, from 1 to 4000 seconds: that of a client, and that to a
   * service, whose answer has to begin within this time. Routed services are told to keep connections longer, and stop as much later, so
   * that running requests can finish.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#connection-idle-timeout
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;

  /**
   * How long a client may keep using one connection, from 60 seconds to 7 days.
   *
   * @default Duration.hours(1)
   */
  readonly clientKeepAlive?: Duration;
}

/** A load balancer and a listener of it that exist already, or that this app makes without `PublicIngress`. */
export interface PublicIngressAttributes {
  /** The load balancer. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /** The listener of it that routes belong to: the one for HTTPS, where there is one. */
  readonly listener: elbv2.IApplicationListener;

  /**
   * The network of the load balancer.
   *
   * @default - the one that the load balancer says; one that was imported without needs it here
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The security group of the load balancer from which services may be reached. Routes add rules to it.
   *
   * @default - the first one of the load balancer
   */
  readonly securityGroup?: ec2.ISecurityGroup;

  /**
   * Whether the listener speaks HTTPS.
   *
   * @default - as the listener says where this app makes it, else whether there are domain names
   */
  readonly https?: boolean;

  /**
   * The names that clients use, the main one first.
   *
   * @default - only the name of the load balancer
   */
  readonly domainNames?: string[];

  /**
   * How long the load balancer keeps a connection on which nothing is sent, from 1 to 4000 seconds, where that was changed. Routed
   * services are told to keep connections longer.
   *
   * @default Duration.seconds(60)
   */
  readonly idleTimeout?: Duration;
}

/**
 * Where requests enter: one internet-facing application load balancer, shared by many services.
 *
 * ## What it makes
 * A load balancer with its security group, a listener (HTTPS with certificate, alias records and a redirect from HTTP where
 * a domain is given), and by posture a web ACL and a bucket for access logs. `addRoute` makes a target group, a listener
 * rule and the rules of both security groups below the *target*, in its stack: a service depends on its ingress, never the
 * reverse, and one deployment adds or removes a route. Fixed responses, redirects, routes to several targets and maintenance
 * are rules below the ingress itself.
 *
 * ## Defaults that matter
 * What no route matches is answered with 404. The more specific route wins: one with a host before one without, then the
 * exact path, then the deeper prefix; a header counts as one step more specific. Two equally specific routes that can match
 * the same request are an error. Adding, removing or reordering routes never changes the priority of another.
 * Production requires HTTPS, and `terminationProtection` of the stack.
 *
 * ## Security considerations
 * TLS 1.2 and 1.3 with forward secrecy only, unless `sslPolicy` says otherwise, invalid headers dropped, requests that could desynchronise parsers refused.
 * From the ingress only the ports of routed services can be reached, and TCP 443 anywhere where a route verifies tokens. Between ingress and service is HTTP
 * inside the VPC, or TLS where the service speaks it. The managed rule on body size only counts, because it would refuse bodies above 8 KB.
 *
 * ## Cost
 * In us-east-1 about 16 USD a month for the load balancer and 7.30 for its public IPv4 addresses in two zones, plus capacity
 * used. A web ACL adds about 10 and 0.60 for each million requests, a trust store for mutual TLS 3.65. Access logs cost their storage.
 *
 * @see https://aws.amazon.com/elasticloadbalancing/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
 * import { CustomDomain, type FargateApi, PublicIngress } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * declare const hostedZone: IHostedZone;
 * declare const orders: FargateApi;
 * const stack = new Stack(new App(), 'Ingress', { terminationProtection: true });
 * const ingress = new PublicIngress(stack, 'Ingress', {
 *   vpc,
 *   domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com'] }),
 * });
 * ingress.addRoute('Orders', { paths: ['/orders', '/orders/*'], target: orders });
 */
export class PublicIngress extends IngressBase {
  /**
   * Uses a load balancer that exists already, or that this app makes without `PublicIngress`. Routes are added to its listener with the same checks
   * as to any ingress, also against what other stacks, stages and imports of this app put on the same listener. Rules follow from the listener, so
   * that the import can be renamed. A priority that a rule of another app has taken fails at deployment, and needs another one by `priority`.
   *
   * @throws InvalidBackendError for a listener of another load balancer or region, and for what is missing or contradicts the listener
   */
  public static fromPublicIngressAttributes(scope: Construct, id: string, attributes: PublicIngressAttributes): IPublicIngress {
    return new ImportedIngress(scope, id, attributes);
  }

  /** The network of the load balancer. */
  public readonly vpc: ec2.IVpc;
  /** The load balancer. */
  public readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** The listener that routes belong to. */
  public readonly listener: elbv2.IApplicationListener;
  /** The security group of the load balancer. */
  public readonly connections: ec2.Connections;
  /** The main name that clients use: the first domain name without a wildcard, else the load balancer's own name. */
  public readonly domainName: string;
  /** The address that clients use: `https://`, or `http://` without a domain, and the main name. */
  public readonly url: string;

  /** @internal */
  protected readonly _side: IngressSide;

  /** @throws InvalidBackendError where the VPC has no public subnets in two zones, it or a certificate is in another region, or a value is out of its range */
  constructor(scope: Construct, id: string, props: PublicIngressProps) {
    super(scope, id);
    refuseMisnomers(this, props, MISNOMERS);
    requireKind(this, 'vpc', props.vpc, VPC);
    this.vpc = props.vpc;
    requireRegionOf(this, 'vpc', this.vpc.env.region);
    dependOnStackOf(this, this.vpc, 'An ingress depends on its network, never the reverse.');
    const domain = props.domain?.bind(this);

    const securityGroup = createSecurityGroup(this, props, domain !== undefined);
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(domain === undefined ? 80 : 443) });
    const loadBalancer = createLoadBalancer(this, props, securityGroup);
    this.loadBalancer = loadBalancer;
    this.listener = createListener(this, loadBalancer, { ...props, domain });
    this._side = {
      ingress: this,
      identity: new OwnIdentity(this),
      vpc: this.vpc,
      listener: this.listener,
      loadBalancerFullName: loadBalancer.loadBalancerFullName,
      securityGroup,
      idleTimeout: props.idleTimeout,
      https: domain !== undefined,
      domainNames: domain?.domainNames ?? [],
      isCutOff: !hasIpv4(props.ipAddressType) && props.vpcSubnets === undefined,
    };
    this.domainName = mainNameOf(this._side.domainNames) ?? loadBalancer.loadBalancerDnsName;
    this.url = `${this._side.https ? 'https' : 'http'}://${this.domainName}`;
    this._maintenanceRules = props.maintenance?._createRules(this, this.listener, hasIpv6(props.ipAddressType)) ?? 0;
    createRecords(this, loadBalancer, domain, props.ipAddressType);
    refuseSharedNames(this);
    this.createAccessLogs(props, loadBalancer);
    this.createWebAcl(props);
    this.validateHttps(domain);
    requireTerminationProtection(this);
    referWeakly(...[securityGroup, loadBalancer, this.listener].flatMap((shared) => shared.node.defaultChild ?? []));
    this.describeTo(loadBalancer, props.maintenance !== undefined);
  }

  private describeTo(loadBalancer: elbv2.ApplicationLoadBalancer, maintenance: boolean): void {
    const { listener, url, _side: { domainNames } } = this;
    describe(this, loadBalancer, () => ({ kind: 'ingress', accessLogs: this.node.tryFindChild('AccessLogs'), domainNames, listener, maintenance, url }));
  }

  private createAccessLogs(props: PublicIngressProps, loadBalancer: elbv2.ApplicationLoadBalancer): void {
    const posture = Posture.of(this);
    if (props.accessLogs ?? posture.accessLogs) {
      new AccessLogBucket(this, 'AccessLogs', {
        retention: props.logRetention ?? posture.logRetention,
        removalPolicy: bucketRemovalPolicy(this, props.removalPolicy),
      }).receiveFrom(loadBalancer);
    }
  }

  private createWebAcl(props: PublicIngressProps): void {
    const rateLimit = props.rateLimit ?? 2000;
    integer(this, 'rateLimit', rateLimit, 10, 2_000_000_000);
    if (props.waf ?? Posture.of(this).waf) {
      new WebAcl(this, 'WebAcl', { resourceArn: this.loadBalancer.loadBalancerArn, rateLimit });
    }
  }

  private validateHttps(domain?: CustomDomainConfig): void {
    if (domain !== undefined) {
      return;
    }
    const posture = Posture.of(this);
    if (posture.requireHttps) {
      const message = problem('PublicIngress.httpsRequired', `The ${posture.name} posture requires HTTPS, and \`domain\` of this ingress isn't set. ${SET_DOMAIN}. `
        + 'To try production without a domain, use `Posture.production({ requireHttps: false })`.');
      this.node.addValidation({ validate: () => [message] });
    } else {
      warn(this, 'PublicIngress.http', `Requests and responses cross the internet unencrypted, because \`domain\` of this ingress isn't set. ${SET_DOMAIN} before real data passes.`);
    }
  }
}
