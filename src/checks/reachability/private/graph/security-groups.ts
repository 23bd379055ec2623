import { ALL_PORTS, type FilterRule, type PortRange } from './filter';
import { elsewhere, identify, made, same, type Identity } from './identity';
import type { PrefixLists } from './prefix-lists';
import { rangeOf, rangeText } from './ranges';
import { carries, describeTraffic, protocolOf, usesPorts, type Traffic } from './traffic';
import { ANY_IPV4, ANY_IPV6, type Cidr } from '../../../../private/cidr';
import { isMap, literalText, Reference, rendered, type ModelMap, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';
import { portOfStore } from '../../../private/store-types';

export type Direction = 'ingress' | 'egress';

/** One rule of a security group. */
export interface SecurityGroupRule {
  readonly direction: Direction;
  readonly protocol: string;
  readonly ports: PortRange;
  /** Addresses it is for; an undefined entry where only the deployment decides. */
  readonly addresses: readonly (Cidr | undefined)[];
  /** The group it is for, instead of addresses. */
  readonly peer?: Identity;
  /** What it is for, as written. */
  readonly peerText: string;
  /** The resource that it stands in, and where. */
  readonly resource: ModelResource;
  readonly location?: string;
}

/** A security group with every rule that the templates give it. */
export interface SecurityGroup extends Identity {
  readonly vpc?: Identity;
  readonly rules: SecurityGroupRule[];
  /** Why there may be more rules than these. */
  openRules?: string;
}

const GROUP = 'AWS::EC2::SecurityGroup';
const VPC = 'AWS::EC2::VPC';
const CLOSING_DEFAULT = 'Custom::VpcRestrictDefaultSG';

/** The security groups of a model, those of others included as far as templates name them. */
export class SecurityGroups {
  private readonly groups = new Map<string, SecurityGroup>();

  public constructor(model: TemplateModel, private readonly prefixLists: PrefixLists) {
    const own = model.ofType(GROUP).map((resource) => [resource, this.enter({ ...made(resource), vpc: identify(resource.value('VpcId') ?? 'default', [VPC]) }, true)] as const);
    const defaults = model.ofType(VPC).map((resource) => [resource, this.enter(defaultIdentity(made(resource)), true)] as const);
    const closed = new Set(model.ofType(CLOSING_DEFAULT).map((resource) => this.of(resource.value('DefaultSecurityGroupId') ?? '').key));
    defaults.filter(([, { key }]) => !closed.has(key)).forEach(([resource, group]) => group.rules.push(...defaultRules(group, resource)));
    own.forEach(([resource, group]) => this.addInline(group, resource));
    for (const [type, direction] of [['AWS::EC2::SecurityGroupIngress', 'ingress'], ['AWS::EC2::SecurityGroupEgress', 'egress']] as const) {
      for (const resource of model.ofType(type)) {
        this.of(resource.value('GroupId') ?? resource.value('GroupName') ?? '').rules.push(this.rule(direction, resource.properties, resource));
      }
    }
    // The rule that lets everything out goes with the first other one, whether that stands in the group or alone: https://github.com/aws/aws-cdk/issues/987
    own.filter(([, { rules }]) => rules.every(({ direction }) => direction !== 'egress')).forEach(([resource, { rules }]) => rules.push(allowAll('egress', resource)));
    own.filter(([resource, { rules }]) => allowsAllOut(resource, rules)).forEach(([resource, { rules }]) => rules.push(allowAll('egress', resource)));
  }

  public get all(): readonly SecurityGroup[] {
    return [...this.groups.values()];
  }

  /** The group that a value names. */
  public of(value: ModelValue): SecurityGroup {
    if (value instanceof Reference && value.resource.type === VPC && value.attribute === 'DefaultSecurityGroup') {
      return this.defaultOf(made(value.resource));
    }
    return this.enter(identify(value, [GROUP]));
  }

  /** The group that everything in a VPC has that names none. */
  public defaultOf(vpc: Identity): SecurityGroup {
    return this.enter(defaultIdentity(vpc));
  }

  private enter(identity: Identity & { readonly vpc?: Identity }, isMadeHere = false): SecurityGroup {
    const known = this.groups.get(identity.key);
    if (known !== undefined) {
      return known;
    }
    const group: SecurityGroup = { ...identity, rules: [], openRules: isMadeHere ? undefined : elsewhere(identity).foreign };
    this.groups.set(group.key, group);
    return group;
  }

  private addInline(group: SecurityGroup, resource: ModelResource): void {
    for (const [direction, property] of [['ingress', 'SecurityGroupIngress'], ['egress', 'SecurityGroupEgress']] as const) {
      resource.list(property).forEach((rule, index) => {
        if (isMap(rule)) {
          group.rules.push(this.rule(direction, rule, resource, `Properties/${property}/${index}`));
        } else {
          group.openRules = `its ${direction} rules are known at deployment`;
        }
      });
    }
  }

  private rule(direction: Direction, rule: ModelMap, resource: ModelResource, location?: string): SecurityGroupRule {
    const end = direction === 'ingress' ? 'Source' : 'Destination';
    const peer = rule[`${end}SecurityGroupId`] ?? rule[`${end}SecurityGroupName`];
    const list = rule[`${end}PrefixListId`];
    const cidr = rule.CidrIp ?? rule.CidrIpv6;
    const protocol = protocolOf(literalText(rule.IpProtocol) ?? '-1');
    const ports = portsOf(protocol, rule);
    const addresses = list !== undefined ? this.prefixLists.addressesOf(list) : cidr === undefined ? [] : [rangeOf(cidr)];
    return {
      direction,
      protocol,
      ports: ports ?? ALL_PORTS,
      peer: peer === undefined || ports === undefined ? undefined : this.of(peer),
      addresses: ports === undefined ? [undefined] : peer !== undefined ? [] : addresses,
      peerText: rangeText(cidr) ?? rendered(peer ?? list ?? cidr ?? 'nothing'),
      resource,
      location,
    };
  }
}

/** `the ingress rule for TCP 5432 from Lab/ApiGroup`. */
export function describeRule({ direction, protocol, ports, peer, peerText }: SecurityGroupRule): string {
  const where = peer?.name ?? peerText;
  return `the ${direction} rule for ${describeTraffic({ protocol, ports })} ${direction === 'ingress' ? 'from' : 'to'} ${where}`;
}

/** CloudFormation takes EC2's first rule away for any other, also for one that stands alone. @see https://github.com/aws/aws-cdk/issues/987 */
function allowsAllOut(group: ModelResource, rules: readonly SecurityGroupRule[]): boolean {
  return group.list('SecurityGroupEgress').length === 0 && rules.every(({ direction }) => direction !== 'egress');
}

function defaultIdentity(vpc: Identity): Identity {
  return { ...vpc, key: `${vpc.key}.DefaultSecurityGroup`, name: `the default security group of ${vpc.name}` };
}

/** What the rules of groups say of connections to or from something with other groups. Any of the groups is enough. */
export function filterRules(groups: readonly SecurityGroup[], direction: Direction, peers: readonly Identity[], traffic: Traffic): FilterRule[] {
  return groups.flatMap((group) => [
    ...candidates(group, direction, peers).filter((rule) => carries(rule.protocol, traffic)).flatMap((rule) => forPeers(rule, peers)),
    ...(group.openRules === undefined ? [] : [{ allow: true, addresses: undefined, ports: ALL_PORTS }]),
  ]);
}

/** The rules of one direction: those for one group by its key, and the others. A database has one for each of its clients. */
interface Indexed {
  readonly byPeer: ReadonlyMap<string, readonly SecurityGroupRule[]>;
  readonly others: readonly SecurityGroupRule[];
}

const indexes: Readonly<Record<Direction, WeakMap<SecurityGroup, Indexed>>> = { ingress: new WeakMap(), egress: new WeakMap() };

/** Rules that may be for peers. */
function candidates(group: SecurityGroup, direction: Direction, peers: readonly Identity[]): readonly SecurityGroupRule[] {
  if (peers.some(({ definite }) => !definite)) {
    return group.rules.filter((rule) => rule.direction === direction);
  }
  const { byPeer, others } = indexes[direction].get(group) ?? indexed(group, direction);
  return peers.length === 0 ? others : [...others, ...peers.flatMap(({ key }) => byPeer.get(key) ?? [])];
}

function indexed(group: SecurityGroup, direction: Direction): Indexed {
  const byPeer = new Map<string, SecurityGroupRule[]>();
  const others: SecurityGroupRule[] = [];
  for (const rule of group.rules.filter((each) => each.direction === direction)) {
    const alike = rule.peer?.definite === true ? byPeer.get(rule.peer.key) : others;
    if (alike === undefined) {
      byPeer.set(rule.peer!.key, [rule]);
    } else {
      alike.push(rule);
    }
  }
  const index = { byPeer, others };
  indexes[direction].set(group, index);
  return index;
}

function forPeers({ peer, addresses, ports }: SecurityGroupRule, peers: readonly Identity[]): FilterRule[] {
  if (peer === undefined) {
    return addresses.map((each) => ({ allow: true, addresses: each, ports }));
  }
  const matches = peers.map((each) => same(peer, each));
  return matches.includes(true) ? [{ allow: true, addresses: 'any', ports }] : matches.includes(undefined) ? [{ allow: true, addresses: undefined, ports }] : [];
}

/** Undefined where only the deployment decides. */
function portsOf(protocol: string, rule: ModelMap): PortRange | undefined {
  const [from, to] = [rule.FromPort, rule.ToPort].map((port) => (port === undefined ? -1 : portOf(port)));
  if (!usesPorts(protocol) || from === -1) {
    return ALL_PORTS;
  }
  return from === undefined || to === undefined ? undefined : { from, to: to === -1 ? from : to };
}

/** CDK writes the port of a database as an attribute of it. */
function portOf(value: ModelValue): number | undefined {
  const port = value instanceof Reference ? portOfStore(value.resource) : Number(literalText(value));
  return Number.isNaN(port) ? undefined : port;
}

function allowAll(direction: Direction, resource: ModelResource, peer?: Identity): SecurityGroupRule {
  return { direction, protocol: '-1', ports: ALL_PORTS, addresses: peer === undefined ? [ANY_IPV4, ANY_IPV6] : [], peer, peerText: peer?.name ?? '0.0.0.0/0', resource };
}

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html */
function defaultRules(group: SecurityGroup, vpc: ModelResource): SecurityGroupRule[] {
  return [allowAll('ingress', vpc, group), allowAll('egress', vpc)];
}
