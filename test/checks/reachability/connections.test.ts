import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { att, backend, egressTo, groupOf, ingressFrom, ref, rule, securityGroup, subnets } from './lab';
import { describeCases, findingsOf, type Case, type Resources } from './support';
import { BackendCluster, BackendNetwork, DiscoveryNamespace, FargateApi, Posture, PrivatePostgres, RedisCache, SsmBastion } from '../../../src';

/** A second service, which is given the name of the API. */
function caller(r: Resources, url: unknown = 'http://api.backend.internal:8080/v1', tier = 'Private'): void {
  r.Namespace = { Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace', Properties: { Name: 'backend.internal', Vpc: ref('Vpc') } };
  r.Entry = { Type: 'AWS::ServiceDiscovery::Service', Properties: { Name: 'api', DnsConfig: { NamespaceId: att('Namespace', 'Id') } } };
  r.Api.Properties.ServiceRegistries = [{ RegistryArn: att('Entry', 'Arn'), ContainerPort: 8080 }];
  call(r, url, tier);
}

function call(r: Resources, url: unknown, tier = 'Private'): void {
  r.CallerGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]);
  r.CallerToApi = egressTo('CallerGroup', 'ApiGroup', 8080);
  r.ApiFromCaller = ingressFrom('ApiGroup', 'CallerGroup', 8080);
  r.Caller = {
    Type: 'AWS::Lambda::Function',
    Properties: { Environment: { Variables: { API_URL: url } }, VpcConfig: { SubnetIds: [ref(`${tier}0`)], SecurityGroupIds: [groupOf('CallerGroup')] } },
  };
}

function serviceConnect(r: Resources): void {
  r.Api.Properties.ServiceConnectConfiguration = { Enabled: true, Services: [{ PortName: 'service', ClientAliases: [{ DnsName: 'api.mesh', Port: 8080 }] }] };
  call(r, 'http://api.mesh:8080');
}

const CALLERS: Case[] = [
  { name: 'a caller reaches the service whose name it is given', change: (r) => caller(r), findings: [] },
  { name: 'fails without the rule of the service', change: (r) => { caller(r); delete r.ApiFromCaller; }, findings: [/violation caller-to-service Lab\/Caller: Lab\/Caller is given service Lab\/Api and does not reach it on TCP 8080: security group Lab\/ApiGroup has no ingress rule/] },
  { name: 'fails without the rule of the caller', change: (r) => { caller(r); delete r.CallerToApi; }, findings: [/violation caller-to-service Lab\/Caller: .*CallerGroup has no egress rule/] },
  { name: 'fails on the port that the URL names', change: (r) => caller(r, 'http://api.backend.internal:9090'), findings: [/violation caller-to-service Lab\/Caller: .*on TCP 9090/] },
  { name: 'fails on the port of the service where the URL names none', change: (r) => { caller(r, 'api.backend.internal'); delete r.ApiFromCaller; }, findings: [/violation caller-to-service .*on TCP 8080/] },
  { name: 'finds the name within a text that CloudFormation joins', change: (r) => { caller(r, { 'Fn::Join': ['', ['http://api.', 'backend.internal', ':8080']] }); delete r.ApiFromCaller; }, findings: [/violation caller-to-service/] },
  { name: 'another name that ends like it is another service', change: (r) => { caller(r, 'http://my-api.backend.internal:8080 http://api.backend.internal.example.com:1'); delete r.ApiFromCaller; delete r.CallerToApi; }, findings: [] },
  { name: 'a caller through Service Connect reaches the service', change: serviceConnect, findings: [] },
  { name: 'fails through Service Connect without the rule of the service', change: (r) => { serviceConnect(r); delete r.ApiFromCaller; }, findings: [/violation caller-to-service Lab\/Caller/] },
];

