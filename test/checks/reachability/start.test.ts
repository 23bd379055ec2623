import { acl, awsvpc, backend, everyone, groupOf, ingressFrom, interfaceEndpoint, isolatedBackend, ref, rule, securityGroup, taskDefinition } from './lab';
import { describeCases, type Case, type Resources } from './support';

const NEVER_STARTS = [
  /violation task-image Lab\/Api: Lab\/Api cannot start: no way to ecr.api, ecr.dkr and s3 from subnets Lab\/Isolated0 and Lab\/Isolated1: its route table has no default route, and no endpoint for ecr.api, ecr.dkr and s3 is in the VPC/,
  /violation task-logs Lab\/Api: .* no endpoint for logs is in the VPC.*Add an interface endpoint \(InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS\)/,
  /violation task-secrets Lab\/Api: .* no endpoint for secretsmanager is in the VPC/,
];

const everything = (reason: RegExp) => ['image', 'logs', 'secrets'].map((what) => new RegExp(`violation task-${what} Lab/Api: Lab/Api cannot start: .*${reason.source}`));

const withNat: Case[] = [
  { name: 'a service behind a NAT gateway starts', change: () => {}, findings: [] },
  { name: 'fails in isolated subnets without endpoints', change: (r) => { r.Api.Properties.NetworkConfiguration = awsvpc('Isolated', 'ApiGroup'); }, findings: NEVER_STARTS },
  {
    name: 'fails in public subnets without a public IP address',
    change: (r) => { r.Api.Properties.NetworkConfiguration = awsvpc('Public', 'ApiGroup'); },
    findings: everything(/its default route leads to an internet gateway, and it has no public IP address/),
  },
  { name: 'a service in public subnets with a public IP address starts', change: (r) => { r.Api.Properties.NetworkConfiguration = awsvpc('Public', 'ApiGroup', 'ENABLED'); }, findings: [] },
  {
    name: 'fails where a subnet is associated with no route table',
    change: (r) => { delete r.PrivateAssociation1; },
    findings: everything(/from subnet Lab\/Private1: it is associated with no route table, and the main one of the VPC has no default route.*→ .*SubnetRouteTableAssociation/),
  },
  {
    name: 'fails where the NAT gateway stands in a private subnet',
    change: (r) => { r.Nat.Properties.SubnetId = ref('Isolated0'); },
    findings: everything(/NAT gateway Lab\/Nat, which stands in subnet Lab\/Isolated0: the route table of subnet Lab\/Isolated0 has no route to an internet gateway/),
  },
  { name: 'fails where the NAT gateway is a private one', change: (r) => { r.Nat.Properties.ConnectivityType = 'private'; }, findings: everything(/NAT gateway Lab\/Nat, which is private/) },
  {
    name: 'fails where the internet gateway is not attached',
    change: (r) => { delete r.Attachment; },
    findings: [...everything(/is not attached to Lab\/Vpc/), /violation listener Lab\/Listener: nobody on the internet reaches Lab\/Balancer on TCP 443: .*is not attached/],
  },
  {
    name: 'fails where the group of the service allows nothing out',
    change: (r) => { r.ApiGroup = securityGroup([], []); },
    findings: everything(/security group Lab\/ApiGroup has no egress rule for TCP 443 to the internet/),
  },
  {
    name: 'a group without any egress rule allows everything out',
    change: (r) => {
      delete r.ApiGroup.Properties.SecurityGroupEgress;
      Object.keys(r).filter((id) => r[id].Type === 'AWS::EC2::SecurityGroupEgress' && JSON.stringify(r[id].Properties.GroupId).includes('ApiGroup')).forEach((id) => delete r[id]);
    },
    findings: [],
  },
  {
    name: 'fails where a group has no egress rules of its own, and others stand alone: they take the first rule away',
    change: (r) => { delete r.ApiGroup.Properties.SecurityGroupEgress; },
    findings: everything(/security group Lab\/ApiGroup has no egress rule for TCP 443 to the internet/),
  },
  {
    name: 'fails where a network ACL lets no answers in',
    change: (r) => { Object.assign(r, acl('Private', [[8080, 8080]], [[0, 65535]])); },
    findings: [...everything(/network ACL Lab\/PrivateAcl lets no answers \(TCP 32768 to 60999\) in from the internet/), /violation client-to-store Lab\/Api: .*lets no answers/],
  },
  {
    name: 'fails where a network ACL lets in the ports of another operating system only',
    change: (r) => { Object.assign(r, acl('Private', [[8080, 8080], [49152, 65535]], [[0, 65535]])); },
    findings: [...everything(/lets only some of the answers \(TCP 32768 to 60999\) in from the internet/), /violation client-to-store Lab\/Api: .*lets only some of the answers/],
  },
  {
    name: 'fails where the network ACL of the NAT gateway lets nothing in from the private subnets',
    change: (r) => { Object.assign(r, acl('Public', [[443, 443, '192.168.0.0/16'], [1024, 65535]], [[0, 65535]])); },
    findings: [...everything(/network ACL Lab\/PublicAcl lets no TCP 443 in from subnet/), /violation listener Lab\/Listener: .*lets no TCP 443 in from the internet/],
  },
  {
    name: 'a network ACL that lets both directions through is no obstacle',
    change: (r) => { Object.assign(r, acl('Private', [[8080, 8080], [1024, 65535]], [[443, 443], [5432, 5432], [1024, 65535]])); },
    findings: [],
  },
  {
    name: 'an interface endpoint with a closed group stops tasks although a NAT gateway is there',
    change: (r) => { r.EndpointGroup = securityGroup([], []); r.Logs = interfaceEndpoint('logs'); },
    findings: [/violation task-logs Lab\/Api: .*the names of logs lead to interface endpoint Lab\/Logs, and security group Lab\/EndpointGroup has no ingress rule for TCP 443 from security group Lab\/ApiGroup/],
  },
  {
    name: 'undecided behind a transit gateway',
    change: (r) => { r.PrivateRoute.Properties = { RouteTableId: ref('PrivateTable'), DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId: 'tgw-1' }; delete r.Nat; },
    findings: ['image', 'logs', 'secrets'].map((what) => new RegExp(`undecided task-${what} Lab/Api: .*leads out by Lab/PrivateRoute, and what is behind it is in no template`)),
  },
  {
    name: 'undecided where the subnets are not made in the app, and blocked where the group is certain',
    change: (r) => { r.Api.Properties.NetworkConfiguration = { AwsvpcConfiguration: { Subnets: ['subnet-1'], SecurityGroups: [groupOf('ApiGroup')] } }; },
    findings: [
      ...['image', 'logs', 'secrets'].map((what) => new RegExp(`undecided task-${what} Lab/Api: .*'subnet-1' are not known: it is not made in this app`)),
      /undecided client-to-store Lab\/Api/, /undecided balancer-to-target Lab\/Api/,
    ],
  },
  {
    name: 'undecided where the only way out is IPv6',
    change: (r) => { ipv6Only(r); },
    findings: ['image', 'logs', 'secrets'].map((what) => new RegExp(`undecided task-${what} Lab/Api: .*there is a way out by IPv6`)),
  },
  {
    name: 'fails where a scheduled task cannot start',
    change: (r) => {
      r.Nightly = {
        Type: 'AWS::Events::Rule',
        Properties: { Targets: [{ EcsParameters: { LaunchType: 'FARGATE', TaskDefinitionArn: ref('ApiTask'), NetworkConfiguration: { AwsVpcConfiguration: { Subnets: [ref('Isolated0')], SecurityGroups: [groupOf('ApiGroup')] } } } }] },
      };
    },
    findings: [/violation task-image Lab\/Nightly/, /violation task-logs Lab\/Nightly/, /violation task-secrets Lab\/Nightly/],
  },
  {
    name: 'undecided where the task definition is in no template',
    change: (r) => { r.Api.Properties.TaskDefinition = 'api:7'; delete r.ApiTask; },
    findings: [/undecided task-image Lab\/Api: whether Lab\/Api can start is not known/],
  },
];

