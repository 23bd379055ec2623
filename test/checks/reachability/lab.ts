import type { Resources } from './support';

/** Puts a mistake into resources. */
export type LabChange = (resources: Resources) => void;

export const ref = (Ref: string) => ({ Ref });
export const att = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
export const groupOf = (id: string) => att(id, 'GroupId');
export const rule = (port: number, peer: Record<string, unknown>, to = port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: to, ...peer });
export const everyone = { CidrIp: '0.0.0.0/0' };
/** What CDK writes where a group allows nothing out. */
export const NO_EGRESS = { CidrIp: '255.255.255.255/32', IpProtocol: 'icmp', FromPort: 252, ToPort: 86, Description: 'Disallow all traffic' };

export function securityGroup(ingress: unknown[], egress: unknown[], vpc = 'Vpc') {
  return { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'test', VpcId: ref(vpc), SecurityGroupIngress: ingress, SecurityGroupEgress: egress.length === 0 ? [NO_EGRESS] : egress } };
}

export function ingressFrom(group: string, peer: string, port: number) {
  return { Type: 'AWS::EC2::SecurityGroupIngress', Properties: { GroupId: groupOf(group), IpProtocol: 'tcp', FromPort: port, ToPort: port, SourceSecurityGroupId: groupOf(peer) } };
}

export function egressTo(group: string, peer: string, port: number) {
  return { Type: 'AWS::EC2::SecurityGroupEgress', Properties: { GroupId: groupOf(group), IpProtocol: 'tcp', FromPort: port, ToPort: port, DestinationSecurityGroupId: groupOf(peer) } };
}

/** Subnet, table and association by the names of a tier. */
export function subnets(tier: string, blocks: readonly string[], route?: Record<string, unknown>, vpc = 'Vpc'): Resources {
  const table: Resources = { [`${tier}Table`]: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref(vpc) } } };
  if (route !== undefined) {
    table[`${tier}Route`] = { Type: 'AWS::EC2::Route', Properties: { RouteTableId: ref(`${tier}Table`), DestinationCidrBlock: '0.0.0.0/0', ...route } };
  }
  return Object.assign(table, ...blocks.map((CidrBlock, index) => ({
    [`${tier}${index}`]: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref(vpc), CidrBlock, AvailabilityZone: `eu-west-1${'abc'[index]}` } },
    [`${tier}Association${index}`]: { Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: { SubnetId: ref(`${tier}${index}`), RouteTableId: ref(`${tier}Table`) } },
  }))) as Resources;
}

export function network(): Resources {
  return {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', EnableDnsSupport: true, EnableDnsHostnames: true } },
    Gateway: { Type: 'AWS::EC2::InternetGateway', Properties: {} },
    Attachment: { Type: 'AWS::EC2::VPCGatewayAttachment', Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('Gateway') } },
    Nat: { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: ref('Public0'), AllocationId: 'eipalloc-1' } },
    ...subnets('Public', ['10.0.0.0/24', '10.0.1.0/24'], { GatewayId: ref('Gateway') }),
    ...subnets('Private', ['10.0.10.0/24', '10.0.11.0/24'], { NatGatewayId: ref('Nat') }),
    ...subnets('Isolated', ['10.0.20.0/24', '10.0.21.0/24']),
  };
}

/** A task definition whose image is in ECR, with a log and a secret of the database. */
export function taskDefinition(container: Record<string, unknown> = {}) {
  return {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      ContainerDefinitions: [{
        Name: 'main',
        Image: '111111111111.dkr.ecr.eu-west-1.amazonaws.com/api:1',
        LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-group': 'api', 'awslogs-region': ref('AWS::Region') } },
        Secrets: [{ Name: 'PASSWORD', ValueFrom: { 'Fn::Join': ['', [att('Db', 'MasterUserSecret.SecretArn'), ':password::']] } }],
        Environment: [{ Name: 'HOST', Value: att('Db', 'Endpoint.Address') }],
        ...container,
      }],
    },
  };
}

export function awsvpc(tier: string, group: string, AssignPublicIp = 'DISABLED') {
  return { AwsvpcConfiguration: { AssignPublicIp, Subnets: [ref(`${tier}0`), ref(`${tier}1`)], SecurityGroups: [groupOf(group)] } };
}