/** An instance of Session Manager, and a document that leads to the database. */
function tunnel(r: Resources, properties: Record<string, unknown> = { host: att('Db', 'Endpoint.Address'), portNumber: '5432' }): void {
  r.Role = {
    Type: 'AWS::IAM::Role',
    Properties: { Policies: [{ PolicyName: 'x', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: ['ssm:UpdateInstanceInformation', 'ssmmessages:*'], Resource: '*' }] } }] },
  };
  r.Profile = { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('Role')] } };
  r.BastionGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]);
  r.Bastion = { Type: 'AWS::EC2::Instance', Properties: { IamInstanceProfile: ref('Profile'), SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('BastionGroup')] } };
  r.BastionToDb = egressTo('BastionGroup', 'DbGroup', 5432);
  r.DbFromBastion = ingressFrom('DbGroup', 'BastionGroup', 5432);
  r.Tunnel = { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Session', Content: { sessionType: 'Port', properties: { type: 'LocalPortForwarding', ...properties } } } };
}

const TUNNELS: Case[] = [
  { name: 'an instance reaches the database to which a tunnel leads', change: (r) => tunnel(r), findings: [] },
  { name: 'fails without the rule of the database', change: (r) => { tunnel(r); delete r.DbFromBastion; }, findings: [/violation tunnel Lab\/Tunnel: tunnel Lab\/Tunnel leads to database Lab\/Db, which no instance of Session Manager reaches on TCP 5432: security group Lab\/DbGroup has no ingress/] },
  { name: 'fails without the rule of the bastion', change: (r) => { tunnel(r); delete r.BastionToDb; }, findings: [/violation tunnel Lab\/Tunnel: .*BastionGroup has no egress/] },
  { name: 'fails on the port that the document names', change: (r) => tunnel(r, { host: att('Db', 'Endpoint.Address'), portNumber: '5433' }), findings: [/violation tunnel Lab\/Tunnel: .*on TCP 5433/] },
  { name: 'fails to a service found by name', change: (r) => { tunnel(r, { host: 'api.backend.internal', portNumber: '8080' }); caller(r); }, findings: [/violation tunnel Lab\/Tunnel: tunnel Lab\/Tunnel leads to service Lab\/Api/] },
  { name: 'a host that nobody knows says nothing', change: (r) => tunnel(r, { host: 'db.example.com', portNumber: '5432' }), findings: [] },
  { name: 'a document for any host says nothing', change: (r) => tunnel(r, { portNumber: '{{ portNumber }}' }), findings: [] },
  {
    name: 'one of two bastions is enough',
    change: (r) => { tunnel(r); r.Second = { Type: 'AWS::EC2::Instance', Properties: { IamInstanceProfile: ref('Profile'), SubnetId: ref('Private0'), SecurityGroupIds: [groupOf('SecondGroup')] } }; r.SecondGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]); },
    findings: [],
  },
];

/** A second VPC, with a client whose group the database admits. */
function otherVpc(r: Resources): void {
  r.Other = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } };
  Object.assign(r, subnets('Far', ['10.1.0.0/24'], undefined, 'Other'));
  r.FarGroup = securityGroup([], [rule(5432, { DestinationSecurityGroupId: groupOf('DbGroup') })], 'Other');
  r.FarFunction = { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: [ref('Far0')], SecurityGroupIds: [groupOf('FarGroup')] } } };
  r.DbFromFar = ingressFrom('DbGroup', 'FarGroup', 5432);
}

const peering = (vpc: unknown, peer: unknown) => ({ Type: 'AWS::EC2::VPCPeeringConnection', Properties: { VpcId: vpc, PeerVpcId: peer } });