function ipv6Only(r: Resources): void {
  delete r.PrivateRoute;
  delete r.Nat;
  r.Out6 = { Type: 'AWS::EC2::EgressOnlyInternetGateway', Properties: { VpcId: ref('Vpc') } };
  r.Route6 = { Type: 'AWS::EC2::Route', Properties: { RouteTableId: ref('PrivateTable'), DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: ref('Out6') } };
  for (const id of ['Private0', 'Private1']) {
    Object.assign(r[id].Properties, { Ipv6CidrBlock: '2001:db8:1::/64', AssignIpv6AddressOnCreation: true });
  }
  (r.ApiGroup.Properties.SecurityGroupEgress as unknown[]).push(rule(443, { CidrIpv6: '::/0' }));
}

const natInstance = (r: Resources, check: boolean, publicIp = true): void => {
  delete r.Nat;
  r.NatGroup = securityGroup([{ IpProtocol: '-1', CidrIp: '10.0.0.0/16' }], [{ IpProtocol: '-1', ...everyone }]);
  r.NatInstance = {
    Type: 'AWS::EC2::Instance',
    Properties: { SourceDestCheck: check, NetworkInterfaces: [{ DeviceIndex: '0', SubnetId: ref('Public0'), GroupSet: [groupOf('NatGroup')], AssociatePublicIpAddress: publicIp }] },
  };
  r.PrivateRoute.Properties = { RouteTableId: ref('PrivateTable'), DestinationCidrBlock: '0.0.0.0/0', InstanceId: ref('NatInstance') };
};

