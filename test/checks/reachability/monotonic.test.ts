import * as fc from 'fast-check';
import { acl, database, ref, groupOf, network, NO_EGRESS } from './lab';
import { modelOf, type Resources } from './support';
import { Network } from '../../../src/checks/reachability/private/graph/network';
import { tcp } from '../../../src/checks/reachability/private/graph/traffic';
import type { Answer, Mode } from '../../../src/checks/reachability/private/hops/answer';
import { Paths } from '../../../src/checks/reachability/private/hops/paths';
import { LOGS } from '../../../src/checks/reachability/private/rules/aws-services';

const GROUPS = ['ClientGroup', 'DbGroup', 'EndpointGroup'];
const TIERS = ['Public', 'Private', 'Isolated'];
const RANK = { blocked: 0, undecided: 1, reachable: 2 };

/** A rule that allows something: of a security group or a network ACL. */
type Rule = { readonly kind: 'group'; readonly group: string; readonly egress: boolean; readonly properties: object } | { readonly kind: 'acl'; readonly tier: string; readonly egress: boolean; readonly properties: object };

const ports = fc.constantFrom<[number, number][]>([0, 65535], [443, 443], [5432, 5432], [1024, 65535], [32768, 48000], [48001, 65535], [400, 500]);
const ranges = fc.constantFrom('0.0.0.0/0', '10.0.0.0/16', '10.0.10.0/24', '10.0.10.0/25', '10.0.10.128/25', '10.0.20.0/23', '203.0.113.0/24', '0.0.0.0/1', '128.0.0.0/1');

const groupRule: fc.Arbitrary<Rule> = fc.record({
  group: fc.constantFrom(...GROUPS), egress: fc.boolean(), port: ports, protocol: fc.constantFrom('tcp', '-1', 'udp'), peer: fc.oneof(fc.constantFrom(...GROUPS), ranges, fc.constant('unknown')),
}).map(({ group, egress, port: [FromPort, ToPort], protocol, peer }) => ({
  kind: 'group', group, egress, properties: { IpProtocol: protocol, FromPort, ToPort, ...peerProperties(peer, egress) },
}));

const aclRule: fc.Arbitrary<Rule> = fc.record({ tier: fc.constantFrom(...TIERS), egress: fc.boolean(), port: ports, range: ranges, number: fc.integer({ min: 1, max: 32000 }) })
  .map(({ tier, egress, port: [From, To], range, number }) => ({ kind: 'acl', tier, egress, properties: { RuleNumber: number, Protocol: 6, RuleAction: 'allow', CidrBlock: range, PortRange: { From, To } } }));

const rules = fc.array(fc.oneof({ weight: 3, arbitrary: groupRule }, { weight: 1, arbitrary: aclRule }), { maxLength: 14 });
const shape = fc.record({ source: fc.constantFrom(...TIERS), publicIp: fc.boolean(), publicDatabase: fc.boolean(), endpoint: fc.boolean(), tierWithAcl: fc.constantFrom('None', ...TIERS), denies: fc.boolean() });

function peerProperties(peer: string, egress: boolean): object {
  if (peer === 'unknown') {
    return { CidrIp: { Unknown: 'office' } };
  }
  return GROUPS.includes(peer) ? { [egress ? 'DestinationSecurityGroupId' : 'SourceSecurityGroupId']: groupOf(peer) } : { CidrIp: peer };
}

type Shape = { source: string; publicIp: boolean; publicDatabase: boolean; endpoint: boolean; tierWithAcl: string; denies: boolean };

