import { acl, att, awsvpc, backend, database, everyone, groupOf, network, NO_EGRESS, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

/** A database with an address in public subnets, which its group protects. */
function publicDatabase(r: Resources, ...ingress: unknown[]): void {
  Object.assign(r, database('Public', { PubliclyAccessible: true }));
  r.DbGroup = securityGroup(ingress, []);
}

const REACHED = /violation internet-to-store Lab\/Db: the internet reaches database Lab\/Db on TCP 5432 \(rules: TCP 5432 from 0\.0\.0\.0\/0\): the way is the internet gateway, a public IP address, ingress rules of security group Lab\/DbGroup/;
const ADVICE = /advice rule-any-source Lab\/DbGroup/;

const stores: Case[] = [
  { name: 'a database in isolated subnets is out of reach', change: () => {}, findings: [] },
  { name: 'fails where a database has an address, a route and an open group', change: (r) => publicDatabase(r, rule(5432, everyone)), findings: [REACHED, ADVICE] },
  { name: 'a public database that admits its clients only is out of reach', change: (r) => publicDatabase(r), findings: [] },
  {
    name: 'fails where a public database admits an office',
    change: (r) => publicDatabase(r, rule(5432, { CidrIp: '203.0.113.0/28' })),
    findings: [/violation internet-to-store Lab\/Db: .*TCP 5432 from 203\.0\.113\.0\/28/],
  },
  { name: 'a public database that admits private addresses is out of reach', change: (r) => publicDatabase(r, rule(5432, { CidrIp: '10.0.0.0/8' })), findings: [] },
  {
    name: 'fails where nothing says that a database in public subnets is private',
    change: (r) => { publicDatabase(r, rule(5432, everyone)); delete r.Db.Properties.PubliclyAccessible; },
    findings: [REACHED, ADVICE],
  },
  {
    name: 'an open database without a route is out of reach, and only its rule is a matter of advice',
    change: (r) => { r.DbGroup = securityGroup([rule(5432, everyone)], []); Object.assign(r, database('Isolated', { PubliclyAccessible: true })); },
    findings: [ADVICE],
  },
  {
    name: 'an open database is out of reach where a network ACL lets no answers out',
    change: (r) => { publicDatabase(r, rule(5432, everyone)); Object.assign(r, acl('Public', [[0, 65535]], [[443, 443], [1024, 65535, '10.0.0.0/8']])); },
    findings: [/violation listener Lab\/Listener: .*network ACL Lab\/PublicAcl lets no answers \(TCP 1024 to 65535\) out to the internet/, ADVICE],
  },
  {
    name: 'an IPv6 route alone does not reach a database with IPv4 addresses',
    change: (r) => { r.DbGroup = securityGroup([rule(5432, { CidrIpv6: '::/0' })], []); ipv6(r, 'Isolated'); Object.assign(r, database('Isolated')); },
    findings: [/advice rule-any-source Lab\/DbGroup/],
  },
  {
    name: 'fails where a dual-stack database is public by IPv6 alone',
    change: (r) => { publicDatabase(r, rule(5432, { CidrIpv6: '::/0' })); ipv6(r, 'Public'); r.Db.Properties.NetworkType = 'DUAL'; },
    findings: [/violation internet-to-store Lab\/Db: .*TCP 5432 from ::\/0/, ADVICE],
  },
  {
    name: 'fails where a broker has public addresses',
    change: (r) => {
      r.KafkaGroup = securityGroup([rule(9098, everyone)], []);
      r.Kafka = {
        Type: 'AWS::MSK::Cluster',
        Properties: {
          ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
          BrokerNodeGroupInfo: { ClientSubnets: [ref('Public0'), ref('Public1')], SecurityGroups: [groupOf('KafkaGroup')], ConnectivityInfo: { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } } },
        },
      };
    },
    findings: [/violation internet-to-store Lab\/Kafka: the internet reaches broker Lab\/Kafka on TCP 9098/, /advice rule-any-source Lab\/KafkaGroup/],
  },
  {
    name: 'fails where one instance of a cluster is public',
    change: (r) => {
      r.ClusterGroup = securityGroup([rule(3306, { CidrIp: '203.0.113.0/28' })], []);
      r.ClusterSubnets = { Type: 'AWS::RDS::DBSubnetGroup', Properties: { SubnetIds: [ref('Public0'), ref('Public1')] } };
      r.Cluster = { Type: 'AWS::RDS::DBCluster', Properties: { Engine: 'aurora-mysql', DBSubnetGroupName: ref('ClusterSubnets'), VpcSecurityGroupIds: [groupOf('ClusterGroup')] } };
      r.Writer = { Type: 'AWS::RDS::DBInstance', Properties: { DBClusterIdentifier: ref('Cluster'), PubliclyAccessible: false } };
      r.Reader = { Type: 'AWS::RDS::DBInstance', Properties: { DBClusterIdentifier: ref('Cluster'), PubliclyAccessible: true } };
    },
    findings: [/violation internet-to-store Lab\/Cluster: the internet reaches database Lab\/Cluster on TCP 3306/],
  },
  {
    name: 'a cache has no address on the internet',
    change: (r) => {
      r.CacheGroup = securityGroup([rule(6379, everyone)], []);
      r.CacheSubnets = { Type: 'AWS::ElastiCache::SubnetGroup', Properties: { SubnetIds: [ref('Public0')] } };
      r.Cache = { Type: 'AWS::ElastiCache::ReplicationGroup', Properties: { SecurityGroupIds: [groupOf('CacheGroup')], CacheSubnetGroupName: ref('CacheSubnets') } };
    },
    findings: [/advice rule-any-source Lab\/CacheGroup/],
  },
  {
    name: 'undecided where the group of a public database is not made in the app',
    change: (r) => { Object.assign(r, database('Public', { PubliclyAccessible: true, VPCSecurityGroups: ['sg-12345678'] })); },
    findings: [/undecided internet-to-store Lab\/Db: .*the rules of security group 'sg-12345678' are not known/, /violation client-to-store Lab\/Api: .*no egress rule for TCP 5432 to security group 'sg-12345678'/, /advice rule-unused Lab\/ApiToDb/, /advice group-unused Lab\/DbGroup/],
  },
  {
    name: 'undecided where the addresses that a public database admits are a parameter',
    change: (r) => publicDatabase(r, rule(5432, { CidrIp: { 'Fn::ImportValue': 'office' } })),
    findings: [/undecided internet-to-store Lab\/Db/],
  },
];

