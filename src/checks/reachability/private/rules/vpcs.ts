import type { Judging } from './judge';
import type { ModelResource, TemplateModel } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import { identify, nameOf, same, type Identity } from '../graph/identity';
import type { Network } from '../graph/network';

const FOREIGN: CheckRule = {
  id: 'reachability-group-of-other-vpc',
  title: 'Security groups and their rules stay in one VPC, or in peered ones',
  why: 'EC2 refuses a group of another VPC on an interface, and in a rule where the VPCs are not peered, and the deployment is rolled back after its servers were made.',
  fix: 'Use a security group of the same VPC, or connect the VPCs by a peering connection.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html',
};

export const VPC_RULES: readonly CheckRule[] = [FOREIGN];

const VPC = ['AWS::EC2::VPC'];

/** (f) What EC2 refuses of groups of other VPCs. */
export function judgeVpcs(judging: Judging): void {
  const { network } = judging.paths;
  const peered = peeringsOf(network.model);
  const vpcs = new Map(network.groups.all.map((group) => [group.key, group.vpc]));
  for (const group of network.groups.all) {
    for (const { peer, resource } of group.rules) {
      const other = peer === undefined ? undefined : vpcs.get(peer.key);
      if (peer !== undefined && other !== undefined && group.vpc !== undefined && !peered(group.vpc, other)) {
        judge(judging, resource, [group.vpc, other], `a rule of security group ${group.name} names security group ${peer.name}`);
      }
    }
  }
  judgeInterfaces(judging, network);
}

/** A group may be associated with other VPCs of its region. */
function judgeInterfaces(judging: Judging, network: Network): void {
  const associations = network.model.ofType('AWS::EC2::SecurityGroupVpcAssociation')
    .map((resource) => [network.groups.of(resource.value('GroupId') ?? '').key, identify(resource.value('VpcId') ?? '', VPC)] as const);
  for (const { owner, groups, subnets } of network.interfaces) {
    const vpcs = [...new Map(subnets.map(({ vpc }) => [vpc.key, vpc])).values()];
    for (const group of groups) {
      for (const vpc of vpcs) {
        if (group.vpc !== undefined && !associations.some(([key, associated]) => key === group.key && same(associated, vpc) === true)) {
          judge(judging, owner, [group.vpc, vpc], `${nameOf(owner)} has security group ${group.name}`);
        }
      }
    }
  }
}

/** Where a template makes one VPC and another is only named, the two may be one. */
function judge({ evaluation }: Judging, resource: ModelResource, [one, other]: [Identity, Identity], what: string): void {
  const differ = same(one, other) === false;
  if (differ && one.resource !== undefined && other.resource !== undefined) {
    evaluation.violates(FOREIGN, resource, `${what}, and one is in VPC ${one.name}, the other in VPC ${other.name}.`);
  } else if (differ) {
    evaluation.leavesOpen(FOREIGN, resource, `${what}, and whether VPC ${one.name} and VPC ${other.name} are one or peered is not known.`);
  } else {
    evaluation.holds(FOREIGN, resource);
  }
}

function peeringsOf(model: TemplateModel): (one: Identity, other: Identity) => boolean {
  const pairs = model.ofType('AWS::EC2::VPCPeeringConnection')
    .map((resource) => [resource.value('VpcId') ?? '', resource.value('PeerVpcId') ?? ''].map((value) => identify(value, VPC)));
  const arePair = (pair: readonly Identity[], one: Identity, other: Identity) => same(pair[0], one) === true && same(pair[1], other) === true;
  return (one, other) => pairs.some((pair) => arePair(pair, one, other) || arePair(pair, other, one));
}
