import { Resource, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { referenceOf } from '../../private/reference';
import { pathOf } from '../../private/stage-path';

/** What CDK answers with until a lookup has been made. No VPC has such a short id. */
const PENDING_LOOKUP = 'vpc-12345';

const ASSUMED = Symbol.for('cdk-private-backend.Network.assumedPeerings');

/** Which VPC a value names. */
export interface VpcIdentity {
  /** As people name it: its path where this app makes it, else its id. */
  readonly name: string;
  /** The VPC that this app makes. */
  readonly resource?: IConstruct;
  /** The id, where it is written out. */
  readonly id?: string;
  /** What is resolved at deployment, such as a parameter. */
  readonly token?: string;
}

/** The VPC that a construct stands for; nothing while its lookup is pending. */
export function identifyVpc(vpc: ec2.IVpc): VpcIdentity | undefined {
  return isPendingLookup(vpc) ? undefined : identify(vpc, vpc.vpcId, pathOf(vpc));
}

/** The VPC of a security group; nothing where only the deployment knows it, as of imported ones. */
export function vpcOfGroup(group: ec2.ISecurityGroup): VpcIdentity | undefined {
  const made = referenceOf(group.securityGroupId);
  if (made?.target instanceof ec2.CfnSecurityGroup) {
    const { vpcId } = made.target;
    return vpcId === undefined || vpcId === PENDING_LOOKUP ? undefined : identify(group, vpcId, vpcId);
  }
  return made?.target instanceof ec2.CfnVPC ? identify(group, made.target.ref, made.target.node.path) : undefined;
}

/** The VPC of a subnet; nothing where only the deployment knows it, as of imported ones. */
export function vpcOfSubnet({ node }: ec2.ISubnet): VpcIdentity | undefined {
  const resource = node.defaultChild;
  return resource instanceof ec2.CfnSubnet && resource.vpcId !== PENDING_LOOKUP ? identify(resource, resource.vpcId, resource.vpcId) : undefined;
}

/** The VPC that a resource names in a property. */
export function vpcNamed(resource: IConstruct, vpcId: string): VpcIdentity {
  return identify(resource, vpcId, vpcId);
}

/** Whether two VPCs are one; undefined where only the deployment tells, as where one is made here and the other imported by its id. */
export function isSameVpc(one: VpcIdentity, other: VpcIdentity): boolean | undefined {
  if (one.resource !== undefined && other.resource !== undefined) {
    return one.resource === other.resource;
  }
  if (one.id !== undefined && other.id !== undefined) {
    return one.id === other.id;
  }
  return one.token !== undefined && one.token === other.token ? true : undefined;
}

/** Notes that two VPCs are peered, although this app does not make the peering connection. */
export function assumePeering(one: ec2.IVpc, other: ec2.IVpc): void {
  const { root } = one.node;
  const holder = root as unknown as Record<symbol, [ec2.IVpc, ec2.IVpc][] | undefined>;
  if (holder[ASSUMED] === undefined) {
    Object.defineProperty(root, ASSUMED, { value: [] });
  }
  holder[ASSUMED]?.push([one, other]);
}

/** Whether security groups of one VPC may name those of the other: by a peering connection of this app, or one that was declared. */
export function arePeered(scope: IConstruct, one: VpcIdentity, other: VpcIdentity): boolean {
  return peeringsOf(scope.node.root).some(([left, right]) => (
    (isSameVpc(left, one) === true && isSameVpc(right, other) === true) || (isSameVpc(left, other) === true && isSameVpc(right, one) === true)));
}

function peeringsOf(root: IConstruct): [VpcIdentity, VpcIdentity][] {
  const made = root.node.findAll().filter((child) => child instanceof ec2.CfnVPCPeeringConnection)
    .map((peering): [VpcIdentity, VpcIdentity] => [identify(peering, peering.vpcId, peering.vpcId), identify(peering, peering.peerVpcId, peering.peerVpcId)]);
  const assumed = (root as unknown as Record<symbol, [ec2.IVpc, ec2.IVpc][] | undefined>)[ASSUMED] ?? [];
  return [...made, ...assumed.map(([one, other]): [VpcIdentity, VpcIdentity] => [identify(one, one.vpcId, ''), identify(other, other.vpcId, '')])];
}

/** Whether a group was associated with a second VPC, where it may be used like one of that VPC. */
export function isAssociated(group: ec2.ISecurityGroup, vpc: VpcIdentity): boolean {
  return group.node.root.node.findAll().some((child) => child instanceof ec2.CfnSecurityGroupVpcAssociation
    && child.groupId === group.securityGroupId && isSameVpc(identify(child, child.vpcId, child.vpcId), vpc) === true);
}

function identify(scope: IConstruct, vpcId: string, path: string): VpcIdentity {
  if (!Token.isUnresolved(vpcId)) {
    return { name: vpcId, id: vpcId };
  }
  const target = referenceOf(vpcId)?.target;
  return target instanceof ec2.CfnVPC
    ? { name: pathOf(target), resource: target }
    : { name: path, token: JSON.stringify(Stack.of(scope).resolve(vpcId)) };
}

/** Selecting no subnets asks only whether they are known. */
function isPendingLookup(vpc: ec2.IVpc): boolean {
  return !Resource.isOwnedResource(vpc) && vpc.vpcId === PENDING_LOOKUP && vpc.selectSubnets({ subnets: [] }).isPendingLookup === true;
}
