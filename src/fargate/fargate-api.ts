import { Duration, Tokenization } from 'aws-cdk-lib';
import type { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import type { Construct, IConstruct } from 'constructs';
import type { FargateApiProps } from './fargate-api-props';
import type { Scaling } from './scaling';
import type { IIngressRegistration, IIngressRoute, IIngressTarget, IServiceBinding, ServiceBindingConfig, ServiceBindingOptions, INetworkEndpoint } from '../binding';
import { isPlainHttp, planProtocol, validateProtocol, visibleProtocol } from './private/api-protocol';
import { type ClusterDiscovery, type DiscoveredService, discoveryNameOf, discoveryOf, urlFor, urlVariable } from './private/discovery';
import { KeepAlive } from './private/keep-alive';
import { requireCountedRequests } from './private/scaling-rules';
import { ServiceBase } from './private/service-base';
import { leastTasksOf } from './private/service-plan';
import { CONTAINER_NAME, serviceContainer } from './private/service-task';
import { TrafficShift } from './private/traffic-shift';
import { InvalidBackendError, problem } from '../private/errors';

/** Target groups that one ECS service may have. */
const MAX_ROUTES = 5;

/**
 * An HTTP service on Fargate: private until an ingress routes to it, hardened, and rolled back when it does not start.
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
 * longer than the ingress does (60 seconds); where an ingress has another `idleTimeout`, `KEEP_ALIVE_TIMEOUT_SECONDS` tells how long.
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
 * import { BackendCluster, BackendNetwork, FargateApi, PublicIngress, ServiceImage } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc });
 * const api = new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('service') });
 * new PublicIngress(stack, 'Ingress', { vpc }).addRoute('Api', { paths: ['/*'], target: api });
 */
export class FargateApi extends ServiceBase implements IIngressTarget, INetworkEndpoint, IServiceBinding {
  /** The TCP port that the service listens on. */
  public readonly port: number;
  /** The path that ingresses ask; undefined where they find out whether the service responds at all, as with gRPC unless told otherwise. */
  public readonly healthCheckPath?: string;
  /** What the service speaks. */
  public readonly appProtocol?: AppProtocol;
  /** Whether the service speaks it over TLS. */
  public readonly tls?: boolean;
  /** Codes with which a healthy gRPC service answers; undefined for others, and where it was not said. */
  public readonly healthyGrpcCodes?: string;
  /** The time that running requests have to finish when a task stops; undefined where it follows from each ingress. */
  public readonly deregistrationDelay?: Duration;

  /** The least number of tasks that answer outside of deployments; 0 where there may be none, undefined where a token leaves it open. */
  public readonly minTargets?: number;

  private readonly healthCheckGracePeriod: Duration;
  private readonly keepAlive: KeepAlive;
  private readonly discoveryName?: string;
  private readonly scaleOn?: Scaling[];
  private readonly routes: IIngressRoute[] = [];

  /**
   * @throws InvalidBackendError for a CPU and memory pair that Fargate does not offer, a value out of its range, or a
   * variable that is given twice
   */
  constructor(scope: Construct, id: string, props: FargateApiProps) {
    const { port = 8080, deregistrationDelay } = props;
    const protocol = planProtocol(props);
    super(scope, id, props, {
      construct: 'FargateApi',
      discoveryName: (self) => discoveryNameOf(self, props.discoveryName),
      port,
      additionalPorts: props.additionalPorts,
      healthCheckPath: protocol.healthCheckPath,
      appProtocol: visibleProtocol(protocol),
      deregistrationDelay,
      scaling: [{ kind: 'cpu', target: 60 }, { kind: 'requests', target: 1000 }],
      defaultStopTimeout: Duration.seconds(60),
      environment: () => ({ port: { PORT: Tokenization.stringifyNumber(port) } }),
    });
    this.port = port;
    this.healthCheckPath = protocol.healthCheckPath;
    this.appProtocol = protocol.appProtocol;
    this.tls = protocol.tls;
    this.healthyGrpcCodes = protocol.healthyGrpcCodes;
    validateProtocol(this, protocol);
    this.deregistrationDelay = deregistrationDelay;
    this.minTargets = leastTasksOf(this._parts.plan);
    this.discoveryName = props.discoveryName;
    this.scaleOn = props.scaleOn;
    this.keepAlive = new KeepAlive(this, serviceContainer(this._parts.task), this._parts.variables);
    this.node.addValidation({ validate: () => this.requireRequests() });
    this.healthCheckGracePeriod = props.healthCheckGracePeriod ?? Duration.seconds(60);
    this._describe('api');
  }

  /**
   * Adds an environment variable to the container, as `environment` does. Anyone who may describe the task definition can read it.
   *
   * @throws InvalidBackendError for a name that is none, or that has another value already, and for a `KEEP_ALIVE_TIMEOUT_SECONDS` that an
   * ingress would outlive
   */
  public addEnvironment(name: string, value: string): void {
    super.addEnvironment(name, value);
    this.keepAlive.check();
  }

  /**
   * Connects the service to something, as `connectTo` among its properties does, up to synth: to something that is made later, or that connects
   * itself. The same binding once more changes nothing. Services that are connected to each other are an error at synth, with a way out.
   *
   * @throws InvalidBackendError for whatever `connectTo` among the properties is refused for, for a `KEEP_ALIVE_TIMEOUT_SECONDS` that an ingress
   * would outlive, and for a binding that takes work or writes to shared files where the rehearsal is on by default: name such a binding
   * among the properties, or set `rehearsal`
   */
  public connectTo(binding: IServiceBinding): void {
    super.connectTo(binding);
    this.keepAlive.check();
  }

  /**
   * The host name under which this service is found in its network.
   *
   * @throws InvalidBackendError where the cluster has no private DNS namespace
   */
  public get endpoint(): string {
    const { discovery, hostName } = this.requireDiscovered(this);
    if (discovery.kind === 'connect') {
      throw new InvalidBackendError(this, 'FargateApi.endpoint', `'${hostName}' is a name of Service Connect, which DNS does not know. Use \`connectTo: [api]\` in the calling service, or set \`${privateDns(discovery)}\` on the cluster.`);
    }
    return hostName;
  }

  /**
   * The address at which clients reach this service: that of its first route, without a path.
   *
   * @throws InvalidBackendError before an ingress routes to it
   */
  public get url(): string {
    if (this.routes.length === 0) {
      throw new InvalidBackendError(this, 'FargateApi.noRoute', `Clients reach '${this.node.path}' through an ingress, and no route leads to this service yet. Call \`ingress.addRoute('Api', { paths: ['/*'], target: api })\` before you use \`url\`.`);
    }
    return this.routes[0].url;
  }

  /**
   * Gives another service, which is connected to this one, the URL of this one, opens this port for it, and lets it wait until
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
    const { plan: { additionalPorts }, discovered } = this._parts;
    if (!additionalPorts.includes(port)) {
      throw new InvalidBackendError(this, 'FargateApi.onPort', `Port ${port} is not in \`additionalPorts\` of this service ([${additionalPorts.join(', ')}]). Set \`additionalPorts: [${[...additionalPorts, port].join(', ')}]\`.`);
    }
    if (discovered?.discovery.kind === 'connect') {
      throw new InvalidBackendError(this, 'FargateApi.serviceConnectPort', `Service Connect leads to port ${this.port} of this service only, not to port ${port}. Set \`${privateDns(discovered.discovery)}\` on the cluster.`);
    }
    return { bindToService: (scope, options) => this.bindPort(scope, options, port) };
  }

  private bindPort(scope: IConstruct, { prefix }: ServiceBindingOptions, port: number): ServiceBindingConfig {
    const discovered = this.requireDiscovered(scope);
    const variable = urlVariable(this, { explicit: this.discoveryName, prefix, port: port === this.port ? undefined : port });
    return {
      environment: { [variable]: urlFor(scope, discovered, { port, tls: this.tls === true && port === this.port }) },
      targets: [{ endpoint: discovered.hostName, port, connections: this.connections }],
      dependencies: [this._parts.resource],
    };
  }

  /**
   * Registers the service with a route and makes it wait for the route. Ingresses call this.
   *
   * @throws InvalidBackendError for a sixth route, more than ECS allows, and for a route that can't do what deployments or scaling of this service need
   */
  public attachToIngress(route: IIngressRoute): void {
    this.routes.push(route);
    if (this.routes.length > MAX_ROUTES) {
      throw new InvalidBackendError(this, 'FargateApi.tooManyRoutes', `An ECS service can have at most ${MAX_ROUTES} routes, and this is route number ${this.routes.length}. Use one route with several paths, for example \`paths: ['/orders/*', '/users/*']\`.`);
    }
    const { resource, scaling } = this._parts;
    route.register(this.registrationFor(route));
    resource.node.addDependency(route);
    this.keepAlive.outlive(route.idleTimeout);
    resource.healthCheckGracePeriodSeconds = this.healthCheckGracePeriod.toSeconds();
    requireCountedRequests(this, route, this.scaleOn);
    scaling?.addRequestScaling(route);
  }

  /** @internal */
  protected get _healthPath(): string | undefined {
    return this.routes.length > 0 && isPlainHttp(this) ? this.healthCheckPath : undefined;
  }

  private registrationFor(route: IIngressRoute): IIngressRegistration {
    const { fargateService, plan: { deployment: { strategy } } } = this._parts;
    return {
      trafficShiftRole: strategy === undefined ? undefined : TrafficShift.of(this).role,
      loadBalancerTarget: (alternateTarget) => {
        if (strategy !== undefined && alternateTarget === undefined) {
          throw new InvalidBackendError(this, 'FargateApi.noAlternateTarget', `Deployments of this service are ${strategy}, and route '${route.node.path}' doesn't have a second target group to which ECS could move requests. `
            + 'Use `ServiceDeployment.rolling()`, or an ingress that makes one.');
        }
        return fargateService.loadBalancerTarget({ containerName: CONTAINER_NAME, containerPort: this.port, alternateTarget });
      },
    };
  }

  /** Requests that nothing leads to cannot move, which ECS says only at deployment. */
  private requireRequests(): string[] {
    const { plan, discovered } = this._parts;
    const canShift = this.routes.length > 0 || discovered?.discovery.kind === 'connect';
    return plan.deployment.step === undefined || canShift ? [] : [
      problem('FargateApi.noRequests', 'A deployment of this service moves requests in steps, but neither a route nor Service Connect leads requests to the service. '
        + 'Use `ingress.addRoute(\'Api\', { paths: [\'/*\'], target: api })`, or `deployment: ServiceDeployment.rolling()`.'),
    ];
  }

  private requireDiscovered(scope: IConstruct): DiscoveredService {
    const { discovered, plan: { deployment: { strategy } } } = this._parts;
    if (discovered !== undefined) {
      return discovered;
    }
    const discovery = discoveryOf(this);
    if (discovery !== undefined && strategy !== undefined) {
      throw new InvalidBackendError(scope, 'FargateApi.notInDns', `'${this.node.path}' is not in private DNS, which would return old and new tasks during a ${strategy} deployment. `
        + `Use \`deployment: ServiceDeployment.rolling()\` for '${this.node.path}', or set \`serviceDiscovery: DiscoveryNamespace.serviceConnect('${discovery.namespaceName}')\` on the cluster.`);
    }
    throw new InvalidBackendError(scope, 'FargateApi.noServiceDiscovery', `Other services can't find '${this.node.path}', because its cluster does not have service discovery. `
      + 'Use a `BackendCluster` with `serviceDiscovery: DiscoveryNamespace.privateDns(\'backend.internal\')`.');
  }
}

function privateDns({ namespaceName }: ClusterDiscovery): string {
  return `serviceDiscovery: DiscoveryNamespace.privateDns('${namespaceName}')`;
}
