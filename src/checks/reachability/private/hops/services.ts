import { blocked, combine, inSequence, reachable, undecided, type Answer } from './answer';
import { answersThroughAcl, throughAcl, throughGroups } from './filters';
import { insideNetwork, type End } from './inside';
import { NO_ROUTE_FIX, outsidePeer } from './internet';
import { policyRefuses } from './policy';
import type { Endpoint, Endpoints } from '../graph/endpoints';
import { nameOf } from '../graph/identity';
import { tcp } from '../graph/traffic';

/** A service of AWS, and what is asked of it. */
export interface AwsService {
  /** The end of its endpoints' service name. */
  readonly name: string;
  /** Actions that an endpoint policy must not refuse. */
  readonly actions: readonly string[];
  /** Part of the ARN that is asked for, where it is always the same. */
  readonly resource?: string;
  /** How to add its endpoint, in the words of CDK. */
  readonly endpoint: string;
}

/** Whether something in one subnet gets out to the internet on HTTPS, by addresses of a family. */
export type WayOut = (source: End, family: 4 | 6) => Answer;

export const HTTPS = tcp(443);

/** Whether something in one subnet reaches a service: by its interface endpoint where names lead there, by a gateway endpoint, or by the internet. */
export function toService(all: Endpoints, wayOut: WayOut, source: End, service: AwsService): Answer {
  const endpoints = all.of(source.subnet.vpc.key, service.name);
  const [named] = endpoints.filter(({ privateDns }) => privateDns && source.subnet.vpc.privateDns);
  if (named !== undefined) {
    return throughEndpoint(source, named, service);
  }
  const gateway = endpoints.find(({ tables }) => tables.has(source.subnet.table.key));
  const answer = gateway === undefined ? withoutEndpoint(wayOut, source, service, endpoints) : throughGateway(source, gateway, service);
  return { ...answer, from: source.subnet.name };
}

/** The names of the service lead to the endpoint, so a NAT gateway is of no help where it cannot be reached. */
function throughEndpoint(source: End, endpoint: Endpoint, service: AwsService): Answer {
  const name = `interface endpoint ${nameOf(endpoint.owner)}`;
  const target = endpoint.network;
  if (target === undefined) {
    return { ...blocked(`${name} has no subnets`, 'Give the endpoint a subnet in every availability zone that uses it.'), from: source.subnet.name };
  }
  const answers = target.subnets.map((subnet) => insideNetwork(source, { network: target, subnet }, HTTPS, 'every', 4));
  const answer = inSequence([() => combine(answers, 'every'), () => allowedBy(endpoint, name, service)]);
  const reason = answer.outcome === 'reachable' ? name : `the names of ${service.name} lead to ${name}, and ${answer.reason}`;
  return { ...answer, reason, from: source.subnet.name, via: nameOf(endpoint.owner) };
}

/** Packets to a gateway endpoint go to public addresses of the service. */
function throughGateway(source: End, endpoint: Endpoint, service: AwsService): Answer {
  const name = `gateway endpoint ${nameOf(endpoint.owner)}`;
  const peer = outsidePeer(4, undefined, service.name === 's3' ? 'S3' : service.name);
  const { acl } = source.subnet;
  return inSequence([
    () => throughGroups(source.network, 'egress', peer, HTTPS, 'every'),
    () => throughAcl(acl, 'out', peer, HTTPS, 'every'),
    () => reachable(name),
    () => answersThroughAcl(acl, 'in', peer, HTTPS, source.network.kind, 'every'),
    () => allowedBy(endpoint, name, service),
  ]);
}

function withoutEndpoint(wayOut: WayOut, source: End, service: AwsService, others: readonly Endpoint[]): Answer {
  const answer = wayOut(source, 4);
  if (answer.outcome !== 'blocked') {
    return answer;
  }
  if (source.subnet.ipv6Only || wayOut(source, 6).outcome === 'reachable') {
    return undecided(`${answer.reason}; there is a way out by IPv6, and whether ${service.name} is asked by a dual-stack name is decided by the client`);
  }
  const [other] = others;
  return other === undefined
    ? blocked(`${answer.reason}, and no endpoint for ${service.name} is in the VPC`, addEndpoint(service, answer.fix))
    : { ...uselessEndpoint(source, other, service, answer.reason), via: nameOf(other.owner) };
}

/** An endpoint that is there and that nothing leads to. */
function uselessEndpoint({ subnet: { vpc } }: End, endpoint: Endpoint, service: AwsService, reason: string): Answer {
  const name = nameOf(endpoint.owner);
  if (endpoint.tables.size > 0) {
    return blocked(`${reason}, and gateway endpoint ${name} is not in its route table`, 'Add the route table of the subnet to the gateway endpoint.');
  }
  return vpc.privateDns
    ? blocked(`${reason}, and endpoint ${name} has no private DNS, so the names of ${service.name} do not lead to it`, 'Turn on private DNS for the endpoint.')
    : blocked(`${reason}, and endpoint ${name} has no names in ${vpc.name}, where DNS support or DNS host names are off`, 'Turn on enableDnsSupport and enableDnsHostnames of the VPC.');
}

function addEndpoint(service: AwsService, fix: string | undefined): string {
  return fix === undefined || fix === NO_ROUTE_FIX ? `Add ${service.endpoint} to the VPC, or a way to the internet.` : `${fix} Or add ${service.endpoint} to the VPC.`;
}

function allowedBy(endpoint: Endpoint, name: string, service: AwsService): Answer {
  const refused = policyRefuses(endpoint.policy, service.actions, service.resource);
  return refused === undefined ? reachable('') : blocked(`the policy of ${name} does not allow ${refused}`, `Allow ${refused} in the policy of the endpoint.`);
}
