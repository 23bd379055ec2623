import { replacedBy, type LivingApp, type TemplateResource } from '../support/living-stack';

/**
 * Properties, by type, that no two resources may have in common: those of a line together, the first of which is the name. A name that
 * is not set is made up by CloudFormation. A `*` goes through a list. Paths of properties are as in templates.
 */
const UNIQUE: Record<string, string[][]> = {
  'AWS::Amplify::Branch': [['BranchName', 'AppId']],
  'AWS::Amplify::Domain': [['DomainName']],
  'AWS::ApplicationAutoScaling::ScalableTarget': [['ResourceId', 'ServiceNamespace', 'ScalableDimension']],
  'AWS::ApplicationAutoScaling::ScalingPolicy': [['PolicyName', 'ScalingTargetId']],
  'AWS::AutoScaling::AutoScalingGroup': [['AutoScalingGroupName']],
  'AWS::AutoScaling::ScheduledAction': [['Recurrence', 'AutoScalingGroupName']],
  'AWS::CloudFront::Distribution': [['DistributionConfig.Aliases.*']],
  'AWS::CloudFront::Function': [['Name']],
  'AWS::CloudFront::OriginAccessControl': [['OriginAccessControlConfig.Name']],
  'AWS::CloudFront::ResponseHeadersPolicy': [['ResponseHeadersPolicyConfig.Name']],
  'AWS::CloudTrail::Trail': [['TrailName']],
  'AWS::CloudWatch::Alarm': [['AlarmName']],
  'AWS::CloudWatch::Dashboard': [['DashboardName']],
  'AWS::EC2::EIPAssociation': [['AllocationId']],
  'AWS::EC2::LaunchTemplate': [['LaunchTemplateName']],
  'AWS::EC2::Route': [['RouteTableId', 'DestinationCidrBlock', 'DestinationIpv6CidrBlock']],
  'AWS::EC2::SecurityGroup': [['GroupName', 'VpcId']],
  'AWS::EC2::SecurityGroupEgress': [['GroupId', 'CidrIp', 'CidrIpv6', 'DestinationPrefixListId', 'DestinationSecurityGroupId', 'FromPort', 'ToPort', 'IpProtocol']],
  'AWS::EC2::SecurityGroupIngress': [['GroupId', 'CidrIp', 'CidrIpv6', 'SourcePrefixListId', 'SourceSecurityGroupId', 'FromPort', 'ToPort', 'IpProtocol']],
  'AWS::EC2::Subnet': [['CidrBlock', 'VpcId']],
  'AWS::EC2::SubnetCidrBlock': [['Ipv6CidrBlock', 'SubnetId']],
  'AWS::EC2::SubnetRouteTableAssociation': [['SubnetId']],
  'AWS::EC2::VPCEndpoint': [['ServiceName', 'VpcId']],
  'AWS::EC2::VPCGatewayAttachment': [['VpcId', 'InternetGatewayId']],
  'AWS::ECR::Repository': [['RepositoryName']],
  'AWS::ECS::Cluster': [['ClusterName']],
  'AWS::ECS::ClusterCapacityProviderAssociations': [['Cluster']],
  'AWS::ECS::Service': [['ServiceName', 'Cluster'], ['ServiceConnectConfiguration.Services.*.DiscoveryName', 'ServiceConnectConfiguration.Namespace']],
  'AWS::EFS::AccessPoint': [['ClientToken']],
  'AWS::EFS::MountTarget': [['FileSystemId', 'SubnetId']],
  'AWS::ElastiCache::ParameterGroup': [['CacheParameterGroupName']],
  'AWS::ElastiCache::ReplicationGroup': [['ReplicationGroupId']],
  'AWS::ElastiCache::ServerlessCache': [['ServerlessCacheName'], ['FinalSnapshotName']],
  'AWS::ElastiCache::SubnetGroup': [['CacheSubnetGroupName']],
  'AWS::ElastiCache::User': [['UserId']],
  'AWS::ElastiCache::UserGroup': [['UserGroupId']],
  'AWS::ElasticLoadBalancingV2::Listener': [['Port', 'LoadBalancerArn']],
  'AWS::ElasticLoadBalancingV2::ListenerRule': [['Priority', 'ListenerArn']],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': [['Name']],
  'AWS::ElasticLoadBalancingV2::TargetGroup': [['Name']],
  'AWS::ElasticLoadBalancingV2::TrustStore': [['Name']],
  'AWS::Events::Rule': [['Name', 'EventBusName']],
  'AWS::IAM::InstanceProfile': [['InstanceProfileName']],
  'AWS::IAM::ManagedPolicy': [['ManagedPolicyName']],
  'AWS::IAM::Policy': [['PolicyName', 'Roles.*'], ['PolicyName', 'Users.*'], ['PolicyName', 'Groups.*']],
  'AWS::IAM::Role': [['RoleName']],
  'AWS::KMS::Alias': [['AliasName']],
  'AWS::Lambda::Alias': [['Name', 'FunctionName']],
  'AWS::Lambda::EventInvokeConfig': [['FunctionName', 'Qualifier']],
  'AWS::Lambda::Function': [['FunctionName']],
  'AWS::Logs::LogGroup': [['LogGroupName']],
  'AWS::Logs::MetricFilter': [['FilterName', 'LogGroupName']],
  'AWS::Logs::ResourcePolicy': [['PolicyName']],
  'AWS::Logs::SubscriptionFilter': [['FilterName', 'LogGroupName']],
  'AWS::RDS::DBCluster': [['DBClusterIdentifier']],
  'AWS::RDS::DBClusterParameterGroup': [['DBClusterParameterGroupName']],
  'AWS::RDS::DBInstance': [['DBInstanceIdentifier']],
  'AWS::RDS::DBParameterGroup': [['DBParameterGroupName']],
  'AWS::RDS::DBSubnetGroup': [['DBSubnetGroupName']],
  'AWS::Route53::RecordSet': [['Name', 'Type', 'HostedZoneId', 'SetIdentifier']],
  'AWS::S3::Bucket': [['BucketName']],
  'AWS::S3::BucketPolicy': [['Bucket']],
  'AWS::SNS::Subscription': [['Endpoint', 'Protocol', 'TopicArn']],
  'AWS::SNS::Topic': [['TopicName']],
  'AWS::SNS::TopicPolicy': [['Topics.*']],
  'AWS::SQS::Queue': [['QueueName']],
  'AWS::SQS::QueuePolicy': [['Queues.*']],
  'AWS::SSM::Document': [['Name']],
  'AWS::SSM::Parameter': [['Name']],
  'AWS::Scheduler::Schedule': [['Name', 'GroupName']],
  'AWS::SecretsManager::ResourcePolicy': [['SecretId']],
  'AWS::SecretsManager::Secret': [['Name']],
  'AWS::SecretsManager::SecretTargetAttachment': [['SecretId']],
  'AWS::ServiceDiscovery::HttpNamespace': [['Name']],
  'AWS::ServiceDiscovery::PrivateDnsNamespace': [['Name', 'Vpc']],
  'AWS::ServiceDiscovery::Service': [['Name', 'NamespaceId']],
  'AWS::WAFv2::IPSet': [['Name', 'Scope']],
  'AWS::WAFv2::LoggingConfiguration': [['ResourceArn']],
  'AWS::WAFv2::WebACL': [['Name', 'Scope']],
  'AWS::WAFv2::WebACLAssociation': [['ResourceArn']],
  'Custom::PostgresDatabase': [['DatabaseName', 'ServiceToken']],
  'Custom::PostgresUser': [['Username', 'ServiceToken']],
  'Custom::VpcRestrictDefaultSG': [['DefaultSecurityGroupId']],
};

