import { att, backend, egressTo, everyone, groupOf, ingressFrom, interfaceEndpoint, ref, rule, securityGroup, subnets, taskDefinition } from './lab';
import type { Resources } from './support';

export const NODES = [1, 2, 3] as const;

/** Ports on which the nodes talk to each other: PostgreSQL, the REST API of Patroni, clients and peers of etcd. */
export const PEER_PORTS = [5432, 8008, 2379, 2380] as const;

/** What the role of a node may do, by statement. */
const PERMISSIONS = [
  { Action: ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenDataChannel'], Resource: '*' },
  { Action: 'secretsmanager:GetSecretValue', Resource: ref('AdminSecret') },
  { Action: ['s3:GetObject', 's3:PutObject', 's3:List*'], Resource: att('Backups', 'Arn') },
  { Action: 'lambda:InvokeFunction', Resource: ref('Signer') },
  { Action: 'cloudwatch:PutMetricData', Resource: '*' },
  { Action: 'autoscaling:CompleteLifecycleAction', Resource: '*' },
  { Action: 'ec2:AttachVolume', Resource: '*' },
  { Action: 'cloudformation:SignalResource', Resource: '*' },
  { Action: 'kms:CreateGrant', Resource: '*', Condition: { StringEquals: { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } } },
];

function address(index: number) {
  return att(`Card${index}`, 'PrimaryPrivateIpAddress');
}

/** User data as a node has it: the addresses of all nodes in the order of nodes, the name of the load balancer, no port. */
function userData(index: number, lines: readonly unknown[]) {
  const variables = [`NODE=${index}\nNODES=`, address(1), ',', address(2), ',', address(3), '\nENDPOINT=', att('Entry', 'DNSName'), '\nADMIN_SECRET=', ref('AdminSecret'), '\n'];
  return { 'Fn::Base64': { 'Fn::Join': ['', ['#!/bin/bash\n', ...variables, ...lines]] } };
}

const COMMANDS = [
  'retry apt-get -q update && retry apt-get -q install -y awscli\n', 'aws ec2 attach-volume --volume-id ', ref('Volume1'), '\n',
  'aws s3api get-object --bucket assets --key scripts.tar /opt/first-boot.tar\n', 'aws cloudformation signal-resource --status SUCCESS\n',
];

function node(index: number): Resources {
  return {
    [`Card${index}`]: { Type: 'AWS::EC2::NetworkInterface', Properties: { SubnetId: ref(`Node${index - 1}`), GroupSet: [groupOf('NodeGroup')] } },
    [`Volume${index}`]: { Type: 'AWS::EC2::Volume', Properties: { AvailabilityZone: `eu-west-1${'abc'[index - 1]}`, Size: 100, VolumeType: 'gp3', Encrypted: true } },
    [`Role${index}`]: {
      Type: 'AWS::IAM::Role',
      Properties: { Policies: [{ PolicyName: 'node', PolicyDocument: { Statement: PERMISSIONS.map((statement) => ({ Effect: 'Allow', ...statement })) } }] },
    },
    [`Profile${index}`]: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref(`Role${index}`)] } },
    [`Template${index}`]: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateData: {
          ImageId: 'resolve:ssm:/aws/service/debian/release/13/latest/arm64',
          InstanceType: 'r7g.large',
          IamInstanceProfile: { Arn: att(`Profile${index}`, 'Arn') },
          MetadataOptions: { HttpTokens: 'required' },
          NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: ref(`Card${index}`), DeleteOnTermination: false }],
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 16, VolumeType: 'gp3' } }],
          UserData: userData(index, COMMANDS),
        },
      },
    },
    [`Group${index}`]: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        MinSize: '1', MaxSize: '1', AvailabilityZones: [`eu-west-1${'abc'[index - 1]}`], LaunchTemplate: { LaunchTemplateId: ref(`Template${index}`), Version: att(`Template${index}`, 'LatestVersionNumber') },
      },
    },
  };
}

function listener(id: string, port: number, check: string): Resources {
  return {
    [`${id}Listener`]: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: { LoadBalancerArn: ref('Entry'), Port: port, Protocol: 'TCP', DefaultActions: [{ Type: 'forward', TargetGroupArn: ref(`${id}Targets`) }] },
    },
    [`${id}Targets`]: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: {
        VpcId: ref('Vpc'),
        Port: 5432,
        Protocol: 'TCP',
        TargetType: 'ip',
        HealthCheckProtocol: 'HTTPS',
        HealthCheckPort: '8008',
        HealthCheckPath: check,
        Targets: NODES.map((index) => ({ Id: address(index), Port: 5432 })),
      },
    },
  };
}

