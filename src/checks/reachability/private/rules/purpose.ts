import { Reference, type ModelResource, type ModelValue, isMap, listOf, mentionsOf } from '../../../private/model';
import type { Balancer } from '../graph/balancers';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import type { SecurityGroupRule } from '../graph/security-groups';

/** What a security group is for: something that carries it. */
export interface Carrier {
  readonly owner: ModelResource;
  /** Whether everyone may be meant by a rule. */
  readonly isPublic: (rule: SecurityGroupRule) => boolean;
  /** Whether it is a router, which takes packets for others. */
  readonly forwards: boolean;
  /** Ports of the listeners of a load balancer. */
  readonly listeners?: readonly number[];
}

/** Which groups are in use, and for what. */
export interface Purposes {
  /** Keys of the groups that something has. */
  readonly used: ReadonlySet<string>;
  readonly carriers: ReadonlyMap<string, readonly Carrier[]>;
}

const RULE_TYPES = ['AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress', 'Custom::VpcRestrictDefaultSG'];
const never = () => false;

export function purposesOf(network: Network): Purposes {
  const carriers = new Map<string, Carrier[]>();
  const carry = ({ groups }: NetworkInterface, carrier: Carrier) => groups.forEach(({ key }) => {
    const before = carriers.get(key);
    if (before === undefined) {
      carriers.set(key, [carrier]);
    } else {
      before.push(carrier);
    }
  });
  const clients = clientsOfNetworkBalancers(network);
  const plain = (owner: ModelResource): Carrier => ({ owner, isPublic: clients.has(owner) ? () => true : never, forwards: false });
  network.balancers.forEach((balancer) => carry(balancer.network, {
    owner: balancer.owner, isPublic: () => balancer.isInternetFacing, forwards: false, listeners: portsOf(balancer),
  }));
  network.machines.forEach(({ owner, network: source, forwards }) => carry(source, {
    owner, forwards, isPublic: (rule) => clients.has(owner) || (source.publicIp && rule.ports.from === rule.ports.to && [80, 443].includes(rule.ports.from)),
  }));
  network.tasks.forEach(({ owner, network: source }) => source && carry(source, plain(owner)));
  network.functions.forEach(({ owner, network: source }) => source && carry(source, plain(owner)));
  network.stores.forEach(({ owner, network: source }) => carry(source, plain(owner)));
  network.endpoints.all.forEach(({ owner, network: source }) => source && carry(source, plain(owner)));
  return { carriers, used: usedGroups(network, carriers) };
}

function portsOf({ listeners }: Balancer): number[] | undefined {
  const ports = listeners.flatMap(({ port }) => port ?? []);
  return ports.length === listeners.length ? ports : undefined;
}

/** Ports of all listeners, where nothing but load balancers has the group and every port is known. */
export function listensWhere(carriers: readonly Carrier[]): readonly number[] | undefined {
  const ports = carriers.map(({ listeners }) => listeners);
  return ports.length > 0 && ports.every((each) => each !== undefined && each.length > 0) ? ports.flatMap((each) => each ?? []) : undefined;
}

/** Groups that an interface has, or that something mentions that this check does not know. */
function usedGroups(network: Network, carriers: ReadonlyMap<string, readonly Carrier[]>): ReadonlySet<string> {
  const used = new Set(carriers.keys());
  const idle = new Map(network.groups.all.flatMap((group) => (group.resource !== undefined && !used.has(group.key) ? [[group.resource, group.key] as const] : [])));
  if ([...idle.keys()].some(({ type }) => type === 'AWS::EC2::SecurityGroup')) {
    for (const resource of network.model.resources.filter(({ type }) => !RULE_TYPES.includes(type))) {
      resource.mentions().forEach((mentioned) => used.add(idle.get(mentioned) ?? ''));
    }
  }
  return used;
}

/** Targets that see the addresses of clients have to admit these. */
function clientsOfNetworkBalancers(network: Network): ReadonlySet<ModelResource> {
  const isPublic = (balancer: Balancer) => balancer.isNetwork && balancer.isInternetFacing;
  const groups = new Set(network.targetGroups.filter(({ balancers }) => balancers.some(isPublic)).map(({ owner }) => owner));
  const inGroups = (values: readonly (ModelValue | undefined)[]) => values.some((value) => value instanceof Reference && groups.has(value.resource));
  const registered = [...groups].flatMap((group) => group.list('Targets').flatMap((target) => (isMap(target) ? mentionsOf(target.Id) : [])));
  const services = network.tasks.filter(({ owner }) => inGroups(listOf(owner.value('LoadBalancers')).map((entry) => (isMap(entry) ? entry.TargetGroupArn : undefined))));
  const machines = network.machines.filter(({ owner, cards }) => inGroups(owner.list('TargetGroupARNs')) || cards.some((card) => registered.includes(card)));
  return new Set([...registered, ...[...services, ...machines].map(({ owner }) => owner)]);
}