const GROUPS: Case[] = [
  {
    name: 'fails where rules name groups of another VPC',
    change: otherVpc,
    findings: [
      /violation group-of-other-vpc Lab\/FarGroup: a rule of security group Lab\/FarGroup names security group Lab\/DbGroup, and one is in VPC Lab\/Other, the other in VPC Lab\/Vpc/,
      /violation group-of-other-vpc Lab\/DbFromFar: a rule of security group Lab\/DbGroup names security group Lab\/FarGroup/,
    ],
  },
  { name: 'rules may name groups of a peered VPC', change: (r) => { otherVpc(r); r.Peering = peering(ref('Other'), ref('Vpc')); }, findings: [] },
  { name: 'fails where another VPC is peered', change: (r) => { otherVpc(r); r.Peering = peering(ref('Other'), 'vpc-0'); }, findings: [/group-of-other-vpc Lab\/FarGroup/, /group-of-other-vpc Lab\/DbFromFar/] },
  {
    name: 'leaves open whether an imported VPC is the one that is made here',
    change: (r) => { otherVpc(r); r.FarGroup.Properties.VpcId = 'vpc-0'; delete r.FarFunction; r.FarFunction = { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [groupOf('FarGroup')] } } }; },
    findings: [/undecided group-of-other-vpc Lab\/FarGroup: .*whether VPC 'vpc-0' and VPC Lab\/Vpc are one or peered is not known/, /undecided group-of-other-vpc Lab\/DbFromFar/],
  },
  {
    name: 'fails where an interface has a group of another VPC, peered or not',
    change: (r) => { r.Other = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } }; r.Peering = peering(ref('Other'), ref('Vpc')); r.ApiGroup.Properties.VpcId = ref('Other'); },
    findings: [/violation group-of-other-vpc Lab\/Api: Lab\/Api has security group Lab\/ApiGroup, and one is in VPC Lab\/Other, the other in VPC Lab\/Vpc/],
  },
  {
    name: 'an interface may have a group that is associated with its VPC',
    change: (r) => {
      r.Other = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } };
      r.Peering = peering(ref('Other'), ref('Vpc'));
      r.ApiGroup.Properties.VpcId = ref('Other');
      r.Association = { Type: 'AWS::EC2::SecurityGroupVpcAssociation', Properties: { GroupId: groupOf('ApiGroup'), VpcId: ref('Vpc') } };
    },
    findings: [],
  },
];

describeCases('callers of services', backend, CALLERS);
describeCases('tunnels', backend, TUNNELS);
describeCases('groups of other VPCs', backend, GROUPS);

/** A backend of this library with all these connections. */
function library(change: (parts: { stack: Stack; called: FargateApi; postgres: PrivatePostgres; bastion: SsmBastion }) => void, discovery = DiscoveryNamespace.privateDns('backend.internal')): string[] {
  const app = new App({ analyticsReporting: false });
  Posture.development().applyTo(app);
  const stack = new Stack(app, 'Backend');
  const { vpc } = new BackendNetwork(stack, 'Network');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: discovery });
  const image = ecs.ContainerImage.fromRegistry('registry.example.com/service@sha256:1');
  const called = new FargateApi(stack, 'Called', { cluster, image });
  new FargateApi(stack, 'Caller', { cluster, image, connectTo: [called] });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc });
  const bastion = new SsmBastion(stack, 'Bastion', { vpc });
  bastion.addTunnel('Postgres', { target: postgres });
  bastion.addTunnel('Cache', { target: new RedisCache(stack, 'Cache', { vpc }) });
  change({ stack, called, postgres, bastion });
  return findingsOf(app).filter((line) => /caller-to-service|tunnel|group-of-other-vpc/.test(line));
}

const removeRules = (construct: { readonly connections: ec2.Connections }, pattern: RegExp) => construct.connections.securityGroups
  .flatMap((group) => group.node.children.filter(({ node }) => pattern.test(node.id)).map(({ node }) => group.node.tryRemoveChild(node.id)));

describe('the connections of this library', () => {
  test.each([DiscoveryNamespace.privateDns('backend.internal'), DiscoveryNamespace.serviceConnect('backend.internal')])('hold', (discovery) => {
    expect(library(() => undefined, discovery)).toEqual([]);
  });

  test('fails where the rule for a caller is gone', () => {
    expect(library(({ called }) => removeRules(called, /Caller/))).toEqual([expect.stringMatching(/violation caller-to-service Backend\/Caller/)]);
  });

  test('fails where the rule for a tunnel is gone', () => {
    expect(library(({ postgres }) => removeRules(postgres, /Bastion/))).toEqual([expect.stringMatching(/violation tunnel Backend\/Bastion\/Tunnels\/Postgres/)]);
  });
});
