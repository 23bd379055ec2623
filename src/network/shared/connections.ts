import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { arePeered, identifyVpc, isAssociated, isSameVpc, vpcOfGroup, type VpcIdentity } from './same-vpc';
import { InvalidBackendError, problem, warn } from '../../private/errors';
import { environmentDifference, type Placed } from '../../private/same-environment';
import { pathOf } from '../../private/stage-path';

const VPC = Symbol.for('cdk-private-backend.Network.vpcOfConnections');

/** The security groups of something that stands in a VPC. Groups of another VPC are a problem at synth, at whoever was given them. */
export function connectionsIn(scope: IConstruct, vpc: ec2.IVpc, props: ec2.ConnectionsProps): ec2.Connections {
  const connections = new ec2.Connections(props);
  Object.defineProperty(connections, VPC, { value: vpc, enumerable: false });
  (props.securityGroups ?? []).forEach((group) => scope.node.addValidation({ validate: () => judgeGroup(group, vpc) }));
  return connections;
}

/**
 * Refuses a path between two networks at synth, once every peering connection is declared, because EC2 refuses rules that name a group of a VPC
 * that is not peered, and names of groups never cross regions. Where one of the VPCs is not known, it says nothing; where one is made by this
 * app and the other is imported by its id, it warns.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 * @param from whose connections they are
 * @param what such as `The service`
 */
export function requirePath(scope: IConstruct, from: ec2.IConnectable, to: ec2.IConnectable, what: string): void {
  refuseOtherRegion(scope, from, to, what);
  scope.node.addValidation({ validate: () => judgePath(scope, from, to, what) });
}

/** Security groups may be used in other VPCs of their region once they are associated with them. */
function judgeGroup(group: ec2.ISecurityGroup, vpc: ec2.IVpc): string[] {
  const [own, wanted] = [vpcOfGroup(group), identifyVpc(vpc)];
  if (own === undefined || wanted === undefined || isSameVpc(own, wanted) !== false || isAssociated(group, wanted)) {
    return [];
  }
  return [problem('Network.otherVpcGroup', `The security group '${pathOf(group)}' is in the VPC '${own.name}', but this construct is in the VPC '${wanted.name}', where EC2 refuses the group. `
    + 'Pass a security group that is created with the `vpc` of this construct, or remove the group from `securityGroups`.')];
}

function judgePath(scope: IConstruct, from: ec2.IConnectable, to: ec2.IConnectable, what: string): string[] {
  const [here, there] = [from, to].map(vpcOf);
  if (here === undefined || there === undefined) {
    return [];
  }
  const same = isSameVpc(here, there);
  if (same === true || arePeered(scope, here, there)) {
    return [];
  }
  const advice = 'Use one VPC for both, or peer the VPCs, and add `VpcPeering.assume(vpc, other.vpc)` if this app does not create the peering connection.';
  if (same === undefined) {
    warnOfUnknown(scope, here, there, what);
    return [];
  }
  return [problem('Network.otherVpc', `${what} is in the VPC '${here.name}', and ${nameOf(to)} that it connects to is in the VPC '${there.name}'. ${advice}`)];
}

/** Of parameters and imports that only the deployment knows there is nothing to say. */
function warnOfUnknown(scope: IConstruct, here: VpcIdentity, there: VpcIdentity, what: string): void {
  const [made, imported] = [[here, there].find(({ resource }) => resource !== undefined), [here, there].find(({ id }) => id !== undefined)];
  if (made !== undefined && imported !== undefined) {
    warn(scope, 'Network.unknownVpc', `${what} connects the VPC '${made.name}', which this app creates, with the imported VPC '${imported.name}', and EC2 refuses the security group rules if these are different VPCs. `
      + 'If the VPCs are peered, add `VpcPeering.assume(vpc, other.vpc)`. If both are the same VPC, acknowledge this warning.');
  }
}

function refuseOtherRegion(scope: IConstruct, from: ec2.IConnectable, to: ec2.IConnectable, what: string): void {
  const [here, there] = [from, to].map(placeOf);
  const difference = here === undefined || there === undefined ? undefined : environmentDifference(here, there, ['region']);
  if (difference !== undefined) {
    throw new InvalidBackendError(scope, 'Network.otherRegion', `${what} is in region '${difference.here}', and ${nameOf(to)} that it connects to is in '${difference.there}'. `
      + 'A security group rule can\'t name a group of another region. Put both into one region.');
  }
}

/** Groups that others made count for their region only where their stack does: of an id nobody knows it. */
function placeOf(connectable: ec2.IConnectable): Placed | undefined {
  return declaredVpc(connectable) ?? connectable.connections.securityGroups.find((group) => vpcOfGroup(group) !== undefined);
}

function vpcOf(connectable: ec2.IConnectable): VpcIdentity | undefined {
  const declared = declaredVpc(connectable);
  if (declared !== undefined) {
    return identifyVpc(declared);
  }
  return connectable.connections.securityGroups.map(vpcOfGroup).find((vpc) => vpc !== undefined);
}

/** What the construct says, whoever made it, or what this library noted. */
function declaredVpc(connectable: ec2.IConnectable): ec2.IVpc | undefined {
  const noted = (connectable.connections as unknown as Record<symbol, ec2.IVpc | undefined>)[VPC];
  return noted ?? (connectable as Partial<{ readonly vpc: ec2.IVpc }>).vpc;
}

function nameOf(to: ec2.IConnectable): string {
  const { node } = to as Partial<IConstruct>;
  const [group] = to.connections.securityGroups;
  if (node !== undefined) {
    return `'${node.path}'`;
  }
  const parent = group?.node.scope;
  return group === undefined || parent === undefined || Token.isUnresolved(parent.node.path) ? 'the target' : `'${pathOf(parent)}'`;
}