function ipv6(r: Resources, tier: string): void {
  r.Route6 = { Type: 'AWS::EC2::Route', Properties: { RouteTableId: ref(`${tier}Table`), DestinationIpv6CidrBlock: '::/0', GatewayId: ref('Gateway') } };
  [0, 1].forEach((index) => Object.assign(r[`${tier}${index}`].Properties, { Ipv6CidrBlock: `2001:db8:0:${index}::/64`, AssignIpv6AddressOnCreation: true }));
}

const services: Case[] = [
  {
    name: 'fails where tasks with a public IP address admit the internet',
    change: (r) => { r.Api.Properties.NetworkConfiguration = awsvpc('Public', 'ApiGroup', 'ENABLED'); r.ApiGroup = securityGroup([rule(8080, everyone)], [rule(443, everyone)]); },
    findings: [/violation internet-to-service Lab\/Api: the internet reaches tasks of Lab\/Api without a load balancer \(rules: TCP 8080 from 0\.0\.0\.0\/0\)/, /advice rule-any-source Lab\/ApiGroup/],
  },
  {
    name: 'tasks with a public IP address that admit the load balancer only are out of reach',
    change: (r) => { r.Api.Properties.NetworkConfiguration = awsvpc('Public', 'ApiGroup', 'ENABLED'); },
    findings: [],
  },
];

