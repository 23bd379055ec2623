import { acl, att, awsvpc, backend, egressTo, groupOf, ingressFrom, ref, rule, securityGroup, subnets, taskDefinition } from './lab';
import { describeCases, type Case, type Resources } from './support';

const cannot = (client: string, reason: RegExp, port = 5432) => new RegExp(`violation client-to-store Lab/${client}: Lab/${client} is given .* and does not reach it on TCP ${port}: .*${reason.source}`);

/** A machine and a database that name no group. */
function inDefaultGroup(r: Resources): void {
  r.Machine = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Private0'), UserData: { 'Fn::Base64': att('Db', 'Endpoint.Address') } } };
  delete r.Db.Properties.VPCSecurityGroups;
  ['Api', 'ApiTask', 'ApiGroup', 'ApiFromBalancer', 'ApiToDb', 'DbGroup', 'DbFromApi', 'Balancer', 'BalancerGroup', 'BalancerToApi', 'Listener', 'Targets'].forEach((id) => delete r[id]);
}

const services: Case[] = [
  { name: 'a service reaches the database that it is given', change: () => {}, findings: [] },
  { name: 'fails where the database does not admit the service', change: (r) => { delete r.DbFromApi; }, findings: [cannot('Api', /security group Lab\/DbGroup has no ingress rule for TCP 5432 from security group Lab\/ApiGroup/)] },
  { name: 'fails where the service may not connect to the database', change: (r) => { delete r.ApiToDb; }, findings: [cannot('Api', /security group Lab\/ApiGroup has no egress rule for TCP 5432/)] },
  { name: 'fails where rules are for the port of another engine', change: (r) => { r.DbFromApi = ingressFrom('DbGroup', 'ApiGroup', 3306); }, findings: [cannot('Api', /has no ingress rule for TCP 5432/)] },
  { name: 'fails where the database listens on another port', change: (r) => { r.Db.Properties.Port = '5433'; }, findings: [cannot('Api', /has no egress rule for TCP 5433/, 5433)] },
  {
    name: 'a rule for the port of the database as its attribute fits',
    change: (r) => { Object.assign(r.DbFromApi.Properties, { FromPort: att('Db', 'Endpoint.Port'), ToPort: att('Db', 'Endpoint.Port') }); },
    findings: [],
  },
  {
    name: 'undecided where the port of a rule is a parameter',
    change: (r) => { Object.assign(r.DbFromApi.Properties, { FromPort: { 'Fn::ImportValue': 'port' }, ToPort: { 'Fn::ImportValue': 'port' } }); },
    findings: [/undecided client-to-store Lab\/Api/],
  },
  {
    name: 'fails where the network ACL of the database lets no answers out',
    change: (r) => { Object.assign(r, acl('Isolated', [[5432, 5432]], [[443, 443]])); },
    findings: [cannot('Api', /network ACL Lab\/IsolatedAcl lets no answers \(TCP 32768 to 60999\) out to subnet Lab\/Private0.*A network ACL keeps no state/)],
  },
  {
    name: 'fails where the network ACL of the database lets nobody in',
    change: (r) => { Object.assign(r, acl('Isolated', [[5432, 5432, '10.0.0.0/24']], [[1024, 65535]])); },
    findings: [cannot('Api', /network ACL Lab\/IsolatedAcl lets no TCP 5432 in from subnet Lab\/Private0/)],
  },
  {
    name: 'a rule for the range of a subnet admits what stands in it',
    change: (r) => { r.DbFromApi.Properties = { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.10.0/23' }) }; },
    findings: [],
  },
  {
    name: 'undecided where a rule is for a part of a subnet',
    change: (r) => {
      r.DbFromApi.Properties = { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.10.0/25' }) };
      r.Other = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.11.0/24' }) } };
    },
    findings: [/undecided client-to-store Lab\/Api: whether Lab\/Api, which is given database Lab\/Db, reaches it on TCP 5432 is not known: from subnet Lab\/Private0: the ingress rules of security group Lab\/DbGroup allow TCP 5432 from certain addresses only/],
  },
  {
    name: 'two rules for the halves of a subnet admit all of it',
    change: (r) => {
      r.DbFromApi.Properties = { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.10.0/25' }) };
      r.Rest = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.10.128/25' }) } };
      r.Other = { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf('DbGroup'), ...rule(5432, { CidrIp: '10.0.11.0/24' }) } };
    },
    findings: [],
  },
  {
    name: 'a group that admits itself joins its members',
    change: (r) => {
      r.Db.Properties.VPCSecurityGroups = [groupOf('ApiGroup')];
      delete r.DbGroup;
      delete r.DbFromApi;
      r.ApiToDb = egressTo('ApiGroup', 'ApiGroup', 5432);
      r.Self = ingressFrom('ApiGroup', 'ApiGroup', 5432);
    },
    findings: [],
  },
  {
    name: 'undecided where the group that the database admits is a parameter',
    change: (r) => { r.DbFromApi.Properties.SourceSecurityGroupId = { 'Fn::ImportValue': 'clients' }; },
    findings: [/undecided client-to-store Lab\/Api: .*ingress rules of security group Lab\/DbGroup/],
  },
  {
    name: 'fails where the database admits a group of another app',
    change: (r) => { r.DbFromApi.Properties.SourceSecurityGroupId = 'sg-12345678'; },
    findings: [cannot('Api', /has no ingress rule for TCP 5432 from security group Lab\/ApiGroup/)],
  },
  { name: 'what names no group has the default one, whose members reach each other', change: (r) => inDefaultGroup(r), findings: [] },
  {
    name: 'fails where what names no group is in the default one, and that was closed',
    change: (r) => { inDefaultGroup(r); r.Closed = { Type: 'Custom::VpcRestrictDefaultSG', Properties: { ServiceToken: 'arn', DefaultSecurityGroupId: att('Vpc', 'DefaultSecurityGroup') } }; },
    findings: [cannot('Machine', /the default security group of Lab\/Vpc has no egress rule for TCP 5432/)],
  },
  {
    name: 'any of several groups is enough',
    change: (r) => { r.Db.Properties.VPCSecurityGroups = [groupOf('Other'), groupOf('DbGroup')]; r.Other = securityGroup([], []); },
    findings: [],
  },
  {
    name: 'a customer-managed prefix list stands for its ranges',
    change: (r) => {
      r.List = { Type: 'AWS::EC2::PrefixList', Properties: { Entries: [{ Cidr: '10.0.10.0/24' }, { Cidr: '10.0.11.0/24' }] } };
      r.DbFromApi.Properties = { GroupId: groupOf('DbGroup'), ...rule(5432, { SourcePrefixListId: att('List', 'PrefixListId') }) };
    },
    findings: [],
  },
];

/** A function with the endpoint in its environment. */
function lambda(r: Resources, inVpc: boolean, HOST: unknown = att('Db', 'Endpoint.Address')): void {
  r.WorkerGroup = securityGroup([], []);
  r.Worker = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { HOST } }, VpcConfig: inVpc ? { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('WorkerGroup')] } : { Ref: 'AWS::NoValue' } } };
  if (!inVpc) {
    delete r.WorkerGroup;
  }
}

