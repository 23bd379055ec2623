import { acl, awsvpc, backend, everyone, groupOf, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

const balanced: Case[] = [
  { name: 'a load balancer reaches its service', change: () => {}, findings: [] },
  {
    name: 'fails where the load balancer may not connect to the service',
    change: (r) => { delete r.BalancerToApi; },
    findings: [/violation balancer-to-target Lab\/Api: load balancer Lab\/Balancer does not reach Lab\/Api on TCP 8080: from subnets Lab\/Public0 and Lab\/Public1: security group Lab\/BalancerGroup has no egress rule for TCP 8080 to security group Lab\/ApiGroup\. → Add an egress rule/],
  },
  {
    name: 'fails where the service does not admit the load balancer',
    change: (r) => { delete r.ApiFromBalancer; },
    findings: [/violation balancer-to-target Lab\/Api: .*security group Lab\/ApiGroup has no ingress rule for TCP 8080 from security group Lab\/BalancerGroup/],
  },
  {
    name: 'fails where rules are for the port of the target group and not for that of the container',
    change: (r) => { r.BalancerToApi.Properties.ToPort = 80; r.BalancerToApi.Properties.FromPort = 80; },
    findings: [/violation balancer-to-target Lab\/Api: .*no egress rule for TCP 8080/],
  },
  {
    name: 'fails where the health-check port is another and closed',
    change: (r) => { r.Targets.Properties.HealthCheckPort = '9000'; },
    findings: [/violation balancer-to-target Lab\/Api: load balancer Lab\/Balancer does not reach Lab\/Api on its health-check port, TCP 9000/],
  },
  {
    name: 'fails where a network ACL lets the answers of the service out to a part of the ports',
    change: (r) => { Object.assign(r, acl('Private', [[8080, 8080], [1024, 65535]], [[443, 443], [5432, 5432], [32768, 65535]])); },
    findings: [/violation balancer-to-target Lab\/Api: .*network ACL Lab\/PrivateAcl lets only some of the answers \(TCP 1024 to 65535\) out to subnet Lab\/Public0/],
  },
  {
    name: 'undecided where tasks use the network of their instances',
    change: (r) => {
      delete r.Api.Properties.NetworkConfiguration;
      r.Api.Properties.LaunchType = 'EC2';
    },
    findings: [/undecided balancer-to-target Lab\/Api: .*use the network of the instances/, /advice group-unused Lab\/ApiGroup/, /advice rule-unused Lab\/BalancerToApi/, /advice rule-unused Lab\/DbFromApi/],
  },
  {
    name: 'fails where an internet-facing load balancer stands in private subnets',
    change: (r) => { r.Balancer.Properties.Subnets = [ref('Private0'), ref('Private1')]; },
    findings: [/violation listener Lab\/Listener: nobody on the internet reaches Lab\/Balancer on TCP 443: the route table of subnet Lab\/Private0 has no route to an internet gateway/],
  },
  {
    name: 'fails where nobody is admitted to the port of a listener',
    change: (r) => { r.BalancerGroup = securityGroup([rule(80, everyone)], []); },
    findings: [/violation listener Lab\/Listener: .*security group Lab\/BalancerGroup has no ingress rule for TCP 443 from the internet/, /advice rule-without-listener Lab\/BalancerGroup: the ingress rule for TCP 80 from 0\.0\.0\.0\/0 is for a port on which no listener of Lab\/Balancer listens/],
  },
  { name: 'a load balancer for an office is reached by someone', change: (r) => { r.BalancerGroup = securityGroup([rule(443, { CidrIp: '203.0.113.0/28' })], []); }, findings: [] },
  { name: 'a load balancer for a prefix list of AWS is reached by someone', change: (r) => { r.BalancerGroup = securityGroup([rule(443, { SourcePrefixListId: 'pl-3b927c52' })], []); }, findings: [] },
  {
    name: 'an internal load balancer needs no internet, and may stand anywhere',
    change: (r) => { Object.assign(r.Balancer.Properties, { Scheme: 'internal', Subnets: [ref('Isolated0')] }); r.BalancerGroup = securityGroup([rule(443, { CidrIp: '10.0.0.0/16' })], []); },
    findings: [],
  },
  {
    name: 'a listener rule forwards as its listener does',
    change: (r) => {
      r.Listener.Properties.DefaultActions = [{ Type: 'fixed-response' }];
      r.Rule = { Type: 'AWS::ElasticLoadBalancingV2::ListenerRule', Properties: { ListenerArn: ref('Listener'), Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: ref('Targets') }] } }] } };
      delete r.BalancerToApi;
    },
    findings: [/violation balancer-to-target Lab\/Api/],
  },
];

