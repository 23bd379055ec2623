import { requireWay, type Judging } from './judge';
import { isMap, literalText, rendered, resourceOf, type ModelResource } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import type { Balancer, TargetGroup } from '../graph/balancers';
import { nameOf } from '../graph/identity';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';
import { describeTraffic, tcp, type Traffic } from '../graph/traffic';
import { combine, type Answer } from '../hops/answer';
import { throughGroups } from '../hops/filters';
import { outsidePeer } from '../hops/internet';
import type { Paths } from '../hops/paths';

const TARGET: CheckRule = {
  id: 'reachability-balancer-to-target',
  title: 'Each load balancer reaches its targets on traffic and health-check ports',
  why: 'A target that the load balancer cannot reach never becomes healthy: ECS starts and stops tasks until the deployment fails or hangs.',
  fix: 'Open the port in the egress rules of the load balancer and in the ingress rules of the targets.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html#target-security-groups',
};

const LISTENER: CheckRule = {
  id: 'reachability-listener',
  title: 'Someone on the internet reaches each listener of an internet-facing load balancer',
  why: 'A load balancer whose subnets lead to no internet gateway, or whose security group admits nobody on the port, answers nobody.',
  fix: 'Place it in public subnets and admit clients on the port of the listener, or make it internal.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html',
};

export const TARGET_RULES: readonly CheckRule[] = [TARGET, LISTENER];

/** A target of a group, with the port that it is registered with. */
interface Target {
  readonly owner: ModelResource;
  /** Undefined where its tasks share the interface of an instance. */
  readonly network?: NetworkInterface;
  readonly port?: number;
  /** What a registration of the group names: the instance, or the network interface that it has. */
  readonly registeredAs?: ModelResource;
}

/** (c) Who a load balancer reaches, and who reaches it. */
export function judgeTargets(judging: Judging): void {
  const targets = targetsByGroup(judging.paths.network);
  for (const group of judging.paths.network.targetGroups) {
    for (const target of targets.get(group.owner) ?? []) {
      group.balancers.forEach((balancer) => judgeTarget(judging, balancer, group, target));
    }
    for (const id of unknownTargets(group.owner, targets.get(group.owner) ?? [])) {
      judging.evaluation.leavesOpen(TARGET, group.owner, `whether load balancer ${nameOf(group.balancers[0].owner)} reaches target ${id} is not known: no template of this app makes its network interface.`);
    }
  }
  judging.paths.network.balancers.filter(({ isInternetFacing }) => isInternetFacing).forEach((balancer) => judgeListeners(judging, balancer));
}

function judgeTarget({ paths, evaluation }: Judging, balancer: Balancer, { owner: group }: TargetGroup, { owner, network, port }: Target): void {
  const words = (on: string) => ({
    blocked: `load balancer ${nameOf(balancer.owner)} does not reach ${nameOf(owner)} on ${on}`, question: `load balancer ${nameOf(balancer.owner)} reaches ${nameOf(owner)} on ${on}`,
  });
  if (network === undefined) {
    evaluation.leavesOpen(TARGET, owner, `whether load balancer ${nameOf(balancer.owner)} reaches ${nameOf(owner)} is not known: its tasks use the network of the instances that they run on.`);
    return;
  }
  const traffic = port === undefined ? undefined : { protocol: /UDP/.test(group.text('Protocol') ?? '') ? 'udp' : 'tcp', ports: { from: port, to: port } };
  const health = healthPort(group, port);
  if (traffic !== undefined) {
    requireWay(evaluation, TARGET, owner, words(describeTraffic(traffic)), wayToTarget(paths, balancer, group, network, traffic));
  }
  if (health !== undefined && health !== port) {
    requireWay(evaluation, TARGET, owner, words(`its health-check port, ${describeTraffic(tcp(health))}`), paths.between(balancer.network, network, tcp(health)));
  }
}

function healthPort(group: ModelResource, port: number | undefined): number | undefined {
  return group.flag('HealthCheckEnabled') === false ? undefined : group.number('HealthCheckPort') ?? port;
}

/** A network load balancer may hand the addresses of its clients on, which then have to be admitted instead of its own. */
function wayToTarget(paths: Paths, balancer: Balancer, group: ModelResource, target: NetworkInterface, traffic: Traffic): Answer {
  const own = paths.between(balancer.network, target, traffic);
  if (!balancer.isNetwork || !keepsClientAddress(group) || (balancer.network.guarded && own.outcome === 'reachable')) {
    return own;
  }
  const clients = balancer.isInternetFacing ? outsidePeer(4, undefined, 'the clients of the load balancer') : { ...outsidePeer(4, undefined, 'the clients of the load balancer'), addresses: [undefined] };
  const admitted = throughGroups(target, 'ingress', clients, traffic, 'any');
  return balancer.isInternetFacing ? admitted : combine([own, admitted], 'any');
}

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation */
function keepsClientAddress(group: ModelResource): boolean {
  const attribute = group.list('TargetGroupAttributes').find((each) => isMap(each) && each.Key === 'preserve_client_ip.enabled');
  const value = isMap(attribute) ? literalText(attribute.Value) : undefined;
  return value === undefined ? (group.text('TargetType') ?? 'instance') === 'instance' || /UDP/.test(group.text('Protocol') ?? '') : value === 'true';
}