/** A network of this shape that allows what these rules say. */
function build(form: Shape, allowed: readonly Rule[]): Resources {
  const resources: Resources = { ...network(), ...database(form.publicDatabase ? 'Public' : 'Isolated', { PubliclyAccessible: form.publicDatabase }) };
  GROUPS.forEach((group) => {
    const inline = allowed.filter((rule) => rule.kind === 'group' && rule.group === group && rule.egress).map(({ properties }) => properties);
    resources[group] = { Type: 'AWS::EC2::SecurityGroup', Properties: { VpcId: ref('Vpc'), SecurityGroupEgress: [NO_EGRESS, ...inline] } };
  });
  allowed.forEach((rule, index) => {
    if (rule.kind === 'group' && !rule.egress) {
      resources[`Rule${index}`] = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf(rule.group), ...rule.properties } };
    } else if (rule.kind === 'acl' && rule.tier === form.tierWithAcl) {
      resources[`Rule${index}`] = { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: ref(`${rule.tier}Acl`), Egress: rule.egress, ...rule.properties } };
    }
  });
  if (form.tierWithAcl !== 'None') {
    Object.assign(resources, acl(form.tierWithAcl, [], []));
    if (form.denies) {
      resources.Deny = { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: ref(`${form.tierWithAcl}Acl`), Egress: false, RuleNumber: 500, Protocol: '-1', RuleAction: 'deny', CidrBlock: '10.0.10.0/25' } };
    }
  }
  resources.Client = {
    Type: 'AWS::EC2::Instance',
    Properties: { NetworkInterfaces: [{ DeviceIndex: '0', AssociatePublicIpAddress: form.publicIp, SubnetId: ref(`${form.source}0`), GroupSet: [groupOf('ClientGroup')] }] },
  };
  if (form.endpoint) {
    resources.Logs = { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcId: ref('Vpc'), VpcEndpointType: 'Interface', ServiceName: 'com.amazonaws.eu-west-1.logs', SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('EndpointGroup')] } };
  }
  return resources;
}

/** Every answer of a network. */
function answers(resources: Resources): Answer[] {
  const paths = new Paths(new Network(modelOf(resources)));
  const [client, db] = [paths.network.machines[0].network, paths.network.stores[0].network];
  const modes: Mode[] = ['every', 'any'];
  return [
    ...modes.flatMap((mode) => [
      paths.between(client, db, tcp(5432), mode), paths.between(client, db, tcp(400, 6000), mode), paths.between(db, client, tcp(443), mode),
      paths.toInternet(client, tcp(443), mode), paths.fromInternet(client, tcp(443), mode), paths.fromInternet(db, tcp(5432), mode),
    ]),
    paths.toService(client, LOGS),
  ];
}

function ranksOf(resources: Resources): number[] {
  return answers(resources).map(({ outcome }) => RANK[outcome]);
}

describe('rules that allow', () => {
  test('one more never turns reachable into unreachable', () => {
    fc.assert(fc.property(shape, rules, fc.oneof(groupRule, aclRule), (form, before, added) => {
      const [less, more] = [ranksOf(build(form, before)), ranksOf(build(form, [...before, added]))];
      more.forEach((rank, index) => expect(rank).toBeGreaterThanOrEqual(less[index]));
    }), { numRuns: 400 });
  });

  test('one less never turns unreachable into reachable', () => {
    fc.assert(fc.property(shape, rules.filter((all) => all.length > 0), fc.nat(), (form, before, at) => {
      const [more, less] = [ranksOf(build(form, before)), ranksOf(build(form, before.filter((_, index) => index !== at % before.length)))];
      less.forEach((rank, index) => expect(rank).toBeLessThanOrEqual(more[index]));
    }), { numRuns: 400 });
  });

  test('the random networks have every kind of answer', () => {
    const seen = new Set<string>();
    fc.sample(fc.tuple(shape, rules), { numRuns: 400, seed: 7 }).forEach(([form, all]) => answers(build(form, all)).forEach(({ outcome }) => seen.add(outcome)));
    expect([...seen].sort()).toEqual(['blocked', 'reachable', 'undecided']);
  });

  test('what every connection passes, any passes', () => {
    fc.assert(fc.property(shape, rules, (form, all) => {
      const ranks = ranksOf(build(form, all));
      ranks.slice(0, 6).forEach((rank, index) => expect(ranks[index + 6]).toBeGreaterThanOrEqual(rank));
    }), { numRuns: 300 });
  });
});
