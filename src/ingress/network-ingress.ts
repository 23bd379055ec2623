import { type RemovalPolicy, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { CustomDomain } from './custom-domain';
import type { INetworkIngressRoute, NetworkIngressRouteOptions } from './network-ingress-route';
import type { IIngressTarget } from '../binding';
import { Posture } from '../posture';
import { AccessLogBucket } from './private/access-log-bucket';
import { mainNameOf } from './private/ingress-base';
import { OwnIdentity } from './private/ingress-identity';
import { targetGroupsOf, targetSymptoms } from './private/ingress-symptoms';
import { createRecords, requireRegion } from './private/listeners';
import { clientsOf, createNetworkLoadBalancer, createNetworkSecurityGroup } from './private/network-balancer';
import { type MadeNetworkRoute, NetworkRoute, type NetworkSide, speaksTls } from './private/network-route';
import { requireNewRoute, requireSameNetwork } from './private/route-checks';
import { SET_DOMAIN } from './private/set-domain';
import { refuseSharedNames } from './shared/host-names';
import { bucketRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { requireTerminationProtection } from '../posture/shared/termination-protection';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError, problem, warn } from '../private/errors';
import { refuseMisnomers } from '../private/misnomers';
import { INGRESS_TARGET, requireKind, VPC } from '../private/props';
import { dependOnStackOf } from '../private/stack-order';
import type { Monitored, Monitoring } from '../symptoms/shared/monitored';

const MISNOMERS = {
  domainNames: `${SET_DOMAIN}.`,
  certificate: 'Set `domain: CustomDomain.fromCertificate(certificate, [\'api.example.com\'])`.',
  scheme: 'Set `internetFacing: true` for clients on the internet; without it the load balancer is internal.',
  waf: 'Web ACLs protect application load balancers only: use a `PublicIngress`.',
};

const BY_PORT = 'A network load balancer routes by port only. Use a `PublicIngress`, or a route with a `port` of its own for each target.';

const ROUTE_MISNOMERS = { paths: BY_PORT, path: BY_PORT, hosts: BY_PORT, host: BY_PORT, headers: BY_PORT, priority: BY_PORT, targets: BY_PORT, weight: BY_PORT, jwt: 'A network load balancer reads no requests. Use a `PublicIngress`, or verify the token in the service.' };

/** Properties of a network ingress. */
export interface NetworkIngressProps {
  /** The network of the load balancer. */
  readonly vpc: ec2.IVpc;

  /**
   * Whether clients on the internet reach the load balancer, which then has public addresses.
   *
   * @default false
   */
  readonly internetFacing?: boolean;

  /**
   * The names under which clients reach the ingress, with their certificate. With it each route speaks TLS. A private zone needs a certificate of yours.
   *
   * @default - TCP, under the name of the load balancer: fine for targets that speak TLS themselves; for others a warning, and an error where
   * the posture requires HTTPS
   */
  readonly domain?: CustomDomain;

  /**
   * The clients that may connect to the ports of routes. An empty list lets nobody in; others can be let in by `ingress.connections`, which opens
   * the side of the client too.
   *
   * @default - every IPv4 address where the ingress is `internetFacing`, else the main address range of the VPC
   */
  readonly allowFrom?: ec2.IPeer[];

  /**
   * Subnets of the load balancer, one in each availability zone.
   *
   * @default - public subnets where the ingress is `internetFacing`, else private ones, else isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Whether the load balancer writes access logs to a bucket of its own. It logs TLS connections only, so this needs a domain.
   *
   * @default - as the posture says: no in development, yes in production where there is a domain
   */
  readonly accessLogs?: boolean;

  /**
   * How long access logs are kept.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: RetentionDays;

  /**
   * What happens to the bucket of access logs when it leaves the stack: destroy, which works only while it is empty, or retain.
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
 * Where connections enter: one network load balancer, internal or internet-facing, with a port for each service.
 *
 * ## What it makes
 * A load balancer with its security group, a certificate and alias records where a domain is given, and by posture a bucket for access logs.
 * `addRoute` makes a listener, a target group and the rules of both security groups below the *target*, in its stack: a service depends on its
 * ingress, never the reverse, and one deployment adds or removes a route.
 *
 * ## Defaults that matter
 * Internal, and open to the VPC only. Zones share all targets (`cross-zone`), which AWS charges as traffic between zones. A task that stops gets no new
 * connections for 60 seconds before SIGTERM, unless the service has a `deregistrationDelay`; connections that are open stay open, and the service has
 * to close them within its `stopTimeout`. Idle connections end after 350 seconds, so services keep them for 355. Production requires TLS, and
 * `terminationProtection` of the stack.
 *
 * ## Security considerations
 * TLS 1.2 and 1.3 with forward secrecy only. Services see the address of the load balancer, not that of the client: client addresses are not preserved, so that
 * a service can also be a client of its own ingress. No web ACL, no JWT: where requests have to be looked at, use a `PublicIngress`.
 *
 * ## Cost
 * In us-east-1 about 16 USD a month for the load balancer, and 3.65 for the public IPv4 address in each zone where it is internet-facing, plus capacity used.
 *
 * @see https://aws.amazon.com/elasticloadbalancing/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
 * import { CustomDomain, type FargateApi, NetworkIngress } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * declare const hostedZone: IHostedZone;
 * declare const orders: FargateApi;
 * const stack = new Stack(new App(), 'Ingress', { terminationProtection: true });
 * const ingress = new NetworkIngress(stack, 'Ingress', {
 *   vpc,
 *   internetFacing: true,
 *   domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com'] }),
 * });
 * ingress.addRoute('Orders', { target: orders });
 */
export class NetworkIngress extends Construct implements ec2.IConnectable, Monitored {
  /** The network of the load balancer. */
  public readonly vpc: ec2.IVpc;
  /** The load balancer. */
  public readonly loadBalancer: elbv2.INetworkLoadBalancer;
  /** The security group of the load balancer. Its default port is that of a route without `port`. */
  public readonly connections: ec2.Connections;
  /** The main name that clients use: the first domain name without a wildcard, else the load balancer's own name. */
  public readonly domainName: string;
  /** The address that clients use on the default port: `https://`, or `http://` without a domain, and the main name. Each route has its own `url`. */
  public readonly url: string;

  private readonly side: NetworkSide;
  private readonly made: MadeNetworkRoute[] = [];
  private readonly routeListeners: ((made: MadeNetworkRoute) => void)[] = [];

  /** @throws InvalidBackendError where the VPC has no subnets for the scheme, it or a certificate is in another region, or a value does not fit */
  constructor(scope: Construct, id: string, props: NetworkIngressProps) {
    super(scope, id);
    refuseMisnomers(this, props, MISNOMERS);
    requireKind(this, 'vpc', props.vpc, VPC);
    this.vpc = props.vpc;
    const domain = props.domain?.bind(this);
    domain?.certificates.forEach((certificate) => requireRegion(this, certificate));

    const securityGroup = createNetworkSecurityGroup(this, this.vpc);
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(domain === undefined ? 80 : 443) });
    const loadBalancer = createNetworkLoadBalancer(this, props, securityGroup);
    this.loadBalancer = loadBalancer;
    const { certificates = [], domainNames = [] } = domain ?? {};
    const domainName = mainNameOf(domainNames) ?? loadBalancer.loadBalancerDnsName;
    this.domainName = domainName;
    this.url = `${domain === undefined ? 'http' : 'https'}://${domainName}`;
    this.side = { ingress: this, identity: new OwnIdentity(this), securityGroup, loadBalancer, domainName, certificates, clients: clientsOf(this, props) };

    createRecords(this, loadBalancer, domain);
    refuseSharedNames(this);
    this.createAccessLogs(props, loadBalancer);
    requireTerminationProtection(this);
    referWeakly(...[securityGroup, loadBalancer, ...certificates].flatMap((shared) => shared.node.defaultChild ?? []));
    this.describeTo(domainNames, props.internetFacing ?? false);
  }

  /**
   * Leads a port to a target.
   *
   * @param id unique on this ingress; changing it makes a target group that is empty until the service is updated
   * @throws InvalidBackendError for an id or a port that is taken, a port that is none, a target in another VPC, and where the stack of this ingress
   * depends on that of the target
   */
  public addRoute(id: string, options: NetworkIngressRouteOptions): INetworkIngressRoute {
    refuseMisnomers(this, options, ROUTE_MISNOMERS);
    const { target } = options;
    requireKind(this, 'target', target, INGRESS_TARGET);
    requireNewRoute(this, id, this.made.map(({ name }) => name));
    requireSameNetwork(this, id, target);
    dependOnStackOf(target, this, 'Services depend on their ingress, never the reverse.');
    const port = this.choosePort(id, options);
    this.judgeTls(id, target);
    const route = NetworkRoute.create(id, { side: this.side, target, port });
    target.attachToIngress(route);
    const made = { name: id, route, target };
    this.made.push(made);
    this.routeListeners.forEach((listener) => listener(made));
    return route;
  }

  /**
   * A metric of the load balancer. Default: sum over five minutes.
   *
   * @param metricName name of the metric in namespace `AWS/NetworkELB`
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/NetworkELB',
      metricName,
      dimensionsMap: { LoadBalancer: this.side.loadBalancer.loadBalancerFullName },
      statistic: cloudwatch.Stats.SUM,
      ...options,
    }).attachTo(this);
  }

  /**
   * Routes are there when their target groups are made.
   *
   * @internal
   */
  public _monitor(): Monitoring {
    return {
      symptoms: [],
      eachPart: (onPart) => {
        const listener = (made: MadeNetworkRoute) => onPart(made.route, targetSymptoms(this, targetGroupsOf(made.route), made));
        this.routeListeners.push(listener);
        this.made.forEach(listener);
      },
    };
  }

  private describeTo(domainNames: string[], internetFacing: boolean): void {
    const { url } = this;
    describe(this, this.loadBalancer, () => ({ kind: 'network-ingress', accessLogs: this.node.tryFindChild('AccessLogs'), domainNames, internetFacing, url }));
  }

  private choosePort(id: string, { port: explicit, target }: NetworkIngressRouteOptions): number {
    const port = explicit ?? (speaksTls(this.side, target) ? 443 : 80);
    if (Token.isUnresolved(port) || !Number.isInteger(port) || port < 1 || port > 65_535) {
      const got = Token.isUnresolved(port) ? 'a number that isn\'t known until deployment (it\'s a token)' : port;
      throw new InvalidBackendError(this, 'NetworkIngress.port', `Route '${id}': \`port\` must be a whole number from 1 to 65535, got ${got}.`);
    }
    const other = this.made.find(({ route }) => route.port === port);
    if (other !== undefined) {
      throw new InvalidBackendError(this, 'NetworkIngress.portTaken', `Route '${id}' and route '${other.name}' both use port ${port}, and a network load balancer leads a port to one target. Set another \`port\` for one of the two, or use a \`PublicIngress\`, which routes by path and host.`);
    }
    return port;
  }

  private judgeTls(id: string, target: IIngressTarget): void {
    if (speaksTls(this.side, target)) {
      return;
    }
    const posture = Posture.of(this);
    const what = `\`domain\` of this ingress isn't set, and '${target.node.path}' doesn't speak TLS itself`;
    if (posture.requireHttps) {
      const message = problem('NetworkIngress.tlsRequired', `The ${posture.name} posture requires TLS, which route '${id}' lacks, because ${what}. ${SET_DOMAIN}, or \`tls: true\` on a service with a certificate of its own. `
        + 'To try production without TLS, use `Posture.production({ requireHttps: false })`.');
      this.node.addValidation({ validate: () => [message] });
    } else {
      warn(this, 'NetworkIngress.plainTcp', `Route '${id}': requests and responses pass between clients and load balancer unencrypted, because ${what}. ${SET_DOMAIN} before real data passes.`);
    }
  }

  private createAccessLogs({ accessLogs, domain, logRetention, removalPolicy }: NetworkIngressProps, loadBalancer: elbv2.NetworkLoadBalancer): void {
    const posture = Posture.of(this);
    if (accessLogs === true && domain === undefined) {
      throw new InvalidBackendError(this, 'NetworkIngress.accessLogsNeedTls', `\`accessLogs\` needs TLS, because network load balancers log TLS connections only, and \`domain\` of this ingress isn't set. ${SET_DOMAIN}, or remove \`accessLogs\`.`);
    }
    if (accessLogs ?? (posture.accessLogs && domain !== undefined)) {
      new AccessLogBucket(this, 'AccessLogs', { retention: logRetention ?? posture.logRetention, removalPolicy: bucketRemovalPolicy(this, removalPolicy) }).receiveFromNetwork(loadBalancer);
    }
  }
}