const withNatInstance: Case[] = [
  { name: 'a service behind a NAT instance starts', change: (r) => natInstance(r, false), findings: [] },
  {
    name: 'fails behind an instance that drops packets for others',
    change: (r) => natInstance(r, true),
    findings: [...everything(/NAT instance Lab\/NatInstance, which drops packets that are not for itself.*sourceDestCheck/), /advice rule-any-port Lab\/NatGroup/],
  },
  { name: 'fails behind a NAT instance without a public IP address', change: (r) => natInstance(r, false, false), findings: everything(/NAT instance Lab\/NatInstance has no public IP address/) },
  {
    name: 'fails behind a NAT instance that does not admit the subnet',
    change: (r) => { natInstance(r, false); r.NatGroup = securityGroup([rule(443, { CidrIp: '10.0.11.0/24' })], [rule(443, everyone)]); },
    findings: everything(/from subnet Lab\/Private0: security group Lab\/NatGroup has no ingress rule for TCP 443 from subnet Lab\/Private0/),
  },
];

const byGroup: Case[] = [
  {
    name: 'fails behind a NAT instance that admits the group of another service in the same subnets',
    change: (r) => {
      natInstance(r, false);
      r.NatGroup = securityGroup([rule(443, { SourceSecurityGroupId: groupOf('ApiGroup') })], [rule(443, everyone)]);
      r.OtherGroup = securityGroup([], [rule(443, everyone)]);
      r.OtherTask = taskDefinition({ Secrets: [], Environment: [] });
      r.Other = { Type: 'AWS::ECS::Service', Properties: { LaunchType: 'FARGATE', TaskDefinition: ref('OtherTask'), NetworkConfiguration: awsvpc('Private', 'OtherGroup') } };
    },
    findings: ['image', 'logs'].map((what) => new RegExp(`violation task-${what} Lab/Other: .*security group Lab/NatGroup has no ingress rule for TCP 443`)),
  },
];

