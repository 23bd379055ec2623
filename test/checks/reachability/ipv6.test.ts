import { acl, egressTo, groupOf, ingressFrom, network, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

/** A function and a cache, both with IPv6 addresses. */
function dualStack(): Resources {
  const r = network();
  const blocks = [...['Private0', 'Private1'], ...['Isolated0', 'Isolated1']];
  blocks.forEach((id, index) => Object.assign(r[id].Properties, { Ipv6CidrBlock: `2001:db8:0:${index}::/64`, AssignIpv6AddressOnCreation: true }));
  r.CacheGroup = securityGroup([rule(6379, { CidrIpv6: '2001:db8::/62' })], []);
  r.CacheSubnets = { Type: 'AWS::ElastiCache::SubnetGroup', Properties: { SubnetIds: [ref('Isolated0'), ref('Isolated1')] } };
  r.Cache = { Type: 'AWS::ElastiCache::ReplicationGroup', Properties: { NetworkType: 'dual_stack', SecurityGroupIds: [groupOf('CacheGroup')], CacheSubnetGroupName: ref('CacheSubnets') } };
  r.WorkerGroup = securityGroup([], [rule(6379, { CidrIpv6: '::/0' })]);
  r.Worker = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Environment: { Variables: { HOST: { 'Fn::GetAtt': ['Cache', 'PrimaryEndPoint.Address'] } } },
      VpcConfig: { SubnetIds: [ref('Private0'), ref('Private1')], SecurityGroupIds: [groupOf('WorkerGroup')], Ipv6AllowedForDualStack: true },
    },
  };
  return r;
}

const cases: Case[] = [
  { name: 'a function reaches a cache by IPv6 alone', change: () => {}, findings: [] },
  { name: 'fails where the cache admits other IPv6 addresses', change: (r) => { r.CacheGroup = securityGroup([rule(6379, { CidrIpv6: 'fd00::/8' })], []); }, findings: [/violation client-to-store Lab\/Worker/] },
  { name: 'fails where the function has IPv4 addresses only', change: (r) => { (r.Worker.Properties.VpcConfig as Record<string, unknown>).Ipv6AllowedForDualStack = false; }, findings: [/violation client-to-store Lab\/Worker/] },
  { name: 'fails where the cache has IPv4 addresses only', change: (r) => { r.Cache.Properties.NetworkType = 'ipv4'; }, findings: [/violation client-to-store Lab\/Worker/] },
  { name: 'fails where the network ACL of the cache is for IPv4', change: (r) => { Object.assign(r, acl('Isolated', [[0, 65535]], [[0, 65535]])); }, findings: [/violation client-to-store Lab\/Worker/] },
  {
    name: 'a rule for a group is for both families',
    change: (r) => {
      r.CacheGroup = securityGroup([], []);
      r.WorkerGroup = securityGroup([], []);
      r.Out = egressTo('WorkerGroup', 'CacheGroup', 6379);
      r.In = ingressFrom('CacheGroup', 'WorkerGroup', 6379);
      r.Worker.Properties.VpcConfig = { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('WorkerGroup')] };
    },
    findings: [],
  },
  {
    name: 'fails where one end has IPv6 only and the other IPv4 only',
    change: (r) => {
      Object.assign(r.Private0.Properties, { Ipv6Native: true, CidrBlock: undefined });
      r.Worker.Properties.VpcConfig = { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('WorkerGroup')], Ipv6AllowedForDualStack: true };
      r.Cache.Properties.NetworkType = 'ipv4';
    },
    findings: [/violation client-to-store Lab\/Worker: .*one of them has IPv4 addresses only, and the other IPv6 addresses only/],
  },
  {
    name: 'undecided where Amazon chooses the IPv6 addresses',
    change: (r) => { ['Private0', 'Private1'].forEach((id) => { r[id].Properties.Ipv6CidrBlock = { 'Fn::Select': [0, { 'Fn::GetAtt': ['Vpc', 'Ipv6CidrBlocks'] }] }; }); },
    findings: [/undecided client-to-store Lab\/Worker/],
  },
];

describeCases('two ends with IPv6 addresses', dualStack, cases);