/** Types of which any number may be alike: their identifiers are made up, or what they name is a mere label. */
const NEVER_UNIQUE = new Set([
  'AWS::Amplify::App', 'AWS::CDK::Metadata', 'AWS::CertificateManager::Certificate', 'AWS::EC2::EIP', 'AWS::EC2::EgressOnlyInternetGateway', 'AWS::EC2::FlowLog', 'AWS::EC2::Instance',
  'AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::NetworkInterface', 'AWS::EC2::RouteTable', 'AWS::EC2::VPC', 'AWS::EC2::VPCCidrBlock', 'AWS::EC2::Volume', 'AWS::ECS::TaskDefinition', 'AWS::EFS::FileSystem', 'AWS::KMS::Key',
  'AWS::Lambda::LayerVersion', 'AWS::Lambda::Permission', 'AWS::CloudFormation::CustomResource', 'Custom::CertificateAuthority', 'Custom::Migration', 'Custom::Rehearsal',
]);

/** The types that an app has, and of which nothing is known here. */
export function unknownTypes(app: LivingApp): string[] {
  return [...new Set(Object.values(app).map(({ Type }) => Type))].filter((type) => UNIQUE[type] === undefined && !NEVER_UNIQUE.has(type)).sort();
}

/**
 * What CloudFormation would fail on, or lose, in an update of an app. It makes what is new before it deletes what is old, and a resource
 * with another create-only property anew before it deletes the old one. So nothing may be called as something else is called until then.
 */
