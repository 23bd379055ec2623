import { backend, egressTo, everyone, groupOf, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

const cases: Case[] = [
  { name: 'a backend with the rules that it needs', change: () => {}, findings: [] },
  { name: 'a group that nothing has is a matter of advice', change: (r) => { r.Old = securityGroup([], []); }, findings: [/advice group-unused Lab\/Old: no interface in the templates has security group Lab\/Old/] },
  {
    name: 'a group that something unknown mentions is in use',
    change: (r) => { r.Old = securityGroup([], []); r.Thing = { Type: 'AWS::Batch::ComputeEnvironment', Properties: { ComputeResources: { SecurityGroupIds: [groupOf('Old')] } } }; },
    findings: [],
  },
  {
    name: 'a rule for a group that nothing has is a matter of advice',
    change: (r) => { r.Old = securityGroup([], []); r.ToOld = egressTo('ApiGroup', 'Old', 6379); },
    findings: [/advice group-unused Lab\/Old/, /advice rule-unused Lab\/ToOld: the egress rule for TCP 6379 to Lab\/Old allows nothing, because no interface/],
  },
  {
    name: 'a rule without peer is a matter of advice',
    change: (r) => { (r.ApiGroup.Properties.SecurityGroupIngress as unknown[]).push(rule(9000, {})); },
    findings: [/advice rule-nothing Lab\/ApiGroup: the ingress rule for TCP 9000 names no address, group or list/],
  },
  {
    name: 'ports in the wrong order are a matter of advice',
    change: (r) => { (r.ApiGroup.Properties.SecurityGroupIngress as unknown[]).push(rule(9000, { CidrIp: '10.0.0.0/16' }, 8000)); },
    findings: [/advice rule-nothing Lab\/ApiGroup: .*ends before it begins/],
  },
  {
    name: 'every address for a private service is a matter of advice',
    change: (r) => { (r.ApiGroup.Properties.SecurityGroupIngress as unknown[]).push(rule(8080, everyone)); },
    findings: [/advice rule-any-source Lab\/ApiGroup: the ingress rule for TCP 8080 from 0\.0\.0\.0\/0 admits every address, and Lab\/ApiGroup is the group of Lab\/Api/],
  },
  {
    name: 'every address for an internal load balancer is a matter of advice',
    change: (r) => { r.Balancer.Properties.Scheme = 'internal'; },
    findings: [/advice rule-any-source Lab\/BalancerGroup/],
  },
  {
    name: 'every port for others is a matter of advice',
    change: (r) => { (r.ApiGroup.Properties.SecurityGroupIngress as unknown[]).push({ IpProtocol: '-1', CidrIp: '10.0.0.0/16' }); },
    findings: [/advice rule-any-port Lab\/ApiGroup: the ingress rule for all traffic from 10\.0\.0\.0\/16 of Lab\/ApiGroup admits its peer on every port/],
  },
  {
    name: 'every TCP port for another group is a matter of advice',
    change: (r) => { (r.DbGroup.Properties.SecurityGroupIngress as unknown[]).push(rule(0, { SourceSecurityGroupId: groupOf('ApiGroup') }, 65535)); },
    findings: [/advice rule-any-port Lab\/DbGroup: the ingress rule for TCP on all ports from Lab\/ApiGroup/],
  },
  {
    name: 'members of one group may trust each other',
    change: (r) => { r.Trust = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('DbGroup'), IpProtocol: '-1', SourceSecurityGroupId: groupOf('DbGroup') } }; },
    findings: [],
  },
  {
    name: 'a port that no listener listens on is a matter of advice',
    change: (r) => { (r.BalancerGroup.Properties.SecurityGroupIngress as unknown[]).push(rule(8443, everyone)); },
    findings: [/advice rule-without-listener Lab\/BalancerGroup: the ingress rule for TCP 8443/],
  },
  {
    name: 'a NAT instance takes packets of the network on every port',
    change: (r: Resources) => {
      r.NatGroup = securityGroup([{ IpProtocol: '-1', CidrIp: '10.0.0.0/16' }], [{ IpProtocol: '-1', ...everyone }]);
      r.NatInstance = { Type: 'AWS::EC2::Instance', Properties: { SourceDestCheck: false, SubnetId: ref('Public0'), SecurityGroupIds: [groupOf('NatGroup')] } };
    },
    findings: [],
  },
];

describeCases('rules that allow nothing or more than needed', backend, cases);