/** A function in a tier with a way to the database, and this in its environment. */
function reader(r: Resources, tier: string, secret: unknown): void {
  r.Reader = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { SECRET: secret } }, VpcConfig: { SubnetIds: [ref(`${tier}0`)], SecurityGroupIds: [groupOf('ApiGroup')] } } };
}

const secrets: Case[] = [
  { name: 'a function behind a NAT gateway reads the secret that it is given', change: (r) => reader(r, 'Private', att('Db', 'MasterUserSecret.SecretArn')), findings: [] },
  {
    name: 'a function in isolated subnets cannot read the secret of its database',
    change: (r) => reader(r, 'Isolated', att('Db', 'MasterUserSecret.SecretArn')),
    findings: [/advice function-to-secrets Lab\/Reader: Lab\/Reader is given the ARN of a secret and cannot read it: no way to secretsmanager from subnet Lab\/Isolated0: its route table has no default route/],
  },
  { name: 'a function in a public subnet cannot read a secret, because it never has an address', change: (r) => reader(r, 'Public', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:x-AbCdEf'), findings: [/advice function-to-secrets Lab\/Reader: .*a Lambda function never has a public IP address/] },
  { name: 'a secret that CloudFormation resolves needs no way', change: (r) => reader(r, 'Isolated', '{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111111111111:secret:x}}'), findings: [] },
  { name: 'a function without a secret needs no way to AWS', change: (r) => reader(r, 'Isolated', 'plain'), findings: [] },
];

const others: Case[] = [
  { name: 'fails where a function has no rules for its database', change: (r) => lambda(r, true), findings: [cannot('Worker', /security group Lab\/WorkerGroup has no egress rule/)] },
  {
    name: 'fails where a function is outside of the VPC of its database',
    change: (r) => lambda(r, false),
    findings: [cannot('Worker', /function Lab\/Worker is in no VPC, and from outside .*Give the function a VPC/)],
  },
  {
    name: 'a function outside that leaves connections to one inside needs none',
    change: (r) => {
      lambda(r, false);
      r.Inside = { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('ApiGroup')] } } };
      r.Worker.Properties.Environment = { Variables: { HOST: att('Db', 'Endpoint.Address'), INSIDE: ref('Inside') } };
    },
    findings: [],
  },
  {
    name: 'a function that knows the name of a server only needs no way to it',
    change: (r) => lambda(r, false, ref('Db')),
    findings: [],
  },
  {
    name: 'fails where a function has a secret that is attached to a database',
    change: (r) => {
      r.Secret = { Type: 'AWS::SecretsManager::Secret', Properties: {} };
      r.Attached = { Type: 'AWS::SecretsManager::SecretTargetAttachment', Properties: { SecretId: ref('Secret'), TargetId: ref('Db'), TargetType: 'AWS::RDS::DBInstance' } };
      lambda(r, true, ref('Secret'));
    },
    findings: [cannot('Worker', /WorkerGroup has no egress rule/), /advice function-to-secrets Lab\/Worker: .*security group Lab\/WorkerGroup has no egress rule for TCP 443/],
  },
  {
    name: 'fails where a custom resource was told of the database and a function is told by it',
    change: (r) => {
      r.User = { Type: 'Custom::User', Properties: { ServiceToken: 'arn', Server: att('Db', 'Endpoint.Address') } };
      lambda(r, true, { 'Fn::Join': ['', ['x', att('User', 'SecretArn')]] });
    },
    findings: [cannot('Worker', /WorkerGroup has no egress rule/)],
  },
  {
    name: 'fails where a custom resource runs a task that does not reach the database',
    change: (r) => {
      r.MigrateGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]);
      r.MigrateTask = taskDefinition({ Environment: [], Secrets: [] });
      r.Migrate = { Type: 'Custom::Migration', Properties: { ServiceToken: 'arn', TaskDefinition: ref('MigrateTask'), Subnets: [ref('Private0')], SecurityGroups: [groupOf('MigrateGroup')], AssignPublicIp: 'DISABLED', Database: { 'Fn::Join': ['', [att('Db', 'Endpoint.Address'), ':5432/app']] } } };
    },
    findings: [cannot('Migrate', /security group Lab\/MigrateGroup has no egress rule for TCP 5432/)],
  },
  {
    name: 'fails where the start script of an instance names a cache that it does not reach',
    change: (r) => {
      r.CacheGroup = securityGroup([], []);
      r.Cache = { Type: 'AWS::ElastiCache::ServerlessCache', Properties: { Engine: 'valkey', SubnetIds: [ref('Isolated0')], SecurityGroupIds: [groupOf('CacheGroup')] } };
      r.MachineGroup = securityGroup([], []);
      r.Machine = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('MachineGroup')], UserData: { 'Fn::Base64': { 'Fn::Sub': 'echo ${Cache.Endpoint.Address}' } } } };
    },
    findings: [cannot('Machine', /MachineGroup has no egress rule/, 6379)],
  },
  {
    name: 'fails where a proxy does not reach the database behind it',
    change: (r) => {
      r.ProxyGroup = securityGroup([], []);
      r.Proxy = { Type: 'AWS::RDS::DBProxy', Properties: { EngineFamily: 'POSTGRESQL', VpcSubnetIds: [ref('Isolated0')], VpcSecurityGroupIds: [groupOf('ProxyGroup')] } };
      r.ProxyTargets = { Type: 'AWS::RDS::DBProxyTargetGroup', Properties: { DBProxyName: ref('Proxy'), DBInstanceIdentifiers: [ref('Db')] } };
    },
    findings: [cannot('Proxy', /security group Lab\/ProxyGroup has no egress rule for TCP 5432 to security group Lab\/DbGroup/)],
  },
  {
    name: 'fails where a service is given a cluster by the endpoint of an instance of it',
    change: (r) => {
      r.ClusterGroup = securityGroup([], []);
      r.Cluster = { Type: 'AWS::RDS::DBCluster', Properties: { Engine: 'aurora-postgresql', Port: 5432, DBSubnetGroupName: ref('DbSubnets'), VpcSecurityGroupIds: [groupOf('ClusterGroup')] } };
      r.Member = { Type: 'AWS::RDS::DBInstance', Properties: { Engine: 'aurora-postgresql', DBClusterIdentifier: ref('Cluster'), PubliclyAccessible: false } };
      r.ApiTask = taskDefinition({ Environment: [{ Name: 'HOST', Value: att('Member', 'Endpoint.Address') }] });
    },
    findings: [cannot('Api', /to security group Lab\/ClusterGroup/)],
  },
];

