import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { DnsRecordType, type INamespace } from 'aws-cdk-lib/aws-servicediscovery';
import type { IConstruct } from 'constructs';
import type { ServicePlan } from './service-plan';
import { kebabCase, snakeCase } from '../../private/case';
import { InvalidBackendError } from '../../private/errors';

const DISCOVERY = Symbol.for('cdk-private-backend.Discovery');

/** What ECS calls the port of a service. */
export const PORT_NAME = 'service';

/** How services of one cluster find each other. */
export interface ClusterDiscovery {
  readonly kind: 'dns' | 'connect';
  readonly namespace: INamespace;
  /** The name as it was given: that of the namespace is an attribute, which another stack would have to read. */
  readonly namespaceName: string;
  readonly requestTimeout: Duration;
  /** Paths of services by the name under which they are found. */
  readonly names: Map<string, string>;
}

/** A service that can be found by others. */
export interface DiscoveredService {
  readonly discovery: ClusterDiscovery;
  readonly hostName: string;
}

/** Notes on a cluster how its services find each other, and on each service that it is one of them. */
export function shareDiscovery(holder: IConstruct, discovery?: ClusterDiscovery): void {
  Object.defineProperty(holder, DISCOVERY, { value: discovery });
}

/** How services of a cluster find each other, or the one that a service joined. */
export function discoveryOf(holder: IConstruct): ClusterDiscovery | undefined {
  return (holder as unknown as Record<symbol, ClusterDiscovery | undefined>)[DISCOVERY];
}

/** The name under which a service is found, from what was asked for, else from its id. */
export function discoveryNameOf(scope: IConstruct, explicit?: string): string {
  const name = explicit ?? kebabCase(scope.node.id);
  if (!Token.isUnresolved(name) && !/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    const subject = explicit === undefined ? `\`discoveryName\`, which by default follows from the id '${scope.node.id}',` : '`discoveryName`';
    throw new InvalidBackendError(scope, 'FargateApi.discoveryName', `${subject} must be 1 to 63 lower-case letters, digits and '-', start with a letter and not end with '-', got '${name}'. Use for example \`discoveryName: 'orders-api'\`.`);
  }
  return name;
}

/** What a service gives to be found. */
export interface JoiningService {
  readonly fargateService: ecs.FargateService;
  readonly plan: ServicePlan;
  readonly logGroup: logs.ILogGroup;
  /** The name to be found under; none for a service that only calls others. */
  readonly name?: string;
}

/** Registers a service where its cluster has discovery; a worker joins Service Connect as a caller. */
export function joinDiscovery(scope: IConstruct, cluster: ecs.ICluster, service: JoiningService): DiscoveredService | undefined {
  const discovery = discoveryOf(cluster);
  // A name that answers with all addresses cannot keep requests from new tasks.
  const isShifted = discovery?.kind === 'dns' && service.plan.deployment.strategy !== undefined;
  if (discovery === undefined || isShifted) {
    return undefined;
  }
  if (discovery.kind === 'connect') {
    connect(service, discovery);
  } else if (service.name !== undefined) {
    register(service, service.name, discovery);
  }
  return service.name === undefined ? undefined : claimName(scope, discovery, service.name);
}

function claimName(scope: IConstruct, discovery: ClusterDiscovery, name: string): DiscoveredService {
  const other = discovery.names.get(name);
  if (other !== undefined) {
    throw new InvalidBackendError(scope, 'FargateApi.duplicateDiscoveryName', `The name '${name}' already leads to '${other}' in this cluster. Use another id for this service, or set \`discoveryName\`.`);
  }
  discovery.names.set(name, scope.node.path);
  return { discovery, hostName: `${name}.${discovery.namespaceName}` };
}

function register({ fargateService }: JoiningService, name: string, { namespace }: ClusterDiscovery): void {
  fargateService.enableCloudMap({ cloudMapNamespace: namespace, name, dnsRecordType: DnsRecordType.A, dnsTtl: Duration.seconds(10) });
}

function connect({ fargateService, plan, logGroup, name }: JoiningService, { namespace, namespaceName, requestTimeout }: ClusterDiscovery): void {
  fargateService.enableServiceConnect({
    namespace: namespace.namespaceArn,
    services: name === undefined ? undefined : [{
      portMappingName: PORT_NAME,
      discoveryName: name,
      dnsName: `${name}.${namespaceName}`,
      port: plan.port,
      // ECS refuses it for TCP, in which the proxies see no requests.
      perRequestTimeout: plan.appProtocol === undefined ? undefined : requestTimeout,
    }],
    logDriver: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: 'ServiceConnect', mode: ecs.AwsLogDriverMode.NON_BLOCKING }),
  });
}

/** Where a service listens, and with what. */
export interface CalledPort {
  readonly port: number;
  readonly tls: boolean;
}

/** The URL of a service for a caller, which must be able to use it. */
export function urlFor(caller: IConstruct, service: DiscoveredService, { port, tls }: CalledPort): string {
  const { discovery, hostName } = service;
  if (discovery.kind === 'connect' && discoveryOf(caller) !== discovery) {
    throw new InvalidBackendError(caller, 'FargateApi.otherCluster', `'${hostName}' is a name of Service Connect, which only services of the same cluster can use. Use the \`cluster\` of the called service, or set \`serviceDiscovery: DiscoveryNamespace.privateDns('${discovery.namespaceName}')\` on that cluster.`);
  }
  return `${tls ? 'https' : 'http'}://${hostName}:${Tokenization.stringifyNumber(port)}`;
}

/** What the name of a variable is made of. */
export interface UrlVariableParts {
  readonly explicit?: string;
  readonly prefix?: string;
  readonly port?: number;
}

/** The variable that holds the URL of a service: its name in upper case. */
export function urlVariable(scope: IConstruct, { explicit, prefix, port }: UrlVariableParts): string {
  const name = explicit === undefined || Token.isUnresolved(explicit) ? snakeCase(scope.node.id) : explicit.replace(/-/g, '_');
  return [prefix, name.toUpperCase(), port, 'URL'].filter((part) => part !== undefined).join('_');
}
