import { elsewhere, identify, made, type Identity } from './identity';
import type { NetworkAcl, NetworkAcls } from './network-acls';
import type { RouteTable, RouteTables } from './routes';
import type { Vpc, Vpcs } from './vpcs';
import { parseCidr, type Cidr } from '../../../../private/cidr';
import { Unknown, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A subnet with what decides the way of its packets. */
export interface Subnet extends Identity {
  readonly vpc: Vpc;
  readonly table: RouteTable;
  readonly acl: NetworkAcl;
  /** Undefined where only the deployment decides. */
  readonly cidr: Cidr | undefined;
  /** Whether it has IPv6 addresses, and which, where that is known. */
  readonly hasIpv6: boolean;
  readonly cidr6: Cidr | undefined;
  readonly ipv6Only: boolean;
  readonly assignsIpv6: boolean;
  readonly givesPublicIp: boolean;
  readonly zone?: string;
}

const SUBNET = 'AWS::EC2::Subnet';

/** The subnets of a model. */
export class Subnets {
  private readonly subnets = new Map<string, Subnet>();

  public constructor(model: TemplateModel, private readonly vpcs: Vpcs, private readonly tables: RouteTables, private readonly acls: NetworkAcls) {
    const blocks = new Map(model.ofType('AWS::EC2::SubnetCidrBlock').map((resource) => [identify(resource.value('SubnetId') ?? '', [SUBNET]).key, resource]));
    for (const resource of model.ofType(SUBNET)) {
      const subnet = this.fromResource(resource, blocks.get(made(resource).key));
      this.subnets.set(subnet.key, subnet);
    }
  }

  public get all(): readonly Subnet[] {
    return [...this.subnets.values()];
  }

  /** The subnet that a value names. */
  public of(value: ModelValue): Subnet {
    const identity = elsewhere(identify(value, [SUBNET]));
    const known = this.subnets.get(identity.key);
    if (known !== undefined) {
      return known;
    }
    const vpc = this.vpcs.of(new Unknown(`the VPC of ${identity.name}`, identity.foreign ?? ''));
    const subnet: Subnet = {
      ...identity,
      vpc,
      table: { ...vpc, routes: [], isMain: false },
      acl: this.acls.of(identity, vpc),
      cidr: undefined,
      hasIpv6: false,
      cidr6: undefined,
      ipv6Only: false,
      assignsIpv6: false,
      givesPublicIp: false,
    };
    this.subnets.set(subnet.key, subnet);
    return subnet;
  }

  private fromResource(resource: ModelResource, block: ModelResource | undefined): Subnet {
    const identity = made(resource);
    const vpc = this.vpcs.of(resource.value('VpcId') ?? '');
    const range6 = resource.value('Ipv6CidrBlock') ?? block?.value('Ipv6CidrBlock');
    const zone = resource.value('AvailabilityZone');
    return {
      ...identity,
      vpc,
      table: this.tables.of(identity, vpc),
      acl: this.acls.of(identity, vpc),
      cidr: parseCidr(resource.text('CidrBlock') ?? ''),
      hasIpv6: range6 !== undefined || block !== undefined,
      cidr6: typeof range6 === 'string' ? parseCidr(range6) : undefined,
      ipv6Only: resource.flag('Ipv6Native') === true,
      assignsIpv6: resource.flag('AssignIpv6AddressOnCreation') === true,
      givesPublicIp: resource.flag('MapPublicIpOnLaunch') === true,
      zone: zone === undefined ? undefined : String(zone),
    };
  }
}
