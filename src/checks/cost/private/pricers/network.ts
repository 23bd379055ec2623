import { isMap, resourceOf, type ModelResource } from '../../../private/model';
import { HOURS, type Ledger, type Pricer } from '../ledger';

/** Zones of a network that is not in the templates. */
const ZONES = 2;

const natGateway: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'nat-gateway', { quantity: HOURS });
  ledger.assume('What passes through NAT gateways is charged by the GB and not in the totals.');
};

/** Interface endpoints are charged in each subnet, gateway endpoints not at all. */
const endpoint: Pricer = (resource, ledger) => {
  const type = resource.value('VpcEndpointType') === undefined ? 'Gateway' : ledger.literal(resource, 'VpcEndpointType', 'nothing is charged');
  if (type === 'Interface' || type === 'GatewayLoadBalancer') {
    ledger.charge(resource, 'interface-endpoint', { quantity: HOURS * Math.max(1, ledger.length(resource, 'SubnetIds', ZONES)) });
  }
};

const elasticAddress: Pricer = (resource, ledger) => ledger.charge(resource, 'public-ipv4', { quantity: HOURS });

const loadBalancer: Pricer = (resource, ledger) => {
  const type = resource.value('Type') === undefined ? 'application' : ledger.literal(resource, 'Type', 'the balancer is not in the totals');
  if (type !== 'application' && type !== 'network') {
    if (type !== undefined) {
      ledger.leaveOpen(resource, `A load balancer of type ${type} has no price in the table and is not in the totals.`);
    }
    return;
  }
  ledger.charge(resource, `${type}-load-balancer`, { quantity: HOURS });
  ledger.assume(`Load balancers serve no traffic: no capacity unit is in the totals (${type}: ${ledger.usd(resource, `${type}-load-balancer-lcu`)}).`);
  const internal = resource.text('Scheme') === 'internal';
  const withoutPublicAddress = internal || resource.text('IpAddressType') === 'dualstack-without-public-ipv4';
  if (!withoutPublicAddress) {
    // An address that is brought along is a resource of its own, charged there.
    const mappings = resource.list('SubnetMappings').filter((mapping) => !(isMap(mapping) && mapping.AllocationId !== undefined));
    ledger.charge(resource, 'public-ipv4', { quantity: HOURS * (ledger.length(resource, 'Subnets', ZONES) + mappings.length) });
  }
};

const classicLoadBalancer: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'classic-load-balancer', { quantity: HOURS });
  if (resource.text('Scheme') !== 'internal') {
    ledger.charge(resource, 'public-ipv4', { quantity: HOURS * Math.max(1, ledger.length(resource, 'Subnets', ZONES)) });
  }
};

/** Whether an instance in a subnet gets a public address unless it says otherwise. */
export function givesPublicAddress(resource: ModelResource, path: string): boolean {
  return resourceOf(resource.value(path))?.flag('MapPublicIpOnLaunch') === true;
}

/** Whether an elastic address, which is charged by itself, stands for the public address of an instance. */
export function hasElasticAddress(resource: ModelResource, ledger: Ledger): boolean {
  return ledger.model.ofType('AWS::EC2::EIP', 'AWS::EC2::EIPAssociation').some((address) => resourceOf(address.value('InstanceId')) === resource);
}

const trustStore: Pricer = (resource, ledger) => ledger.charge(resource, 'trust-store', { quantity: HOURS });

export const NETWORK_PRICERS: Record<string, Pricer> = {
  'AWS::EC2::NatGateway': natGateway,
  'AWS::EC2::VPCEndpoint': endpoint,
  'AWS::EC2::EIP': elasticAddress,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::TrustStore': trustStore,
  'AWS::ElasticLoadBalancing::LoadBalancer': classicLoadBalancer,
};