/** A machine that is told of the database, beside it. */
function neighbour(r: Resources, subnet: string): void {
  r.DbSubnets.Properties.SubnetIds = [ref('Isolated0')];
  r.Machine = { Type: 'AWS::EC2::Instance', Properties: { SubnetId: ref(subnet), SecurityGroupIds: [groupOf('ApiGroup')], UserData: { 'Fn::Base64': att('Db', 'Endpoint.Address') } } };
  ['Api', 'ApiTask', 'Balancer', 'BalancerGroup', 'BalancerToApi', 'ApiFromBalancer', 'Listener', 'Targets'].forEach((id) => delete r[id]);
}

const neighbours: Case[] = [
  { name: 'packets within a subnet pass no network ACL', change: (r) => { neighbour(r, 'Isolated0'); Object.assign(r, acl('Isolated', [], [])); }, findings: [] },
  { name: 'fails where packets between two subnets pass one that lets nothing through', change: (r) => { neighbour(r, 'Isolated1'); Object.assign(r, acl('Isolated', [], [])); }, findings: [cannot('Machine', /network ACL Lab\/IsolatedAcl lets no TCP 5432 out to subnet Lab\/Isolated0/)] },
  { name: 'a network ACL lets the answers for Linux through', change: (r) => { neighbour(r, 'Private0'); Object.assign(r, acl('Isolated', [[5432, 5432]], [[32768, 60999]])); }, findings: [] },
  {
    name: 'the first entry that fits decides, by its number',
    change: (r) => {
      neighbour(r, 'Private0');
      Object.assign(r, acl('Isolated', [[5432, 5432]], [[32768, 60999]]));
      r.Deny = { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: ref('IsolatedAcl'), RuleNumber: 50, Protocol: -1, RuleAction: 'deny', Egress: false, CidrBlock: '10.0.10.0/24' } };
    },
    findings: [cannot('Machine', /network ACL Lab\/IsolatedAcl lets no TCP 5432 in from subnet Lab\/Private0/)],
  },
  {
    name: 'an entry of the default network ACL before the one that allows everything decides',
    change: (r) => {
      neighbour(r, 'Private0');
      r.Deny = { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: att('Vpc', 'DefaultNetworkAcl'), RuleNumber: 50, Protocol: -1, RuleAction: 'deny', Egress: true, CidrBlock: '10.0.10.0/24' } };
    },
    findings: [cannot('Machine', /the default network ACL of Lab\/Vpc lets no answers/)],
  },
  {
    name: 'an entry of the default network ACL behind the one that allows everything decides nothing',
    change: (r) => {
      neighbour(r, 'Private0');
      r.Deny = { Type: 'AWS::EC2::NetworkAclEntry', Properties: { NetworkAclId: att('Vpc', 'DefaultNetworkAcl'), RuleNumber: 150, Protocol: -1, RuleAction: 'deny', Egress: true, CidrBlock: '10.0.10.0/24' } };
    },
    findings: [],
  },
];