/** An instance in a public subnet. */
function instance(r: Resources, ingress: unknown[], properties: Record<string, unknown> = {}): void {
  r.MachineGroup = securityGroup(ingress, []);
  r.Machine = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Public0'), SecurityGroupIds: [groupOf('MachineGroup')], ...properties } };
}

const addressed = (r: Resources) => { r.Public0.Properties.MapPublicIpOnLaunch = true; };

const instances: Case[] = [
  {
    name: 'fails where SSH is open and the subnet gives addresses',
    change: (r) => { addressed(r); instance(r, [rule(22, everyone)]); },
    findings: [/violation internet-to-instance Lab\/Machine: the internet reaches instance Lab\/Machine \(rules: TCP 22 from 0\.0\.0\.0\/0\)/, /advice rule-any-source Lab\/MachineGroup/],
  },
  { name: 'open SSH without an address is out of reach', change: (r) => instance(r, [rule(22, everyone)]), findings: [/advice rule-any-source Lab\/MachineGroup/] },
  {
    name: 'fails where an Elastic IP is bound to an instance with open SSH',
    change: (r) => { instance(r, [rule(22, { CidrIp: '198.51.100.0/24' })]); r.Address = { Type: 'AWS::EC2::EIP', Properties: { InstanceId: ref('Machine') } }; },
    findings: [/violation internet-to-instance Lab\/Machine/],
  },
  { name: 'a web server is meant to be reached', change: (r) => { addressed(r); instance(r, [rule(80, everyone), rule(443, everyone)]); }, findings: [] },
  {
    name: 'fails where SSH is open by IPv6 alone',
    change: (r) => { ipv6(r, 'Public'); instance(r, [rule(22, { CidrIpv6: '::/0' })]); },
    findings: [/violation internet-to-instance Lab\/Machine: .*TCP 22 from ::\/0/, /advice rule-any-source Lab\/MachineGroup/],
  },
  {
    name: 'fails where every port is open to instances of a launch template',
    change: (r) => {
      r.MachineGroup = securityGroup([{ IpProtocol: '-1', ...everyone }], []);
      r.Template = { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: [groupOf('MachineGroup')] }] } } };
      r.Fleet = { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { VPCZoneIdentifier: [ref('Public0')], LaunchTemplate: { LaunchTemplateId: ref('Template'), Version: '1' } } };
    },
    findings: [/violation internet-to-instance Lab\/Fleet: .*all traffic from 0\.0\.0\.0\/0/, /advice rule-any-source Lab\/MachineGroup/, /advice rule-any-port Lab\/MachineGroup/],
  },
  {
    name: 'an instance without a group has the default one, which admits itself only',
    change: (r) => { addressed(r); instance(r, []); delete r.Machine.Properties.SecurityGroupIds; delete r.MachineGroup; },
    findings: [],
  },
  {
    name: 'fails where the default group of a VPC was opened',
    change: (r) => {
      addressed(r);
      instance(r, []);
      delete r.Machine.Properties.SecurityGroupIds;
      delete r.MachineGroup;
      r.Open = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: att('Vpc', 'DefaultSecurityGroup'), ...rule(3389, everyone) } };
    },
    findings: [/violation internet-to-instance Lab\/Machine: .*TCP 3389/, /advice rule-any-source Lab\/Open/],
  },
];

/** Groups of one VPC only, and the entry that says that nothing leaves. */
function empty(): Resources {
  const { Nat: _, PrivateRoute: __, ...rest } = network();
  return { ...rest, Group: { ...securityGroup([], [NO_EGRESS]) } };
}

describeCases('data stores and the internet', backend, stores);
describeCases('tasks and the internet', backend, services);
describeCases('instances and the internet', network, instances);
describeCases('a network without anything in it', empty, [{ name: 'a group that nothing has is a matter of advice', change: () => {}, findings: [/advice group-unused Lab\/Group: no interface in the templates has security group Lab\/Group/] }]);
