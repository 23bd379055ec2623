import type { World } from './world';
import { literalText, resourceOf, type ModelResource, type ModelValue } from '../../private/model';

/** Whether a subnet's routes lead to an internet gateway; `open` where the templates do not say. */
export function subnetKind(subnet: ModelValue, world: World): 'public' | 'private' | 'open' {
  const resource = resourceOf(subnet);
  if (resource === undefined || resource.type !== 'AWS::EC2::Subnet') {
    return 'open';
  }
  const tables = world.pointingAt('AWS::EC2::SubnetRouteTableAssociation', 'SubnetId', resource);
  // Without an association the VPC's main table counts, which nothing in a template can give a route.
  const routes = tables.flatMap((association) => {
    const table = resourceOf(association.value('RouteTableId'));
    return table === undefined ? [] : world.pointingAt('AWS::EC2::Route', 'RouteTableId', table);
  });
  if (routes.some(leadsToInternetGateway)) {
    return 'public';
  }
  const unknown = tables.some((association) => resourceOf(association.value('RouteTableId')) === undefined) || routes.some((route) => !isDecided(route));
  return unknown ? 'open' : 'private';
}

function leadsToInternetGateway(route: ModelResource): boolean {
  const everywhere = route.text('DestinationCidrBlock') === '0.0.0.0/0' || route.text('DestinationIpv6CidrBlock') === '::/0';
  const gateway = route.value('GatewayId');
  return everywhere && (resourceOf(gateway)?.type === 'AWS::EC2::InternetGateway' || /^igw-/.test(literalText(gateway) ?? ''));
}

function isDecided(route: ModelResource): boolean {
  const gateway = route.value('GatewayId');
  return gateway === undefined || resourceOf(gateway) !== undefined || literalText(gateway) !== undefined;
}