/** The load balancer as one of layer 4, without a group. */
function networkBalancer(): Resources {
  const r = backend();
  Object.assign(r.Balancer.Properties, { Type: 'network', SecurityGroups: undefined });
  Object.assign(r.Targets.Properties, { Protocol: 'TCP' });
  Object.assign(r.Listener.Properties, { Protocol: 'TCP' });
  delete r.BalancerGroup;
  delete r.BalancerToApi;
  delete r.ApiFromBalancer;
  r.ApiFromNetwork = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('ApiGroup'), ...rule(8080, { CidrIp: '10.0.0.0/23' }) } };
  return r;
}

const fourth: Case[] = [
  { name: 'a network load balancer reaches a service that admits its subnets', change: () => {}, findings: [] },
  {
    name: 'fails where the service does not admit the subnets of the balancer',
    change: (r) => { r.ApiFromNetwork.Properties.CidrIp = '10.0.0.0/24'; },
    findings: [/violation balancer-to-target Lab\/Api: .*from subnet Lab\/Public1: security group Lab\/ApiGroup has no ingress rule for TCP 8080 from subnet Lab\/Public1/],
  },
  {
    name: 'fails where the addresses of clients are handed on and not admitted',
    change: (r) => { r.Targets.Properties.TargetGroupAttributes = [{ Key: 'preserve_client_ip.enabled', Value: 'true' }]; },
    findings: [/violation balancer-to-target Lab\/Api: .*no ingress rule for TCP 8080 from the clients of the load balancer/],
  },
  {
    name: 'a service that sees the addresses of clients admits everyone on purpose',
    change: (r) => { r.Targets.Properties.TargetGroupAttributes = [{ Key: 'preserve_client_ip.enabled', Value: 'true' }]; r.ApiFromNetwork.Properties.CidrIp = '0.0.0.0/0'; },
    findings: [],
  },
];

/** Instances as targets. */
const machines: Case[] = [
  {
    name: 'fails where an instance of a target group does not admit the load balancer',
    change: (r) => {
      r.MachineGroup = securityGroup([], []);
      r.Machine = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('MachineGroup')] } };
      Object.assign(r.Targets.Properties, { TargetType: 'instance', Targets: [{ Id: ref('Machine'), Port: 8081 }] });
    },
    findings: [/violation balancer-to-target Lab\/Machine: load balancer Lab\/Balancer does not reach Lab\/Machine on TCP 8081/],
  },
  {
    name: 'fails where a fleet does not admit the load balancer',
    change: (r) => {
      r.MachineGroup = securityGroup([], []);
      r.Configuration = { Type: 'AWS::AutoScaling::LaunchConfiguration', Properties: { SecurityGroups: [groupOf('MachineGroup')] } };
      r.Fleet = { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { VPCZoneIdentifier: [ref('Private0')], LaunchConfigurationName: ref('Configuration'), TargetGroupARNs: [ref('Targets')] } };
    },
    findings: [/violation balancer-to-target Lab\/Fleet: .*TCP 80/],
  },
  { name: 'two services behind one load balancer', change: (r) => { r.Second = { ...r.Api, Properties: { ...r.Api.Properties, NetworkConfiguration: awsvpc('Private', 'ApiGroup') } }; }, findings: [] },
];

describeCases('an application load balancer', backend, balanced);
describeCases('a network load balancer', networkBalancer, fourth);
describeCases('instances as targets', backend, machines);