export function collisions(before: LivingApp, after: LivingApp): string[] {
  const replaced = replacedOf(before, after);
  const old = new Map(Object.keys(before).flatMap((key) => identitiesOf(key, before, new Set()).map((identity) => [identity, key] as const)));
  const taken = Object.keys(after).flatMap((key) => identitiesOf(key, after, replaced).flatMap((identity) => {
    const holder = old.get(identity);
    return holder === undefined || (holder === key && !replaced.has(key)) ? [] : [{ key, holder, type: after[key].Type, identity }];
  }));
  const changed = Object.keys(after).filter((key) => before[key] !== undefined && before[key].Type !== after[key].Type);
  return [
    ...taken.map(({ key, holder, type, identity }) => `${type} ${key === holder ? `${key} is replaced` : `${key} is made while ${holder} is there`}, and both are ${identity}`),
    ...changed.map((key) => `${before[key].Type} ${key} becomes ${after[key].Type}, which CloudFormation refuses`),
  ].sort();
}

/** Resources with the same logical id that are made anew: for a create-only property, or because such a property refers to one of them. */
export function replacedOf(before: LivingApp, after: LivingApp): Set<string> {
  const replaced = new Set<string>();
  const kept = Object.keys(after).filter((key) => before[key] !== undefined);
  for (let size = -1; size !== replaced.size;) {
    size = replaced.size;
    kept.filter((key) => replacedBy(rendered(key, before[key], new Set()), rendered(key, after[key], replaced)).length > 0).forEach((key) => replaced.add(key));
  }
  return replaced;
}

function identitiesOf(key: string, app: LivingApp, replaced: Set<string>): string[] {
  const { Type, Properties = {} } = rendered(key, app[key], replaced);
  return (UNIQUE[Type] ?? []).flatMap((paths) => {
    const [names, ...rest] = paths.map((path) => valuesAt(Properties, path.split('.')));
    const isWhole = rest.every((values, index) => values.length > 0 || !paths[index + 1].includes('*'));
    return isWhole ? names.map((name) => JSON.stringify([Type, paths.join(), name, ...rest])) : [];
  });
}

function valuesAt(value: unknown, [first, ...rest]: string[]): unknown[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (first === undefined) {
    return [value];
  }
  const inner = value as Record<string, unknown>;
  return first === '*' ? Object.values(inner).flatMap((each) => valuesAt(each, rest)) : valuesAt(inner[first], rest);
}

/** A resource whose references say which stack they mean, and whether they mean something that is made anew. */
function rendered(key: string, resource: TemplateResource, replaced: Set<string>): TemplateResource {
  const stack = key.slice(0, key.lastIndexOf('/'));
  const inStack = (id: string) => (id.startsWith('AWS::') ? id : `${replaced.has(`${stack}/${id}`) ? 'the new ' : ''}${stack}/${id}`);
  const text = JSON.stringify(resource, (name, value: unknown) => {
    if (name === 'Ref' && typeof value === 'string') {
      return inStack(value);
    }
    return name === 'Fn::GetAtt' && Array.isArray(value) ? [inStack(String(value[0])), ...value.slice(1) as unknown[]] : value;
  });
  return JSON.parse(text) as TemplateResource;
}
