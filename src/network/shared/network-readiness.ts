import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Dependable, type IConstruct, type IDependable } from 'constructs';
import { lazyDependable } from '../../private/lazy-dependable';
import { referenceOf } from '../../private/reference';

/** The network that a task needs. */
export interface TaskNetwork {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroups: ec2.ISecurityGroup[];
}

/**
 * Everything of this stack that a task's network consists of: routes and their targets, endpoints, security group rules.
 *
 * Looked up when the app is synthesised, because rules and endpoints may be added at any time before. Resources of other
 * stacks are there already: this stack depends on theirs.
 */
export function networkReadiness(scope: IConstruct, network: TaskNetwork): IDependable {
  return lazyDependable(() => [
    ...routesOf(network).filter((construct) => Stack.of(construct) === Stack.of(scope)),
    ...Stack.of(scope).node.findAll().filter((construct) => isEndpointOf(construct, network.vpc) || isRuleOf(construct, network.securityGroups)),
  ]);
}

/** A route alone is not enough: a subnet without its association uses the VPC's main table. */
function routesOf({ subnets }: TaskNetwork): IConstruct[] {
  return subnets.flatMap((subnet) => [
    ...Dependable.of(subnet.internetConnectivityEstablished).dependencyRoots,
    ...subnet.node.findAll().filter((child) => child instanceof ec2.CfnRoute || child instanceof ec2.CfnSubnetRouteTableAssociation),
  ]);
}

function isEndpointOf(construct: IConstruct, vpc: ec2.IVpc): boolean {
  return construct instanceof ec2.CfnVPCEndpoint && same(construct, construct.vpcId, vpc.vpcId);
}

function isRuleOf(construct: IConstruct, securityGroups: ec2.ISecurityGroup[]): boolean {
  const ends = construct instanceof ec2.CfnSecurityGroupIngress ? [construct.groupId, construct.sourceSecurityGroupId]
    : construct instanceof ec2.CfnSecurityGroupEgress ? [construct.groupId] : [];
  return ends.some((end) => securityGroups.some(({ securityGroupId }) => same(construct, end, securityGroupId)));
}

function same(scope: IConstruct, left: unknown, right: unknown): boolean {
  if (left === undefined || left === right) {
    return left !== undefined;
  }
  const [one, other] = [left, right].map(referenceOf);
  if (one !== undefined && other !== undefined) {
    // CDK keeps one object for each attribute of a resource; resolving every rule for every service would be quadratic.
    return one === other;
  }
  const stack = Stack.of(scope);
  return JSON.stringify(stack.resolve(left)) === JSON.stringify(stack.resolve(right));
}