const isolated: Case[] = [
  { name: 'a service in isolated subnets with its endpoints starts', change: () => {}, findings: [] },
  { name: 'fails without the logs endpoint', change: (r) => { delete r.Logs; }, findings: [/violation task-logs Lab\/Api: .*no endpoint for logs is in the VPC/] },
  {
    name: 'fails where endpoints admit another group',
    change: (r) => { r.EndpointFromApi = ingressFrom('EndpointGroup', 'BalancerGroup', 443); },
    findings: everything(/security group Lab\/EndpointGroup has no ingress rule for TCP 443 from security group Lab\/ApiGroup/),
  },
  {
    name: 'fails where endpoints admit another port',
    change: (r) => { r.EndpointFromApi = ingressFrom('EndpointGroup', 'ApiGroup', 80); },
    findings: everything(/has no ingress rule for TCP 443/),
  },
  {
    name: 'fails where an endpoint names no group and the default one was closed',
    change: (r) => {
      r.Secrets = interfaceEndpoint('secretsmanager', { SecurityGroupIds: [] });
      r.Closed = { Type: 'Custom::VpcRestrictDefaultSG', Properties: { ServiceToken: 'arn', DefaultSecurityGroupId: att('Vpc') } };
    },
    findings: [/violation task-secrets Lab\/Api: .*the default security group of Lab\/Vpc has no ingress rule for TCP 443/],
  },
  {
    name: 'fails where private DNS is off',
    change: (r) => { r.EcrDkr = interfaceEndpoint('ecr.dkr', { PrivateDnsEnabled: false }); },
    findings: [/violation task-image Lab\/Api: .*endpoint Lab\/EcrDkr has no private DNS, so the names of ecr.dkr do not lead to it/],
  },
  {
    name: 'fails where the VPC gives no DNS host names',
    change: (r) => { r.Vpc.Properties.EnableDnsHostnames = false; },
    findings: everything(/has no names in Lab\/Vpc, where DNS support or DNS host names are off/),
  },
  { name: 'fails without the S3 gateway', change: (r) => { delete r.S3; }, findings: [/violation task-image Lab\/Api: .*no way to s3 .*no endpoint for s3 is in the VPC/] },
  {
    name: 'fails where the S3 gateway is in the route table of others',
    change: (r) => { r.S3.Properties.RouteTableIds = [ref('PrivateTable')]; },
    findings: [/violation task-image Lab\/Api: .*gateway endpoint Lab\/S3 is not in its route table/],
  },
  {
    name: 'fails where the policy of the S3 gateway leaves out the layers of ECR',
    change: (r) => { r.S3.Properties.PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::mine/*' }] }; },
    findings: [/violation task-image Lab\/Api: .*the policy of gateway endpoint Lab\/S3 does not allow s3:GetObject/],
  },
  {
    name: 'a policy with the layers of ECR is enough',
    change: (r) => { r.S3.Properties.PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*'] }] }; },
    findings: [],
  },
  {
    name: 'fails where the policy of an endpoint denies everything',
    change: (r) => { r.Secrets.Properties.PolicyDocument = { Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }, { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] }; },
    findings: [/violation task-secrets Lab\/Api: .*the policy of interface endpoint Lab\/Secrets does not allow secretsmanager:GetSecretValue/],
  },
  {
    name: 'fails where the group of the service reaches the VPC only, because S3 has public addresses',
    change: (r) => { r.ApiGroup = securityGroup([], [rule(443, { CidrIp: '10.0.0.0/16' })]); },
    findings: [/violation task-image Lab\/Api: .*no way to s3 .*security group Lab\/ApiGroup has no egress rule for TCP 443 to S3/],
  },
  {
    name: 'undecided where the group reaches a prefix list that AWS keeps',
    change: (r) => { r.ApiGroup = securityGroup([], [rule(443, { CidrIp: '10.0.0.0/16' }), rule(443, { DestinationPrefixListId: 'pl-6da54004' })]); },
    findings: [/undecided task-image Lab\/Api: .*allow TCP 443 to certain addresses only/],
  },
  {
    name: 'fails where the network ACL of endpoints lets no answers out',
    change: (r) => {
      Object.assign(r, acl('Private', [[443, 443]], [[443, 443]]));
      Object.assign(r, acl('Isolated', [[0, 65535]], [[0, 65535]]));
      ['EcrApi', 'EcrDkr', 'Logs', 'Secrets'].forEach((id) => { r[id].Properties.SubnetIds = [ref('Private0')]; });
    },
    findings: everything(/network ACL Lab\/PrivateAcl lets no answers \(TCP 32768 to 60999\) out to subnet Lab\/Isolated/),
  },
  {
    name: 'fails where an endpoint has no subnets',
    change: (r) => { r.Logs.Properties.SubnetIds = []; },
    findings: [/violation task-logs Lab\/Api: .*interface endpoint Lab\/Logs has no subnets/],
  },
  {
    name: 'fails where an image comes from a registry on the internet',
    change: (r) => { r.ApiTask = taskDefinition({ Image: 'nginx:1.29' }); },
    findings: [/violation task-image Lab\/Api: Lab\/Api cannot start: no way to the registry of nginx:1.29: from subnets Lab\/Isolated0 and Lab\/Isolated1: its route table has no default route/],
  },
  {
    name: 'fails where a secret is a parameter and only Secrets Manager has an endpoint',
    change: (r) => { r.ApiTask = taskDefinition({ Secrets: [{ Name: 'TOKEN', ValueFrom: 'arn:aws:ssm:eu-west-1:111111111111:parameter/token' }] }); },
    findings: [/violation task-secrets Lab\/Api: .*no endpoint for ssm is in the VPC/],
  },
  {
    name: 'fails where a secret is a parameter by its name',
    change: (r) => { r.ApiTask = taskDefinition({ Secrets: [{ Name: 'TOKEN', ValueFrom: '/app/token' }] }); },
    findings: [/violation task-secrets Lab\/Api: .*no endpoint for ssm is in the VPC/],
  },
  {
    name: 'a policy that denies under a condition gets the benefit of the doubt',
    change: (r) => {
      const condition = { StringNotEquals: { 'aws:PrincipalAccount': '111111111111' } };
      r.Secrets.Properties.PolicyDocument = { Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*', Condition: condition }, { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };
    },
    findings: [],
  },
  {
    name: 'fails where the policy of an endpoint allows another action only',
    change: (r) => { r.Logs.Properties.PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: ['logs:Describe*', 'logs:CreateLogStream'], Resource: '*' }] }; },
    findings: [/violation task-logs Lab\/Api: .*does not allow logs:PutLogEvents/],
  },
  { name: 'an endpoint of FIPS names counts as one', change: (r) => { r.Secrets = interfaceEndpoint('secretsmanager-fips'); }, findings: [] },
  {
    name: 'a task without log and secrets needs its image only',
    change: (r) => { r.ApiTask = taskDefinition({ LogConfiguration: undefined, Secrets: [] }); delete r.Logs; delete r.Secrets; },
    findings: [],
  },
];

function att(vpc: string) {
  return { 'Fn::GetAtt': [vpc, 'DefaultSecurityGroup'] };
}

describeCases('a task behind a NAT gateway', backend, withNat);
describeCases('a task behind a NAT instance', backend, [...withNatInstance, ...byGroup]);
describeCases('a task in isolated subnets', isolatedBackend, isolated);
