import { identify, nameOf } from './identity';
import type { SecurityGroup, SecurityGroups } from './security-groups';
import type { Subnet, Subnets } from './subnets';
import type { Vpc } from './vpcs';
import { isList, listOf, type ModelResource, type ModelValue } from '../../../private/model';

export type InterfaceKind = 'task' | 'function' | 'instance' | 'store' | 'balancer' | 'endpoint';

/** Something in a network: a task, a function, a server, with everywhere it may stand. */
export interface NetworkInterface {
  readonly kind: InterfaceKind;
  /** The resource that makes it, and that findings are about. */
  readonly owner: ModelResource;
  readonly name: string;
  readonly subnets: readonly Subnet[];
  readonly groups: readonly SecurityGroup[];
  /** False for a network load balancer without security groups, which lets everything through. */
  readonly guarded: boolean;
  readonly publicIp: boolean;
  readonly ipv6: boolean;
  /** Ports that a store listens on. */
  readonly ports: readonly number[];
  /** Same for interfaces with the same groups and subnets, and so the same answers. */
  readonly classKey: string;
}

/** What an interface is made from. */
export interface InterfaceProps {
  readonly kind: InterfaceKind;
  readonly owner: ModelResource;
  readonly subnets: ModelValue | undefined;
  readonly groups: ModelValue | undefined;
  readonly publicIp?: boolean;
  /** Where left out, an address comes with a subnet that gives one. */
  readonly subnetDecidesPublicIp?: boolean;
  readonly ipv6?: boolean;
  readonly ports?: readonly number[];
  readonly unguardedWithoutGroups?: boolean;
}

/** Makes interfaces from values of templates. */
export class InterfaceFactory {
  private readonly classes = new Map<string, string>();

  public constructor(public readonly subnets: Subnets, public readonly groups: SecurityGroups) {}

  public make(props: InterfaceProps): NetworkInterface {
    const subnets = itemsOf(props.subnets).map((value) => this.subnets.of(value));
    const given = itemsOf(props.groups);
    const unguarded = given.length === 0 && props.unguardedWithoutGroups === true;
    const groups = given.length > 0 ? given.map((value) => this.groups.of(value)) : unguarded ? [] : defaultGroups(subnets, this.groups);
    const publicIp = props.publicIp ?? (props.subnetDecidesPublicIp === true && subnets.some(({ givesPublicIp }) => givesPublicIp));
    const ipv6 = props.ipv6 ?? subnets.some(({ assignsIpv6, ipv6Only }) => assignsIpv6 || ipv6Only);
    return {
      kind: props.kind,
      owner: props.owner,
      name: nameOf(props.owner),
      subnets: subnets.length > 0 ? subnets : [this.unknownSubnet(props.owner)],
      groups,
      guarded: !unguarded,
      publicIp,
      ipv6,
      ports: props.ports ?? [],
      classKey: this.classOf([props.kind, publicIp, ipv6, unguarded, ...groups.map(({ key }) => key).sort(), ...subnets.map(({ key }) => key).sort()].join('|')),
    };
  }

  /** A short name for a long one. */
  private classOf(description: string): string {
    const name = this.classes.get(description) ?? `${this.classes.size}`;
    this.classes.set(description, name);
    return name;
  }

  private unknownSubnet(owner: ModelResource): Subnet {
    return this.subnets.of(`the subnets of ${nameOf(owner)}`);
  }
}

/** The VPC that an interface is in; undefined where its subnets are of several or of none that is known. */
export function vpcOf({ subnets }: NetworkInterface): Vpc | undefined {
  const vpcs = new Set(subnets.map(({ vpc }) => vpc));
  return vpcs.size === 1 ? [...vpcs][0] : undefined;
}

/** One value that is no list is a list parameter, or an import of several. */
function itemsOf(value: ModelValue | undefined): readonly ModelValue[] {
  return isList(value) ? value.flatMap(itemsOf) : listOf(value);
}

function defaultGroups(subnets: readonly Subnet[], groups: SecurityGroups): SecurityGroup[] {
  const vpcs = new Map(subnets.map(({ vpc }) => [vpc.key, vpc]));
  return vpcs.size === 0 ? [groups.of(identify('the default security group', []).name)] : [...vpcs.values()].map((vpc) => groups.defaultOf(vpc));
}
