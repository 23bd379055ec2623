import { hostPattern } from './host-name';
import { requireWay, type Judging } from './judge';
import { isMap, listOf, literalText, rendered, resourceOf, type ModelMap, type ModelResource } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import { describeTraffic, tcp } from '../graph/traffic';

const CALLER: CheckRule = {
  id: 'reachability-caller-to-service',
  title: 'What is given the host name of a service in service discovery reaches it',
  why: 'A name is answered wherever the caller stands. Without a rule, or in another VPC, each call times out after the deployment has succeeded.',
  fix: 'Allow the connection from both sides: caller.connections.allowTo(service, port), in one VPC or peered ones.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html',
};

export const CALLER_RULES: readonly CheckRule[] = [CALLER];

/** A service that others find by name. */
export interface DiscoveredService {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  readonly hostName: string;
  /** The port that it listens on, where a caller names none. */
  readonly port?: number;
}

/** (d) Who is told of a service reaches it. */
export function judgeCallers({ paths, evaluation }: Judging): void {
  const services = discoveredServices(paths.network);
  for (const caller of services.length === 0 ? [] : callersOf(paths.network)) {
    for (const { service, port } of calledIn(services, caller.texts)) {
      if (service.owner !== caller.owner) {
        const [name, target, traffic] = [nameOf(caller.owner), nameOf(service.owner), tcp(port)];
        requireWay(evaluation, CALLER, caller.owner, {
          blocked: `${name} is given service ${target} and does not reach it on ${describeTraffic(traffic)}`,
          question: `${name}, which is given service ${target}, reaches it on ${describeTraffic(traffic)}`,
        }, paths.between(caller.network, service.network, traffic));
      }
    }
  }
}

/** Services of ECS with a name in Cloud Map or Service Connect. */
export function discoveredServices(network: Network): DiscoveredService[] {
  return network.tasks.flatMap(({ owner, network: target }) => (
    target === undefined ? [] : [...registered(owner), ...connected(owner)].map((found) => ({ owner, network: target, ...found }))));
}

/** The services that texts name, each port once. A name without a port means the port of the service, where that is known. */
export function calledIn(services: readonly DiscoveredService[], texts: readonly string[]): { readonly service: DiscoveredService; readonly port: number }[] {
  return services.flatMap((service) => {
    const pattern = new RegExp(`${hostPattern(service.hostName)}(?::(\\d+))?`, 'g');
    const ports = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, port]) => (port === undefined ? service.port : Number(port))));
    return [...new Set(ports)].flatMap((port) => (port === undefined ? [] : [{ service, port }]));
  });
}

interface Name { readonly hostName: string; readonly port?: number }

function registered(owner: ModelResource): Name[] {
  return owner.list('ServiceRegistries').filter(isMap).flatMap((registry) => {
    const entry = resourceOf(registry.RegistryArn);
    const namespace = resourceOf(entry?.value('DnsConfig.NamespaceId') ?? entry?.value('NamespaceId'));
    const [name, zone] = [entry?.value('Name'), namespace?.value('Name')];
    return name === undefined || zone === undefined ? [] : [{ hostName: `${rendered(name)}.${rendered(zone)}`, port: Number(literalText(registry.ContainerPort)) || undefined }];
  });
}

function connected(owner: ModelResource): Name[] {
  return owner.list('ServiceConnectConfiguration.Services').filter(isMap)
    .flatMap((service) => listOf(service.ClientAliases).filter(isMap))
    .flatMap(({ DnsName, Port }) => (DnsName === undefined ? [] : [{ hostName: rendered(DnsName), port: Number(literalText(Port)) || undefined }]));
}

interface Caller { readonly owner: ModelResource; readonly network: NetworkInterface; readonly texts: readonly string[] }

function callersOf({ tasks, functions }: Network): Caller[] {
  return [
    ...tasks.flatMap(({ owner, network, definition }) => (network === undefined ? [] : [{ owner, network, texts: environmentOf(definition) }])),
    ...functions.flatMap(({ owner, network }) => (network === undefined ? [] : [{ owner, network, texts: Object.values(owner.record('Environment.Variables') ?? {}).map(rendered) }])),
  ];
}

function environmentOf(definition: ModelResource | undefined): string[] {
  const containers: readonly ModelMap[] = (definition?.list('ContainerDefinitions') ?? []).filter(isMap);
  return containers.flatMap(({ Environment }) => listOf(Environment).filter(isMap)).flatMap(({ Value }) => (Value === undefined ? [] : [rendered(Value)]));
}
