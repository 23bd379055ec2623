import { Fn, Resource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { referenceOf } from '../../private/reference';
import { PLANNED_ZONES } from '../private/address-plan';

/** Ranges that the address plan has room for: three tiers in three zones, of which only the public tier gets IPv6. */
const PLANNED_SUBNETS = 3 * PLANNED_ZONES;

/**
 * Gives the public subnets of a VPC ranges of IPv6 and a route to the internet. Nothing gets an address of it that does not ask
 * for one, as load balancers do. As resources of their own, so that turning it on updates no subnet.
 */
export class PublicIpv6 extends Construct {
  constructor(scope: Construct, id: string, vpc: ec2.Vpc) {
    super(scope, id);
    const block = new ec2.CfnVPCCidrBlock(this, 'Resource', { vpcId: vpc.vpcId, amazonProvidedIpv6CidrBlock: true });
    const ranges = Fn.cidr(Fn.select(0, vpc.vpcIpv6CidrBlocks), PLANNED_SUBNETS, '64');
    vpc.publicSubnets.forEach((subnet, index) => {
      const range = new ec2.CfnSubnetCidrBlock(this, `Range${index}`, { subnetId: subnet.subnetId, ipv6CidrBlock: Fn.select(index, ranges) });
      range.node.addDependency(block);
      (subnet as ec2.Subnet).addIpv6DefaultInternetRoute(vpc.internetGatewayId!);
      subnet.node.findChild('DefaultRoute6').node.addDependency(range, vpc.node.findChild('VPCGW'));
    });
  }
}

/** Subnets that are made in this app and get no range of IPv6. Of imported ones nothing is known. */
export function subnetsWithoutIpv6(subnets: ec2.ISubnet[]): ec2.ISubnet[] {
  const [first] = subnets;
  const blocks = first === undefined ? [] : first.node.root.node.findAll().filter((child) => child instanceof ec2.CfnSubnetCidrBlock);
  return subnets.filter((subnet) => {
    const resource = subnet.node.defaultChild;
    return Resource.isOwnedResource(subnet) && resource instanceof ec2.CfnSubnet && !hasIpv6(resource, blocks);
  });
}

function hasIpv6(subnet: ec2.CfnSubnet, blocks: ec2.CfnSubnetCidrBlock[]): boolean {
  return [subnet.ipv6CidrBlock, subnet.ipv6IpamPoolId].some((range) => range !== undefined) || blocks.some((block) => isOf(block, subnet));
}

function isOf({ subnetId }: ec2.CfnSubnetCidrBlock, subnet: ec2.CfnSubnet): boolean {
  return referenceOf(subnetId)?.target === subnet;
}
