/** Where stacks of tests stand that name no environment. */
export const ACCOUNT_ID = '111122223333';
export const REGION = 'eu-central-1';

/**
 * ARNs after `arn:aws:`, by type. `@` is region and account, `#` the name.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const ARNS: Record<string, string> = {
  'AWS::AutoScaling::AutoScalingGroup': 'autoscaling:@:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/#',
  'AWS::CloudFront::Distribution': 'cloudfront::@account:distribution/#',
  'AWS::CloudWatch::Alarm': 'cloudwatch:@:alarm:#',
  'AWS::ECR::Repository': 'ecr:@:repository/#',
  'AWS::ECS::Cluster': 'ecs:@:cluster/#',
  'AWS::ECS::Service': 'ecs:@:service/#',
  'AWS::ECS::TaskDefinition': 'ecs:@:task-definition/#:1',
  'AWS::EC2::Instance': 'ec2:@:instance/#',
  'AWS::EC2::VPC': 'ec2:@:vpc/#',
  'AWS::EC2::Volume': 'ec2:@:volume/#',
  'AWS::EFS::AccessPoint': 'elasticfilesystem:@:access-point/#',
  'AWS::EFS::FileSystem': 'elasticfilesystem:@:file-system/#',
  'AWS::ElastiCache::ReplicationGroup': 'elasticache:@:replicationgroup:#',
  'AWS::ElastiCache::ServerlessCache': 'elasticache:@:serverlesscache:#',
  'AWS::ElastiCache::User': 'elasticache:@:user:#',
  'AWS::Events::Rule': 'events:@:rule/#',
  'AWS::IAM::InstanceProfile': 'iam::@account:instance-profile/#',
  'AWS::IAM::Role': 'iam::@account:role/#',
  'AWS::KMS::Key': 'kms:@:key/#',
  'AWS::Lambda::Alias': 'lambda:@:function:Function:#',
  'AWS::Lambda::Function': 'lambda:@:function:#',
  'AWS::Logs::LogGroup': 'logs:@:log-group:#:*',
  'AWS::RDS::DBCluster': 'rds:@:cluster:#',
  'AWS::RDS::DBInstance': 'rds:@:db:#',
  'AWS::S3::Bucket': 's3:::#',
  'AWS::SNS::Topic': 'sns:@:#',
  'AWS::SQS::Queue': 'sqs:@:#',
  'AWS::SecretsManager::Secret': 'secretsmanager:@:secret:#-AbCdEf',
};

/** Types whose `Ref` is their ARN; that of every other one is its name or id. */
const REFERRED_BY_ARN = new Set(['AWS::Lambda::Alias', 'AWS::SNS::Topic', 'AWS::SecretsManager::Secret', 'AWS::ECS::TaskDefinition', 'AWS::ECS::Service', 'AWS::IAM::ManagedPolicy']);

/** ARNs of something that a resource has, by attribute: the secret that RDS makes for the admin. */
const ATTRIBUTES: Record<string, string> = {
  'MasterUserSecret.SecretArn': 'secretsmanager:@:secret:rds!db-#-AbCdEf',
};

/** The ARN of a resource, or what another attribute that is an ARN gives. */
export function arnOf(type: string, stackName: string, id: string, attribute = 'Arn'): string {
  const format = ATTRIBUTES[attribute] ?? ARNS[type];
  if (format === undefined) throw new Error(`Add the ARN of ${type} to test/grants/arns.ts`);
  const name = referenceName(type, stackName, id);
  return `arn:aws:${format.replace('@account', ACCOUNT_ID).replace('@', `${REGION}:${ACCOUNT_ID}`).replace('#', name)}`;
}

/** What `Ref` gives. */
export function referenceOf(type: string, stackName: string, id: string): string {
  return REFERRED_BY_ARN.has(type) ? arnOf(type, stackName, id) : referenceName(type, stackName, id);
}

function referenceName(type: string, stackName: string, id: string): string {
  const name = `${stackName}-${id}`;
  return type === 'AWS::S3::Bucket' ? name.toLowerCase() : type === 'AWS::EC2::Instance' ? `i-${name}` : name;
}