/** The service in a VPC of its own, peered with that of the database or not. */
function twoVpcs(r: Resources, there: boolean, back: boolean): void {
  Object.assign(r, {
    Other: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16', EnableDnsHostnames: true } },
    Door: { Type: 'AWS::EC2::InternetGateway', Properties: {} },
    DoorAttached: { Type: 'AWS::EC2::VPCGatewayAttachment', Properties: { VpcId: ref('Other'), InternetGatewayId: ref('Door') } },
    ...subnets('Far', ['10.1.0.0/24', '10.1.1.0/24'], { GatewayId: ref('Door') }, 'Other'),
    Peering: { Type: 'AWS::EC2::VPCPeeringConnection', Properties: { VpcId: ref('Other'), PeerVpcId: ref('Vpc') } },
    ApiGroup: securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })], 'Other'),
  });
  for (const id of ['Balancer', 'BalancerGroup', 'BalancerToApi', 'ApiFromBalancer', 'Listener', 'Targets', 'Nat', 'PrivateRoute']) {
    delete r[id];
  }
  r.Api.Properties = { ...r.Api.Properties, LoadBalancers: [], NetworkConfiguration: awsvpc('Far', 'ApiGroup', 'ENABLED') };
  if (there) {
    r.There = { Type: 'AWS::EC2::Route', Properties: { RouteTableId: ref('FarTable'), DestinationCidrBlock: '10.0.0.0/16', VpcPeeringConnectionId: ref('Peering') } };
  }
  if (back) {
    r.Back = { Type: 'AWS::EC2::Route', Properties: { RouteTableId: ref('IsolatedTable'), DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId: ref('Peering') } };
  }
}

