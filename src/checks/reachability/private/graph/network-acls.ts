import { ALL_PORTS, type FilterRule, type PortRange } from './filter';
import { identify, made, type Identity } from './identity';
import { rangeOf } from './ranges';
import { carries, protocolOf, usesPorts, type Traffic } from './traffic';
import { ANY_IPV4, ANY_IPV6, type Cidr } from '../../../../private/cidr';
import { literalText, Reference, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

interface Entry {
  readonly number: number;
  readonly allow: boolean;
  readonly egress: boolean;
  readonly protocol: string;
  readonly ports: PortRange;
  readonly addresses: Cidr | undefined;
}

/** A network ACL with its entries in the order in which EC2 looks at them. */
export interface NetworkAcl extends Identity {
  readonly entries: readonly Entry[];
  /** Whether it is the one that lets everything through. */
  readonly lenient: boolean;
}

const ACL = 'AWS::EC2::NetworkAcl';
const VPC = 'AWS::EC2::VPC';
const SUBNET = 'AWS::EC2::Subnet';

/** The network ACLs of a model and which subnets have which. */
export class NetworkAcls {
  private readonly entries = new Map<string, Entry[]>();
  private readonly bySubnet = new Map<string, ModelValue>();
  private readonly acls = new Map<string, NetworkAcl>();

  public constructor(model: TemplateModel) {
    for (const resource of model.ofType('AWS::EC2::NetworkAclEntry')) {
      const { key } = aclIdentity(resource.value('NetworkAclId') ?? '');
      this.entries.set(key, [...this.entries.get(key) ?? [], entryOf(resource)]);
    }
    for (const resource of model.ofType('AWS::EC2::SubnetNetworkAclAssociation')) {
      this.bySubnet.set(identify(resource.value('SubnetId') ?? '', [SUBNET]).key, resource.value('NetworkAclId') ?? '');
    }
  }

  /** The ACL of a subnet: its own, or that of its VPC. */
  public of(subnet: Identity, vpc: Identity): NetworkAcl {
    const own = this.bySubnet.get(subnet.key);
    return this.enter(own === undefined ? defaultOf(vpc) : aclIdentity(own));
  }

  private enter(identity: Identity & { readonly isDefault?: boolean }): NetworkAcl {
    const known = this.acls.get(identity.key);
    if (known !== undefined) {
      return known;
    }
    const entries = [...this.entries.get(identity.key) ?? [], ...(identity.isDefault === true ? DEFAULT_ENTRIES : [])].sort((a, b) => a.number - b.number);
    const acl: NetworkAcl = { ...identity, entries, lenient: identity.isDefault === true && entries.length === DEFAULT_ENTRIES.length };
    this.acls.set(acl.key, acl);
    return acl;
  }
}

/** What an ACL says of packets in one direction. */
export function aclRules(acl: NetworkAcl, direction: 'in' | 'out', traffic: Traffic): FilterRule[] {
  if (acl.foreign !== undefined) {
    return [{ allow: true, addresses: undefined, ports: ALL_PORTS }];
  }
  return acl.entries
    .filter((entry) => entry.egress === (direction === 'out') && carries(entry.protocol, traffic))
    .map(({ allow, addresses, ports }) => ({ allow, addresses, ports }));
}

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html */
const DEFAULT_ENTRIES: readonly Entry[] = [ANY_IPV4, ANY_IPV6].flatMap((addresses, index) => [true, false].map((egress) => (
  { number: 100 + index, allow: true, egress, protocol: '-1', ports: ALL_PORTS, addresses })));

function aclIdentity(value: ModelValue): Identity {
  const ofVpc = value instanceof Reference && value.resource.type === VPC && value.attribute === 'DefaultNetworkAcl';
  return ofVpc ? defaultOf(made(value.resource)) : identify(value, [ACL]);
}

function defaultOf(vpc: Identity): Identity & { readonly isDefault: boolean } {
  return { ...vpc, key: `${vpc.key}.DefaultNetworkAcl`, name: `the default network ACL of ${vpc.name}`, isDefault: true };
}

function entryOf(resource: ModelResource): Entry {
  const protocol = protocolOf(resource.text('Protocol') ?? '-1');
  const { From, To } = resource.record('PortRange');
  const [from, to] = [From, To].map((port) => Number(literalText(port)));
  return {
    number: resource.number('RuleNumber') ?? 0,
    allow: resource.text('RuleAction') === 'allow',
    egress: resource.flag('Egress') ?? false,
    protocol,
    ports: usesPorts(protocol) && !Number.isNaN(from) && !Number.isNaN(to) ? { from, to } : ALL_PORTS,
    addresses: rangeOf(resource.value('CidrBlock') ?? resource.value('Ipv6CidrBlock')),
  };
}
