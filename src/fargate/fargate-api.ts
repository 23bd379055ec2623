import { Duration, Tokenization } from 'aws-cdk-lib';
import type { ApplicationProtocolVersion } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct, IConstruct } from 'constructs';
import type { FargateApiProps } from './fargate-api-props';
import type { IEdgeRoute, IEdgeTarget, IServiceBinding, ServiceBindingConfig, ServiceBindingOptions, INetworkEndpoint } from '../binding';
import { planProtocol, validateProtocol } from './private/api-protocol';
import { type DiscoveredService, discoveryNameOf, discoveryOf, urlFor, urlVariable } from './private/discovery';
import { KeepAlive } from './private/keep-alive';
import { ServiceBase } from './private/service-base';
import { CONTAINER_NAME, serviceContainer } from './private/service-task';
import { TrafficShift } from './private/traffic-shift';
import { InvalidBackendError } from '../private/errors';

/** Target groups that one ECS service may have. */
const MAX_ROUTES = 5;

/**
 * An HTTP service on Fargate: private until an edge routes to it, hardened, and rolled back when it does not start.
 *
 * ## What it makes
 * A task definition with two roles, a Fargate service, a security group, a log group, and scaling where `maxTasks` is
 * greater than `minTasks`. With a binding that brings a certificate authority, a second container that writes it to
 * `/run/cdk-private-backend/ca/ca.pem` and ends before the service starts. In a cluster with service discovery, an entry under which other
 * services find it. With a deployment that moves requests, a role and a second target group for each route.
 *
 * ## Defaults that matter
 * ARM64, 256 CPU units and 512 MiB. Port 8080, given as `PORT`; the balancer asks `/healthz`. A deployment keeps all tasks
 * healthy (100 to 200 %) and is rolled back after three failed tasks. Task count, scaling and log retention by posture.
 * A binding's environment and secrets arrive as environment variables; a name given twice is an error. Where CloudWatch Logs
 * is slow, 25 MiB of log lines wait for it, and more are dropped: the service never waits. The server must keep idle connections
 * longer than the edge does (60 seconds); where an edge has another `idleTimeout`, `KEEP_ALIVE_TIMEOUT_SECONDS` tells how long.
 *
 * ## Security considerations
 * The root file system is read-only but for `/tmp`, the process is not root and has no Linux capability. Nothing may
 * connect to it but routes and what you allow; it may connect to what it is bound to, and to TCP 443 anywhere, which AWS's
 * own endpoints need. The task role has no permissions until you grant some. Secrets are read by the agent when a task
 * starts and stand in no template; a new value needs a new task.
 *
 * ## Cost
 * About 7.20 USD a month for each task of the default size in us-east-1 (0.25 vCPU × 23.64 + 0.5 GB × 2.60, ARM64), and
 * 3.65 for its public IPv4 address where it has one.
 *
 * @see https://aws.amazon.com/fargate/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendCluster, BackendNetwork, FargateApi, PublicEdge, ServiceImage } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc });
 * const api = new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('service') });
 * new PublicEdge(stack, 'Edge', { vpc }).addRoute('Api', { paths: ['/*'], target: api });
 */
export class FargateApi extends ServiceBase implements IEdgeTarget, INetworkEndpoint, IServiceBinding {
  /** The TCP port that the service listens on. */
  public readonly port: number;
  /** The path that the load balancer asks. */
  public readonly healthCheckPath: string;
  /** What the service speaks. */
  public readonly protocolVersion?: ApplicationProtocolVersion;
  /** Codes with which a healthy gRPC service answers; undefined for others. */
  public readonly healthyGrpcCodes?: string;
  /** The time that running requests have to finish when a task stops. */
  public readonly deregistrationDelay: Duration;

  private readonly healthCheckGracePeriod: Duration;
  private readonly keepAlive: KeepAlive;
  private readonly discoveryName?: string;
  private routes = 0;

  /**
   * @throws InvalidBackendError for a CPU and memory pair that Fargate does not offer, a value out of its range, or a
   * variable that is given twice
   */
  constructor(scope: Construct, id: string, props: FargateApiProps) {
    const { port = 8080, deregistrationDelay = Duration.seconds(30) } = props;
    const protocol = planProtocol(props);
    const { healthCheckPath, appProtocol } = protocol;
    super(scope, id, props, {
      construct: 'FargateApi',
      discoveryName: (self) => discoveryNameOf(self, props.discoveryName),
      port,
      additionalPorts: props.additionalPorts,
      healthCheckPath,
      appProtocol,
      deregistrationDelay,
      scaling: [{ kind: 'cpu', target: props.scaling?.cpuUtilizationPercent ?? 60 }, { kind: 'requests', target: props.scaling?.requestsPerTarget ?? 1000 }],
      explicitScaling: props.scaling !== undefined,
      defaultStopTimeout: Duration.seconds(60),
      environment: () => ({ port: { PORT: Tokenization.stringifyNumber(port) } }),
    });
    this.port = port;
    this.healthCheckPath = healthCheckPath;
    this.protocolVersion = protocol.protocolVersion;
    this.healthyGrpcCodes = protocol.healthyGrpcCodes;
    validateProtocol(this, protocol);
    this.deregistrationDelay = deregistrationDelay;
    this.discoveryName = props.discoveryName;
    this.keepAlive = new KeepAlive(this, serviceContainer(this._parts.task), props.environment ?? {});
    this.node.addValidation({ validate: () => this.requireRequests() });
    this.healthCheckGracePeriod = props.healthCheckGracePeriod ?? Duration.seconds(60);
  }

