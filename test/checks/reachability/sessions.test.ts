import { backend, groupOf, interfaceEndpoint, isolatedBackend, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

const SSM_ACTIONS = ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'];

function allow(actions: readonly string[]) {
  return { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}

function role(actions: readonly string[], managed: unknown[] = []) {
  return { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: managed, ...(actions.length === 0 ? {} : { Policies: [{ PolicyName: 'inline', PolicyDocument: allow(actions) }] }) } };
}

/** ECS Exec for the service. */
function exec(r: Resources, actions: readonly string[] = SSM_ACTIONS): void {
  r.Api.Properties.EnableExecuteCommand = true;
  r.ApiTask.Properties.TaskRoleArn = { 'Fn::GetAtt': ['TaskRole', 'Arn'] };
  r.TaskRole = role([]);
  r.TaskPolicy = { Type: 'AWS::IAM::Policy', Properties: { Roles: [ref('TaskRole')], PolicyDocument: allow(actions) } };
}

/** A bastion with the role that Session Manager needs. */
function bastion(r: Resources, tier: string, roleOf: Resources[string] = role([...SSM_ACTIONS, 'ssm:UpdateInstanceInformation'])): void {
  r.BastionRole = roleOf;
  r.Profile = { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('BastionRole')] } };
  r.BastionGroup = securityGroup([], [rule(443, { CidrIp: '0.0.0.0/0' })]);
  r.Bastion = { Type: 'AWS::EC2::Instance', Properties: { IamInstanceProfile: ref('Profile'), SubnetId: ref(`${tier}0`), SecurityGroupIds: [groupOf('BastionGroup')] } };
}

const withNat: Case[] = [
  { name: 'ECS Exec works behind a NAT gateway', change: (r) => exec(r), findings: [] },
  { name: 'fails where ECS Exec is enabled and the task role allows nothing', change: (r) => exec(r, ['s3:GetObject']), findings: [/violation ecs-exec Lab\/Api: .*its task role does not allow ssmmessages:CreateControlChannel/] },
  { name: 'fails where ECS Exec is enabled without a task role', change: (r) => { r.Api.Properties.EnableExecuteCommand = true; }, findings: [/violation ecs-exec Lab\/Api: .*task role/] },
  { name: 'a task role of another app gets the benefit of the doubt', change: (r) => { exec(r); r.ApiTask.Properties.TaskRoleArn = 'arn:aws:iam::111111111111:role/api'; delete r.TaskRole; delete r.TaskPolicy; }, findings: [] },
  { name: 'Session Manager reaches a bastion behind a NAT gateway', change: (r) => bastion(r, 'Private'), findings: [] },
  {
    name: 'fails where a bastion stands in isolated subnets without endpoints',
    change: (r) => bastion(r, 'Isolated'),
    findings: [/violation session-manager Lab\/Bastion: Session Manager does not reach instance Lab\/Bastion: no way to ssm and ssmmessages from subnet Lab\/Isolated0: its route table has no default route, and no endpoint for ssm and ssmmessages is in the VPC/],
  },
  {
    name: 'fails where the managed policy is there and the way is not',
    change: (r) => bastion(r, 'Isolated', role([], [{ 'Fn::Join': ['', ['arn:', ref('AWS::Partition'), ':iam::aws:policy/AmazonSSMManagedInstanceCore']] }])),
    findings: [/violation session-manager Lab\/Bastion/],
  },
  { name: 'fails where an instance may open channels and not register', change: (r) => bastion(r, 'Private', role(SSM_ACTIONS)), findings: [/violation session-manager Lab\/Bastion: .*does not allow ssm:UpdateInstanceInformation/] },
  { name: 'an instance without the permissions of Session Manager needs no way to it', change: (r) => bastion(r, 'Isolated', role(['kms:Decrypt'])), findings: [] },
  {
    name: 'fails where a fleet behind a launch template has no way to Session Manager',
    change: (r) => {
      bastion(r, 'Isolated');
      r.Template = { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { IamInstanceProfile: { Arn: { 'Fn::GetAtt': ['Profile', 'Arn'] } }, SecurityGroupIds: [groupOf('BastionGroup')] } } };
      r.Bastion = { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { VPCZoneIdentifier: [ref('Isolated0')], LaunchTemplate: { LaunchTemplateId: ref('Template') } } };
    },
    findings: [/violation session-manager Lab\/Bastion/],
  },
];

const isolated: Case[] = [
  { name: 'fails where ECS Exec is enabled in isolated subnets without ssmmessages', change: (r) => exec(r), findings: [/violation ecs-exec Lab\/Api: ECS Exec is enabled for Lab\/Api and cannot work: no way to ssmmessages .*InterfaceVpcEndpointAwsService.SSM_MESSAGES/] },
  { name: 'ECS Exec works with an endpoint of ssmmessages', change: (r) => { exec(r); r.Messages = interfaceEndpoint('ssmmessages'); }, findings: [] },
  {
    name: 'fails where the endpoints of Session Manager do not admit the bastion',
    change: (r) => { bastion(r, 'Isolated'); r.Messages = interfaceEndpoint('ssmmessages'); r.Ssm = interfaceEndpoint('ssm'); },
    findings: [/violation session-manager Lab\/Bastion: .*no way to ssm and ssmmessages from subnet Lab\/Isolated0: the names of ssm and ssmmessages lead to interface endpoint Lab\/Ssm and Lab\/Messages, and security group Lab\/EndpointGroup has no ingress rule for TCP 443 from security group Lab\/BastionGroup/],
  },
];

describeCases('ways in for people, with a NAT gateway', backend, withNat);
describeCases('ways in for people, in isolated subnets', isolatedBackend, isolated);
