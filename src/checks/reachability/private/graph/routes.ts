import { identify, made, type Identity } from './identity';
import { rangeOf } from './ranges';
import { contains, type Cidr } from '../../../../private/cidr';
import { Reference, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

export type RouteKind = 'internet-gateway' | 'egress-only-gateway' | 'nat-gateway' | 'instance' | 'interface' | 'peering' | 'other';

/** One route. */
export interface Route {
  /** Undefined where only the deployment decides, as for prefix lists. */
  readonly destination: Cidr | undefined;
  readonly kind: RouteKind;
  readonly target: Identity;
  readonly resource: ModelResource;
}

/** A route table, without the local route that every one has. */
export interface RouteTable extends Identity {
  readonly routes: readonly Route[];
  /** Whether it is the VPC's own, which a subnet has that is associated with none. */
  readonly isMain: boolean;
}

const TABLE = 'AWS::EC2::RouteTable';
const SUBNET = 'AWS::EC2::Subnet';

const TARGETS: readonly (readonly [property: string, kind: RouteKind, type: string])[] = [
  ['NatGatewayId', 'nat-gateway', 'AWS::EC2::NatGateway'],
  ['EgressOnlyInternetGatewayId', 'egress-only-gateway', 'AWS::EC2::EgressOnlyInternetGateway'],
  ['InstanceId', 'instance', 'AWS::EC2::Instance'],
  ['NetworkInterfaceId', 'interface', 'AWS::EC2::NetworkInterface'],
  ['VpcPeeringConnectionId', 'peering', 'AWS::EC2::VPCPeeringConnection'],
];

/** The route tables of a model and which subnets have which. */
export class RouteTables {
  private readonly routes = new Map<string, Route[]>();
  private readonly bySubnet = new Map<string, ModelValue>();
  private readonly tables = new Map<string, RouteTable>();

  public constructor(model: TemplateModel) {
    for (const resource of model.ofType('AWS::EC2::Route')) {
      const { key } = tableIdentity(resource.value('RouteTableId') ?? '');
      const before = this.routes.get(key);
      if (before === undefined) {
        this.routes.set(key, [routeOf(resource)]);
      } else {
        before.push(routeOf(resource));
      }
    }
    for (const resource of model.ofType('AWS::EC2::SubnetRouteTableAssociation')) {
      this.bySubnet.set(identify(resource.value('SubnetId') ?? '', [SUBNET]).key, resource.value('RouteTableId') ?? '');
    }
  }

  /** The table of a subnet. */
  public of(subnet: Identity, vpc: Identity): RouteTable {
    const own = this.bySubnet.get(subnet.key);
    const identity = own === undefined ? { ...vpc, key: `${vpc.key}.MainRouteTable`, name: `the main route table of ${vpc.name}` } : tableIdentity(own);
    const known = this.tables.get(identity.key);
    if (known !== undefined) {
      return known;
    }
    const table: RouteTable = { ...identity, routes: this.routes.get(identity.key) ?? [], isMain: own === undefined };
    this.tables.set(table.key, table);
    return table;
  }
}

/** The routes for all of a range, the most specific first. */
export function routesFor(table: RouteTable, range: Cidr): Route[] {
  return table.routes
    .filter(({ destination }) => destination !== undefined && contains(destination, range))
    .sort((a, b) => b.destination!.prefix - a.destination!.prefix);
}

/** The table that a value names. */
export function tableIdentity(value: ModelValue): Identity {
  return identify(value, [TABLE]);
}

function routeOf(resource: ModelResource): Route {
  const destination = rangeOf(resource.value('DestinationCidrBlock') ?? resource.value('DestinationIpv6CidrBlock'));
  const gateway = resource.value('GatewayId');
  if (gateway !== undefined) {
    const isInternet = gateway instanceof Reference ? gateway.resource.type === 'AWS::EC2::InternetGateway' : String(gateway).startsWith('igw-');
    return { destination, resource, kind: isInternet ? 'internet-gateway' : 'other', target: identify(gateway, ['AWS::EC2::InternetGateway', 'AWS::EC2::VPNGateway']) };
  }
  for (const [property, kind, type] of TARGETS) {
    const value = resource.value(property);
    if (value !== undefined) {
      return { destination, resource, kind, target: identify(value, [type]) };
    }
  }
  return { destination, resource, kind: 'other', target: made(resource) };
}
