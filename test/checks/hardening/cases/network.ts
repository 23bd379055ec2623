import { CfnParameter, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { casesOf, one, raw, type Build, type Case } from '../judge';

function service(assignPublicIp: boolean, subnetType: ec2.SubnetType): Build {
  return (stack) => {
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task');
    taskDefinition.addContainer('web', { image: ecs.ContainerImage.fromRegistry('nginx') });
    new ecs.FargateService(stack, 'Service', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), taskDefinition, assignPublicIp, vpcSubnets: { subnetType } });
  };
}

function rawService(configuration: (stack: Stack) => Record<string, unknown>): Build {
  return (stack) => {
    raw(stack, 'Service', 'AWS::ECS::Service', { NetworkConfiguration: { AwsvpcConfiguration: configuration(stack) } });
  };
}

function schedule(type: string, AssignPublicIp: string): Build {
  return type === 'AWS::Events::Rule'
    ? one(type, { Targets: [{ Arn: 'arn', Id: 'a' }, { Arn: 'arn', Id: 'b', EcsParameters: { NetworkConfiguration: { AwsVpcConfiguration: { AssignPublicIp, Subnets: [] } } } }] })
    : one(type, { Target: { EcsParameters: { NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp, Subnets: [] } } } } });
}

/** A subnet whose route table has one route to everywhere, through what the properties say. */
function subnetGroup(route?: (stack: Stack) => Record<string, unknown>): Build {
  return (stack) => {
    const subnet = raw(stack, 'Subnet', 'AWS::EC2::Subnet', { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/24' });
    const table = raw(stack, 'Table', 'AWS::EC2::RouteTable', { VpcId: 'vpc-1' });
    raw(stack, 'Association', 'AWS::EC2::SubnetRouteTableAssociation', { SubnetId: subnet.ref, RouteTableId: table.ref });
    if (route !== undefined) {
      raw(stack, 'Route', 'AWS::EC2::Route', { RouteTableId: table.ref, DestinationCidrBlock: '0.0.0.0/0', ...route(stack) });
    }
    raw(stack, 'Group', 'AWS::RDS::DBSubnetGroup', { DBSubnetGroupDescription: 'Group', SubnetIds: [subnet.ref] });
  };
}

function group(properties: Record<string, unknown>, egress?: Record<string, unknown>): Build {
  return (stack) => {
    const { ref } = raw(stack, 'Group', 'AWS::EC2::SecurityGroup', { GroupDescription: 'Group', VpcId: 'vpc-1', ...properties });
    if (egress !== undefined) {
      raw(stack, 'Egress', 'AWS::EC2::SecurityGroupEgress', { GroupId: ref, ...egress });
    }
  };
}

const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' };
const ALL = { IpProtocol: '-1', CidrIp: '0.0.0.0/0' };
const parameter = (stack: Stack, type = 'String') => new CfnParameter(stack, 'Given', { type });

export const NETWORK_CASES: readonly Case[] = [
  ...casesOf('hardening-task-public-ip', {
    'holds': { 'a service in private subnets': service(false, ec2.SubnetType.PRIVATE_WITH_EGRESS), 'a schedule': schedule('AWS::Scheduler::Schedule', 'DISABLED'), 'a service that does not say': rawService(() => ({ Subnets: [] })) },
    'violation': { 'a service': [service(true, ec2.SubnetType.PUBLIC), /AssignPublicIp is ENABLED/], 'a rule with a task': schedule('AWS::Events::Rule', 'ENABLED'), 'a schedule of a task': schedule('AWS::Scheduler::Schedule', 'ENABLED') },
    'undecided': { 'a parameter': [rawService((stack) => ({ AssignPublicIp: parameter(stack).valueAsString, Subnets: [] })), /parameter 'Given'/] },
    'does not apply': { 'a service with another network': one('AWS::ECS::Service', {}), 'a rule without tasks': one('AWS::Events::Rule', { Targets: [{ Arn: 'arn', Id: 'a' }] }) },
  }),
  ...casesOf('hardening-task-private-subnets', {
    holds: { 'private subnets': service(false, ec2.SubnetType.PRIVATE_WITH_EGRESS) },
    violation: { 'public subnets': [service(true, ec2.SubnetType.PUBLIC), /internet gateway: \$\{VpcPublicSubnet1/] },
    undecided: {
      'subnets of an imported VPC': [rawService(() => ({ Subnets: ['subnet-1'] })), /not in the templates: subnet-1/],
      'a list of subnets as a parameter': rawService((stack) => ({ Subnets: parameter(stack, 'List<AWS::EC2::Subnet::Id>').valueAsList })),
    },
  }),
  ...casesOf('hardening-database-private-subnets', {
    holds: {
      'no route out': subnetGroup(),
      'a NAT gateway': subnetGroup((stack) => ({ NatGatewayId: raw(stack, 'Nat', 'AWS::EC2::NatGateway').ref })),
      'an internet gateway for one address': subnetGroup((stack) => ({ GatewayId: raw(stack, 'Igw', 'AWS::EC2::InternetGateway').ref, DestinationCidrBlock: '198.51.100.0/24' })),
    },
    violation: {
      'an internet gateway': subnetGroup((stack) => ({ GatewayId: raw(stack, 'Igw', 'AWS::EC2::InternetGateway').ref })),
      'an internet gateway by id': subnetGroup(() => ({ GatewayId: 'igw-1' })),
      'an internet gateway for IPv6': subnetGroup((stack) => ({ GatewayId: raw(stack, 'Igw', 'AWS::EC2::InternetGateway').ref, DestinationCidrBlock: undefined, DestinationIpv6CidrBlock: '::/0' })),
      'brokers in public subnets': (stack) => {
        const vpc = new ec2.Vpc(stack, 'Vpc');
        raw(stack, 'Kafka', 'AWS::MSK::Cluster', { BrokerNodeGroupInfo: { ClientSubnets: vpc.publicSubnets.map(({ subnetId }) => subnetId), InstanceType: 'kafka.t3.small' } });
      },
    },
    undecided: {
      'a cache that names no subnets': [one('AWS::ElastiCache::ServerlessCache', { Engine: 'valkey' }), /default VPC/],
      'brokers whose subnets are a parameter': one('AWS::MSK::ServerlessCluster', { VpcConfigs: [{ SubnetIds: { 'Fn::Split': [',', { Ref: 'AWS::StackName' }] } }] }),
      'a gateway from a parameter': subnetGroup((stack) => ({ GatewayId: parameter(stack).valueAsString })),
      'subnets by id': one('AWS::ElastiCache::SubnetGroup', { Description: 'Group', SubnetIds: ['subnet-1'] }),
    },
  }),
  ...casesOf('hardening-vpc-s3-endpoint', {
    holds: { 'a gateway endpoint': (stack) => void new ec2.Vpc(stack, 'Vpc').addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 }) },
    advice: { 'none': (stack) => void new ec2.Vpc(stack, 'Vpc'), 'one for DynamoDB': (stack) => void new ec2.Vpc(stack, 'Vpc').addGatewayEndpoint('Tables', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB }) },
  }),
  ...casesOf('hardening-security-group-egress', {
    holds: {
      'one port to anywhere': group({ SecurityGroupEgress: [HTTPS] }),
      'everything to one network': group({ SecurityGroupEgress: [{ ...ALL, CidrIp: '10.0.0.0/16' }] }),
      'a rule outside the group': group({}, HTTPS),
      'the construct, closed': (stack) => void new ec2.SecurityGroup(stack, 'Group', { vpc: new ec2.Vpc(stack, 'Vpc'), allowAllOutbound: false }),
    },
    violation: {
      'no rule': [group({}), /allows every destination and port/],
      'every protocol': [group({ SecurityGroupEgress: [ALL] }), /every protocol and port to any address \(0\.0\.0\.0\/0\)/],
      'every port over IPv6': [group({ SecurityGroupEgress: [HTTPS, { IpProtocol: 'tcp', FromPort: 0, ToPort: 65535, CidrIpv6: '::/0' }] }), /tcp ports 0 to 65535 .*::\/0/],
      'a rule outside the group that allows everything': group({ SecurityGroupEgress: [HTTPS] }, ALL),
      'the construct as it comes': (stack) => void new ec2.SecurityGroup(stack, 'Group', { vpc: new ec2.Vpc(stack, 'Vpc') }),
    },
    undecided: { 'rules as a whole from elsewhere': group({ SecurityGroupEgress: { 'Fn::GetAtt': ['Elsewhere', 'Rules'] } }) },
  }),
  ...casesOf('hardening-security-group-ingress', {
    holds: { 'HTTPS from anywhere': group({ SecurityGroupIngress: [HTTPS] }), 'PostgreSQL from a network': group({ SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIp: '10.0.0.0/16' }] }) },
    violation: {
      'PostgreSQL from anywhere': [group({ SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, CidrIp: '0.0.0.0/0' }] }), /PostgreSQL \(5432\)/],
      'SSH in a range, outside the group': [one('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-1', IpProtocol: 'tcp', FromPort: 20, ToPort: 25, CidrIpv6: '::/0' }), /SSH \(22\)/],
      'every port': [group({ SecurityGroupIngress: [ALL] }), /every protocol and port/],
    },
    undecided: { 'rules as a whole from elsewhere': group({ SecurityGroupIngress: { 'Fn::GetAtt': ['Elsewhere', 'Rules'] } }) },
  }),
  ...casesOf('hardening-default-security-group', {
    holds: { 'a closed one': (stack) => void new ec2.Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: true }) },
    advice: { 'an open one': (stack) => void new ec2.Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false }) },
  }),
  ...casesOf('hardening-vpc-flow-logs', {
    holds: { 'a flow log': (stack) => void new ec2.Vpc(stack, 'Vpc').addFlowLog('FlowLog') },
    violation: {
      'none': (stack) => void new ec2.Vpc(stack, 'Vpc'),
      'one of another VPC': (stack) => {
        new ec2.Vpc(stack, 'Vpc');
        raw(stack, 'FlowLog', 'AWS::EC2::FlowLog', { ResourceId: 'vpc-1', ResourceType: 'VPC' });
      },
    },
    undecided: {
      'one of a VPC from a parameter': (stack) => {
        new ec2.Vpc(stack, 'Vpc');
        raw(stack, 'FlowLog', 'AWS::EC2::FlowLog', { ResourceId: parameter(stack).valueAsString, ResourceType: 'VPC' });
      },
    },
  }),
];