  /**
   * The host name under which this service is found in its network.
   *
   * @throws InvalidBackendError where the cluster has no private DNS namespace
   */
  public get endpoint(): string {
    const { discovery, hostName } = this.requireDiscovered(this);
    if (discovery.kind === 'connect') {
      throw new InvalidBackendError(this, `'${hostName}' is found by Service Connect, whose names are in no DNS. Use it in connectTo of another service, or give the cluster ServiceDiscovery.privateDns().`);
    }
    return hostName;
  }

  /**
   * Gives another service, which has this one in `connectTo`, the URL of this one, opens this port for it, and lets it wait until
   * this one runs.
   *
   * @throws InvalidBackendError where the cluster has no service discovery, or the caller cannot use it
   */
  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    return this.bindPort(scope, options, this.port);
  }

  /**
   * The service on one of its additional ports, for `connectTo` of another service. The variable has the port in its name, such as
   * `SESSIONS_9090_URL`.
   *
   * @param port one of `additionalPorts`
   * @throws InvalidBackendError for another port, and in a cluster with Service Connect, which leads to one port of a service
   */
  public onPort(port: number): IServiceBinding {
    if (!this._parts.plan.additionalPorts.includes(port)) {
      throw new InvalidBackendError(this, `${port} is not in additionalPorts of this service (${this._parts.plan.additionalPorts.join(', ') || 'it has none'}). Add it there.`);
    }
    if (this._parts.discovered?.discovery.kind === 'connect') {
      throw new InvalidBackendError(this, `Service Connect leads to port ${this.port} of this service only. Use ServiceDiscovery.privateDns() for its other ports.`);
    }
    return { bindToService: (scope, options) => this.bindPort(scope, options, port) };
  }

  private bindPort(scope: IConstruct, { prefix }: ServiceBindingOptions, port: number): ServiceBindingConfig {
    const discovered = this.requireDiscovered(scope);
    const variable = urlVariable(this, { explicit: this.discoveryName, prefix, port: port === this.port ? undefined : port });
    return {
      environment: { [variable]: urlFor(scope, discovered, port) },
      target: { endpoint: discovered.hostName, port, connections: this.connections },
      dependencies: [this._parts.resource],
    };
  }

  /**
   * Registers the service with a route's target group and makes it wait for the route. Edges call this.
   *
   * @throws InvalidBackendError for a sixth route, more than ECS allows
   */
  public attachToEdge(route: IEdgeRoute): void {
    this.routes += 1;
    if (this.routes > MAX_ROUTES) {
      throw new InvalidBackendError(this, `An ECS service can have at most ${MAX_ROUTES} routes, and this is number ${this.routes}. Give one route several paths instead.`);
    }
    const { fargateService, resource, scaling, plan } = this._parts;
    const alternate = plan.deployment.strategy === undefined ? undefined : route.addAlternateTargetGroup();
    fargateService.loadBalancerTarget({
      containerName: CONTAINER_NAME,
      containerPort: this.port,
      alternateTarget: alternate && this.trafficShift().alternateTarget(route, alternate),
    }).attachToApplicationTargetGroup(route.targetGroup);
    resource.node.addDependency(route);
    this.keepAlive.outlive(route.idleTimeout);
    resource.healthCheckGracePeriodSeconds = this.healthCheckGracePeriod.toSeconds();
    scaling?.addRequestScaling(route, route.resourceLabel, ...(alternate === undefined ? [] : [alternate.resourceLabel]));
  }

  private trafficShift(): TrafficShift {
    return this.node.tryFindChild('TrafficShift') as TrafficShift | undefined ?? new TrafficShift(this, 'TrafficShift');
  }

  /** Requests that nothing leads to cannot move, which ECS says only at deployment. */
  private requireRequests(): string[] {
    const { plan, discovered } = this._parts;
    const canShift = this.routes > 0 || discovered?.discovery.kind === 'connect';
    return plan.deployment.step === undefined || canShift ? [] : [
      `'${this.node.path}' moves requests in steps when it is deployed, and nothing leads requests to it. Route to it with edge.addRoute(), or use Deployment.rolling().`,
    ];
  }

  private requireDiscovered(scope: IConstruct): DiscoveredService {
    const { discovered } = this._parts;
    if (discovered === undefined) {
      const { strategy } = this._parts.plan.deployment;
      throw new InvalidBackendError(scope, strategy !== undefined && discoveryOf(this) !== undefined
        ? `'${this.node.path}' cannot be found by private DNS, which would answer with old and new tasks during a deployment of the kind ${strategy}. Use Deployment.rolling() for it, or ServiceDiscovery.serviceConnect() for the cluster.`
        : `'${this.node.path}' cannot be found by others, because its cluster has no service discovery. Use a BackendCluster with serviceDiscovery: ServiceDiscovery.privateDns('backend.internal').`);
    }
    return discovered;
  }
}