/** Rules between groups, by ids that say who connects to whom and on which port. */
function rules(): Resources {
  const pair = (source: string, target: string, port: number): Resources => ({
    [`${source}To${target}${port}`]: egressTo(`${source}Group`, `${target}Group`, port), [`${target}From${source}${port}`]: ingressFrom(`${target}Group`, `${source}Group`, port),
  });
  return Object.assign({}, ...PEER_PORTS.map((port) => pair('Node', 'Node', port)), pair('Entry', 'Node', 5432), pair('Entry', 'Node', 8008), pair('Api', 'Entry', 5432), pair('Sql', 'Entry', 5432)) as Resources;
}

/** A service, the broker's SQL function and its conductor, each as it is told of the load balancer. */
function clients(): Resources {
  const Variables = { HOST: att('Entry', 'DNSName'), PORT: '5432' };
  return {
    ApiTask: taskDefinition({ Secrets: [], Environment: Object.entries(Variables).map(([Name, Value]) => ({ Name, Value })) }),
    SqlGroup: securityGroup([], []),
    Sql: { Type: 'AWS::Lambda::Function', Properties: { VpcConfig: { SubnetIds: [ref('Isolated0'), ref('Isolated1')], SecurityGroupIds: [groupOf('SqlGroup')] }, Environment: { Variables } } },
    Conductor: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { ...Variables, SQL_FUNCTION: att('Sql', 'Arn') } } } },
  };
}

/** A cluster of three nodes, each launched by a group of one with a network interface that stays, behind an internal network load balancer. */
export function cluster(): Resources {
  const outer = Object.entries(backend()).filter(([id]) => !/^(Db|ApiToDb)/.test(id));
  return {
    ...Object.fromEntries(outer),
    ...subnets('Node', ['10.0.30.0/24', '10.0.31.0/24', '10.0.32.0/24'], { NatGatewayId: ref('Nat') }),
    AdminSecret: { Type: 'AWS::SecretsManager::Secret', Properties: {} },
    Backups: { Type: 'AWS::S3::Bucket', Properties: {} },
    Signer: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: ref('Conductor'), FunctionVersion: '1', Name: 'node-1' } },
    EntryGroup: securityGroup([], []),
    Entry: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'network', Scheme: 'internal', Subnets: [ref('Node0'), ref('Node1'), ref('Node2')], SecurityGroups: [groupOf('EntryGroup')] } },
    ...listener('Write', 5432, '/primary'),
    ...listener('Read', 5433, '/replica'),
    NodeGroup: securityGroup([], [rule(443, everyone), rule(80, everyone)]),
    ...Object.assign({}, ...NODES.map(node)) as Resources,
    ...rules(),
    ...clients(),
  };
}

/** Services that the nodes need, by the ids of their endpoints. */
export const NODE_ENDPOINTS = {
  Ssm: 'ssm', Messages: 'ssmmessages', Secrets: 'secretsmanager', Functions: 'lambda', Metrics: 'monitoring', Groups: 'autoscaling', Instances: 'ec2', Stacks: 'cloudformation',
} as const;

/** The same cluster in subnets without a way out, with an image that holds the packages, and every endpoint that it needs. */
export function isolatedCluster(): Resources {
  const resources = cluster();
  delete resources.NodeRoute;
  resources.NodeGroup = securityGroup([], [rule(443, everyone)]);
  for (const index of NODES) {
    const data = resources[`Template${index}`].Properties.LaunchTemplateData as Record<string, unknown>;
    Object.assign(data, { ImageId: 'ami-0123456789abcdef0', UserData: userData(index, COMMANDS.slice(1)) });
  }
  const endpoints = Object.entries(NODE_ENDPOINTS).map(([id, service]) => [id, interfaceEndpoint(service)] as const);
  return {
    ...resources,
    EndpointGroup: securityGroup([], []),
    EndpointFromNode: ingressFrom('EndpointGroup', 'NodeGroup', 443),
    ...Object.fromEntries(endpoints),
    S3: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: { VpcId: ref('Vpc'), VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.eu-west-1.s3', RouteTableIds: [ref('NodeTable')] },
    },
  };
}

/** What a launch template says, to be changed. */
export function dataOf(resources: Resources, index: number): Record<string, unknown> {
  return resources[`Template${index}`].Properties.LaunchTemplateData as Record<string, unknown>;
}

/** A node with a public address in a public subnet. */
export function expose(resources: Resources, index: number): void {
  resources[`Card${index}`].Properties.SubnetId = ref('Public0');
  resources.Address = { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc' } };
  resources.Association = { Type: 'AWS::EC2::EIPAssociation', Properties: { AllocationId: att('Address', 'AllocationId'), NetworkInterfaceId: ref(`Card${index}`) } };
}