const peering: Case[] = [
  { name: 'fails between two VPCs without a route', change: (r) => twoVpcs(r, false, false), findings: [cannot('Api', /are in different VPCs, and the route table of Lab\/Far0 has no route to Lab\/Vpc/)] },
  { name: 'fails between two VPCs with a route in one direction', change: (r) => twoVpcs(r, true, false), findings: [cannot('Api', /the route table of Lab\/Isolated0 has no route to Lab\/Other/)] },
  { name: 'a peering connection with routes in both directions joins two VPCs', change: (r) => twoVpcs(r, true, true), findings: [] },
];

/** Files with a mount target in each isolated subnet, which the service mounts by an access point. */
function mountFiles(r: Resources): void {
  Object.assign(r, {
    Files: { Type: 'AWS::EFS::FileSystem', Properties: { Encrypted: true } },
    FilesGroup: securityGroup([], []),
    ...Object.fromEntries([0, 1].map((zone) => [`Mount${zone}`, { Type: 'AWS::EFS::MountTarget', Properties: { FileSystemId: ref('Files'), SubnetId: ref(`Isolated${zone}`), SecurityGroups: [groupOf('FilesGroup')] } }])),
    Point: { Type: 'AWS::EFS::AccessPoint', Properties: { FileSystemId: ref('Files') } },
    ApiToFiles: egressTo('ApiGroup', 'FilesGroup', 2049),
    FilesFromApi: ingressFrom('FilesGroup', 'ApiGroup', 2049),
  });
  r.ApiTask.Properties.Volumes = [{ Name: 'files', EFSVolumeConfiguration: { FilesystemId: ref('Files'), AuthorizationConfig: { AccessPointId: att('Point', 'AccessPointId') } } }];
}

const files: Case[] = [
  { name: 'a service reaches the files that it mounts', change: mountFiles, findings: [] },
  {
    name: 'fails where the mount targets do not admit the service',
    change: (r) => { mountFiles(r); delete r.FilesFromApi; },
    findings: [0, 1].map((zone) => new RegExp(`violation client-to-store Lab/Api: Lab/Api is given file system Lab/Mount${zone} and does not reach it on TCP 2049: .*FilesGroup has no ingress rule for TCP 2049`)),
  },
  {
    name: 'fails where a function that mounts an access point may not connect to it',
    change: (r) => {
      mountFiles(r);
      delete r.ApiTask.Properties.Volumes;
      r.Function = { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: [ref('Private0')], SecurityGroupIds: [groupOf('FunctionGroup')] }, FileSystemConfigs: [{ Arn: att('Point', 'Arn'), LocalMountPath: '/mnt/a' }] } };
      r.FunctionGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]);
    },
    findings: [0, 1].map((zone) => new RegExp(`Lab/Function is given file system Lab/Mount${zone} and does not reach it on TCP 2049: .*Lab/FunctionGroup has no egress rule`)),
  },
  {
    name: 'warns where mount targets admit every address',
    change: (r) => {
      mountFiles(r);
      r.FilesGroup = securityGroup([rule(2049, { CidrIp: '0.0.0.0/0' })], []);
    },
    findings: [/rule-any-source .*TCP 2049 from 0\.0\.0\.0\/0 admits every address, and Lab\/FilesGroup/],
  },
];

describeCases('a service and its files', backend, files);
describeCases('a service and its database', backend, services);
describeCases('a function and its secret', backend, secrets);
describeCases('everything else that is given a database', backend, others);
describeCases('a service and a database in two VPCs', backend, peering);
describeCases('a machine and a database, and the network ACLs between them', backend, neighbours);