function judgeListeners({ paths, evaluation }: Judging, balancer: Balancer): void {
  for (const { owner, port, protocol } of balancer.listeners) {
    if (port === undefined) {
      continue;
    }
    const traffic = { protocol: protocol === 'UDP' ? 'udp' : 'tcp', ports: { from: port, to: port } };
    const answer = paths.fromInternet(balancer.network, traffic, 'any');
    // Who is in a list of addresses that AWS keeps, such as CloudFront, is of no interest here: it was let in on purpose.
    const letsSomeoneIn = balancer.network.groups.some(({ rules }) => rules.some(({ direction, ports }) => direction === 'ingress' && ports.from <= port && ports.to >= port));
    if (answer.outcome === 'undecided' && letsSomeoneIn && balancer.network.subnets.every(({ foreign }) => foreign === undefined)) {
      evaluation.holds(LISTENER, owner);
    } else {
      const way = `reaches ${nameOf(balancer.owner)} on ${describeTraffic(traffic)}`;
      requireWay(evaluation, LISTENER, owner, { blocked: `nobody on the internet ${way}`, question: `someone on the internet ${way}` }, answer);
    }
  }
}

/** What stands behind each load balancer. */
export function behindBalancers(network: Network): ReadonlyMap<ModelResource, ReadonlySet<ModelResource>> {
  const targets = targetsByGroup(network);
  const behind = new Map<ModelResource, Set<ModelResource>>();
  for (const { owner: group, balancers } of network.targetGroups) {
    for (const { owner: balancer } of balancers) {
      behind.set(balancer, new Set([...behind.get(balancer) ?? [], ...(targets.get(group) ?? []).map(({ owner }) => owner)]));
    }
  }
  return behind;
}

/** A port on which a load balancer connects to a target, for its clients or to look after its health. */
export interface TargetPort {
  readonly port: number;
  readonly group: ModelResource;
  readonly balancer: ModelResource;
}

/** Ports on which load balancers connect to something. */
export function targetPorts(network: Network, owner: ModelResource): TargetPort[] {
  const targets = targetsByGroup(network);
  return network.targetGroups.flatMap(({ owner: group, balancers }) => (targets.get(group) ?? []).filter((target) => target.owner === owner)
    .flatMap(({ port }) => [port, healthPort(group, port)])
    .flatMap((port) => (port === undefined ? [] : balancers.map((balancer) => ({ port, group, balancer: balancer.owner })))));
}

/** Registered addresses and instances that no template makes. Functions have no interface. */
function unknownTargets(group: ModelResource, known: readonly Target[]): string[] {
  const ids = group.text('TargetType') === 'lambda' ? [] : group.list('Targets').flatMap((entry) => (isMap(entry) && entry.Id !== undefined ? [entry.Id] : []));
  return [...new Set(ids.filter((id) => !known.some(({ registeredAs }) => registeredAs !== undefined && registeredAs === resourceOf(id))).map(rendered))];
}

/** ECS services, Auto Scaling groups and single instances by the target group that they are in. */
function targetsByGroup(network: Network): ReadonlyMap<ModelResource, readonly Target[]> {
  const found = new Map<ModelResource, Target[]>();
  const add = (group: ModelResource | undefined, target: Target) => {
    if (group !== undefined) {
      found.set(group, [...found.get(group) ?? [], target]);
    }
  };
  for (const task of network.tasks.filter(({ isService }) => isService)) {
    for (const entry of task.owner.list('LoadBalancers').filter(isMap)) {
      add(resourceOf(entry.TargetGroupArn), { owner: task.owner, network: task.network, port: Number(literalText(entry.ContainerPort)) || undefined });
    }
  }
  for (const { owner, network: target } of network.machines) {
    owner.list('TargetGroupARNs').map(resourceOf).forEach((group) => add(group, { owner, network: target, port: group?.number('Port') }));
  }
  const servers = registrable(network);
  for (const { owner: group } of network.targetGroups) {
    for (const entry of group.list('Targets').filter(isMap)) {
      const registeredAs = resourceOf(entry.Id);
      const server = registeredAs === undefined ? undefined : servers.get(registeredAs);
      if (server !== undefined) {
        add(group, { ...server, registeredAs, port: Number(literalText(entry.Port)) || group.number('Port') });
      }
    }
  }
  return found;
}

/** What a target group can name: an instance, by itself, its address or its network interface, and a load balancer. */
function registrable({ machines, spareCards, balancers }: Network): ReadonlyMap<ModelResource, Pick<Target, 'owner' | 'network'>> {
  const named = (resources: readonly ModelResource[], target: Pick<Target, 'owner' | 'network'>) => resources.map((resource) => [resource, target] as const);
  return new Map([
    ...[...balancers, ...spareCards].flatMap(({ owner, network }) => named([owner], { owner, network })),
    ...machines.flatMap(({ owner, network, cards }) => named([owner, ...cards], { owner, network })),
  ]);
}
