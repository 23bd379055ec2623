import { PRECIOUS } from './living-stack';

/** A template as it is deployed. */
export interface TemplateJson {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>;
  readonly Outputs?: Record<string, unknown>;
}

/** An output of another stack that a template reads. */
export interface StackOutputReference {
  readonly stackName: string;
  readonly outputName: string;
}

/** Outputs of other stacks that a template reads when it is deployed. */
export function getStackOutputs(template: unknown): StackOutputReference[] {
  return everyNode(template).flatMap((node) => {
    const reference = (node as Record<string, { StackName: string; OutputName: string } | undefined>)['Fn::GetStackOutput'];
    return reference === undefined ? [] : [{ stackName: reference.StackName, outputName: reference.OutputName }];
  });
}

/** Texts that name the partition or the domain of AWS's commercial regions. Service principals are the same everywhere. */
export function literalsOfPartition(template: unknown): string[] {
  return everyText(template).filter((text) => /arn:aws:|amazonaws\.com/.test(text.replace(/^[a-z0-9.-]+\.amazonaws\.com$/, '')));
}

/** Logical ids of what holds data, and of what everything in it is replaced with. */
export function statefulIdsOf(template: TemplateJson): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type }]) => (PRECIOUS.has(Type) ? [id] : [])).sort();
}

/** Properties that decide who reaches what, what is encrypted, and what a process may do, by type. `*` is every property. */
const SECURITY: Record<string, string[]> = {
  'AWS::EC2::Instance': ['BlockDeviceMappings', 'KeyName', 'LaunchTemplate', 'NetworkInterfaces', 'SecurityGroupIds'],
  'AWS::EC2::LaunchTemplate': ['*'],
  'AWS::EC2::SecurityGroup': ['SecurityGroupEgress', 'SecurityGroupIngress'],
  'AWS::EC2::SecurityGroupEgress': ['*'],
  'AWS::EC2::SecurityGroupIngress': ['*'],
  'AWS::EC2::Subnet': ['MapPublicIpOnLaunch'],
  'AWS::ECS::Service': ['EnableExecuteCommand', 'NetworkConfiguration'],
  'AWS::ECS::TaskDefinition': ['ContainerDefinitions', 'NetworkMode', 'Volumes'],
  'AWS::ElasticLoadBalancingV2::Listener': ['Port', 'Protocol', 'SslPolicy', 'Certificates', 'DefaultActions'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['LoadBalancerAttributes', 'Scheme', 'SecurityGroups'],
  'AWS::Lambda::Function': ['Environment', 'VpcConfig'],
  'AWS::Logs::LogGroup': ['KmsKeyId'],
  'AWS::RDS::DBInstance': ['CACertificateIdentifier', 'DeletionProtection', 'KmsKeyId', 'ManageMasterUserPassword', 'PubliclyAccessible', 'StorageEncrypted', 'VPCSecurityGroups'],
  'AWS::RDS::DBParameterGroup': ['Parameters'],
  'AWS::S3::Bucket': ['BucketEncryption', 'OwnershipControls', 'PublicAccessBlockConfiguration'],
  'AWS::SSM::Document': ['Content'],
  'AWS::SecretsManager::Secret': ['KmsKeyId'],
  'AWS::WAFv2::WebACL': ['DefaultAction', 'Rules'],
  'AWS::WAFv2::WebACLAssociation': ['*'],
  'Custom::PostgresDatabase': ['*'],
  'Custom::PostgresUser': ['*'],
  'Custom::VpcRestrictDefaultSG': ['DefaultSecurityGroupId'],
};

/** What makes a template secure: the properties above by logical id, and each permission by the role or resource that has it. */
export function securityOf(template: TemplateJson): { properties: Record<string, unknown>; permissions: string[] } {
  const resources = Object.entries(template.Resources);
  return {
    properties: Object.fromEntries(resources.flatMap(([id, { Type, Properties }]) => (SECURITY[Type] === undefined ? [] : [[id, pick(Properties, SECURITY[Type])]]))),
    permissions: [...new Set(resources.flatMap(([, { Type, Properties }]) => permissionsOf(Type, Properties ?? {})))].sort(),
  };
}

function pick(properties: Record<string, unknown> = {}, names: string[]): Record<string, unknown> {
  return names[0] === '*' ? properties : Object.fromEntries(names.map((name) => [name, properties[name]]));
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** One line for each action on each resource, however statements are put together. */
function permissionsOf(type: string, properties: Record<string, unknown>): string[] {
  const holders = { 'AWS::IAM::Policy': properties.Roles, 'AWS::S3::BucketPolicy': properties.Bucket, 'AWS::IAM::Role': 'trust' };
  const document = (properties.PolicyDocument ?? properties.AssumeRolePolicyDocument) as { Statement: Statement[] } | undefined;
  return (document?.Statement ?? []).flatMap(({ Effect, Action, Resource, Principal, Condition }) => [Action].flat().flatMap((action) => [Resource].flat().map((resource) =>
    JSON.stringify([holders[type as keyof typeof holders], Effect, action, resource, Principal, Condition]))));
}

function everyNode(value: unknown): object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(everyNode)] : [];
}

function everyText(value: unknown): string[] {
  return typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(everyText) : [];
}