export function database(tier: string, properties: Record<string, unknown> = {}): Resources {
  return {
    DbSubnets: { Type: 'AWS::RDS::DBSubnetGroup', Properties: { SubnetIds: [ref(`${tier}0`), ref(`${tier}1`)] } },
    Db: {
      Type: 'AWS::RDS::DBInstance',
      Properties: { Engine: 'postgres', PubliclyAccessible: false, DBSubnetGroupName: ref('DbSubnets'), VPCSecurityGroups: [groupOf('DbGroup')], ManageMasterUserPassword: true, ...properties },
    },
  };
}

/** A backend as it should be: a balancer in public subnets, a service in private ones, a database in isolated ones. */
export function backend(): Resources {
  return {
    ...network(),
    BalancerGroup: securityGroup([rule(443, everyone)], []),
    BalancerToApi: egressTo('BalancerGroup', 'ApiGroup', 8080),
    Balancer: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Scheme: 'internet-facing', Subnets: [ref('Public0'), ref('Public1')], SecurityGroups: [groupOf('BalancerGroup')] } },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: { LoadBalancerArn: ref('Balancer'), Port: 443, Protocol: 'HTTPS', DefaultActions: [{ Type: 'forward', TargetGroupArn: ref('Targets') }] },
    },
    Targets: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { VpcId: ref('Vpc'), Port: 80, Protocol: 'HTTP', TargetType: 'ip' } },
    ApiGroup: securityGroup([], [rule(443, everyone)]),
    ApiFromBalancer: ingressFrom('ApiGroup', 'BalancerGroup', 8080),
    ApiToDb: egressTo('ApiGroup', 'DbGroup', 5432),
    ApiTask: taskDefinition(),
    Api: {
      Type: 'AWS::ECS::Service',
      Properties: { LaunchType: 'FARGATE', TaskDefinition: ref('ApiTask'), NetworkConfiguration: awsvpc('Private', 'ApiGroup'), LoadBalancers: [{ TargetGroupArn: ref('Targets'), ContainerName: 'main', ContainerPort: 8080 }] },
    },
    DbGroup: securityGroup([], []),
    DbFromApi: ingressFrom('DbGroup', 'ApiGroup', 5432),
    ...database('Isolated'),
  };
}

const SERVICES = { EcrApi: 'ecr.api', EcrDkr: 'ecr.dkr', Logs: 'logs', Secrets: 'secretsmanager' };

export function interfaceEndpoint(service: string, properties: Record<string, unknown> = {}) {
  return {
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: {
      VpcId: ref('Vpc'),
      VpcEndpointType: 'Interface',
      ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', ref('AWS::Region'), `.${service}`]] },
      PrivateDnsEnabled: true,
      SubnetIds: [ref('Isolated0'), ref('Isolated1')],
      SecurityGroupIds: [groupOf('EndpointGroup')],
      ...properties,
    },
  };
}

/** The same backend with its service in isolated subnets and every endpoint that it needs. */
export function isolatedBackend(): Resources {
  const resources: Resources = {
    ...backend(),
    EndpointGroup: securityGroup([], []),
    EndpointFromApi: ingressFrom('EndpointGroup', 'ApiGroup', 443),
    S3: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: { VpcId: ref('Vpc'), VpcEndpointType: 'Gateway', ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', ref('AWS::Region'), '.s3']] }, RouteTableIds: [ref('IsolatedTable')] },
    },
  };
  Object.entries(SERVICES).forEach(([id, service]) => {
    resources[id] = interfaceEndpoint(service);
  });
  resources.Api.Properties.NetworkConfiguration = awsvpc('Isolated', 'ApiGroup');
  return resources;
}

/** A network ACL for the subnets of a tier that lets these in and out. */
export function acl(tier: string, incoming: readonly [from: number, to: number, cidr?: string][], outgoing: readonly [from: number, to: number, cidr?: string][]): Resources {
  const id = `${tier}Acl`;
  const entry = (egress: boolean) => ([from, to, cidr = '0.0.0.0/0']: [number, number, string?], index: number) => ({
    [`${id}${egress ? 'Out' : 'In'}${index}`]: {
      Type: 'AWS::EC2::NetworkAclEntry',
      Properties: { NetworkAclId: ref(id), RuleNumber: 100 + index, Protocol: 6, RuleAction: 'allow', Egress: egress, CidrBlock: cidr, PortRange: { From: from, To: to } },
    },
  });
  return Object.assign({ [id]: { Type: 'AWS::EC2::NetworkAcl', Properties: { VpcId: ref('Vpc') } } }, ...incoming.map(entry(false)), ...outgoing.map(entry(true)), ...[0, 1].map((index) => ({
    [`${id}Association${index}`]: { Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: { SubnetId: ref(`${tier}${index}`), NetworkAclId: ref(id) } },
  }))) as Resources;
}
