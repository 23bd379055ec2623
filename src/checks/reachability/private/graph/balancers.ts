import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { isMap, listOf, resourceOf, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** An application or network load balancer. */
export interface Balancer {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  readonly isInternetFacing: boolean;
  readonly isNetwork: boolean;
  readonly listeners: readonly Listener[];
}

/** What a balancer listens on. */
export interface Listener {
  readonly owner: ModelResource;
  /** Undefined where the template leaves it open. */
  readonly port?: number;
  readonly protocol: string;
}

/** A target group and the balancers that forward to it. */
export interface TargetGroup {
  readonly owner: ModelResource;
  readonly balancers: readonly Balancer[];
}

const LOAD_BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';

export function findBalancers(model: TemplateModel, factory: InterfaceFactory): Balancer[] {
  const listeners = model.ofType(LISTENER);
  return model.ofType(LOAD_BALANCER).filter((resource) => resource.text('Type') !== 'gateway').map((owner) => {
    const isNetwork = owner.text('Type') === 'network';
    const isInternetFacing = owner.text('Scheme') !== 'internal';
    const mapped = owner.list('SubnetMappings').flatMap((mapping) => (isMap(mapping) ? listOf(mapping.SubnetId) : []));
    return {
      owner,
      isNetwork,
      isInternetFacing,
      network: factory.make({
        kind: 'balancer',
        owner,
        subnets: owner.value('Subnets') ?? mapped,
        groups: owner.value('SecurityGroups'),
        publicIp: isInternetFacing && owner.text('IpAddressType') !== 'dualstack-without-public-ipv4',
        ipv6: owner.text('IpAddressType')?.startsWith('dualstack') ?? false,
        unguardedWithoutGroups: isNetwork,
      }),
      listeners: listeners.filter((listener) => resourceOf(listener.value('LoadBalancerArn') ?? '') === owner)
        .map((listener) => ({ owner: listener, port: listener.number('Port'), protocol: listener.text('Protocol') ?? 'HTTP' })),
    };
  });
}

/** Target groups that a listener or a rule of one forwards to. */
export function findTargetGroups(model: TemplateModel, balancers: readonly Balancer[]): TargetGroup[] {
  const byListener = new Map(balancers.flatMap((balancer) => balancer.listeners.map(({ owner }) => [owner, balancer] as const)));
  const users = new Map<ModelResource, Set<Balancer>>();
  const use = (actions: readonly ModelValue[], listener: ModelResource | undefined) => {
    const balancer = listener === undefined ? undefined : byListener.get(listener);
    for (const group of balancer === undefined ? [] : actions.flatMap(forwardedTo)) {
      users.set(group, (users.get(group) ?? new Set<Balancer>()).add(balancer!));
    }
  };
  model.ofType(LISTENER).forEach((listener) => use(listener.list('DefaultActions'), listener));
  model.ofType('AWS::ElasticLoadBalancingV2::ListenerRule').forEach((rule) => use(rule.list('Actions'), resourceOf(rule.value('ListenerArn') ?? '')));
  return [...users].map(([owner, set]) => ({ owner, balancers: [...set] }));
}

function forwardedTo(action: ModelValue): ModelResource[] {
  if (!isMap(action)) {
    return [];
  }
  const weighted = isMap(action.ForwardConfig) ? listOf(action.ForwardConfig.TargetGroups).map((each) => (isMap(each) ? each.TargetGroupArn : undefined)) : [];
  return [action.TargetGroupArn, ...weighted].flatMap((group) => (group === undefined ? [] : resourceOf(group) ?? []));
}
