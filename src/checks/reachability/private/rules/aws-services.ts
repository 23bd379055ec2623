import type { AwsService } from '../hops/services';

const field = (name: string) => `an interface endpoint (InterfaceVpcEndpointAwsService.${name})`;

/** Services that tasks and instances need before a line of their own code runs. */
export const ECR_API: AwsService = { name: 'ecr.api', actions: ['ecr:GetAuthorizationToken'], endpoint: field('ECR') };
export const ECR_DOCKER: AwsService = { name: 'ecr.dkr', actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], endpoint: field('ECR_DOCKER') };
/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms */
export const S3_LAYERS: AwsService = { name: 's3', actions: ['s3:GetObject'], resource: 'starport-layer-bucket', endpoint: 'a gateway endpoint (GatewayVpcEndpointAwsService.S3)' };
export const LOGS: AwsService = { name: 'logs', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], endpoint: field('CLOUDWATCH_LOGS') };
export const SECRETS_MANAGER: AwsService = { name: 'secretsmanager', actions: ['secretsmanager:GetSecretValue'], endpoint: field('SECRETS_MANAGER') };
export const PARAMETERS: AwsService = { name: 'ssm', actions: ['ssm:GetParameters'], endpoint: field('SSM') };
export const SSM: AwsService = { name: 'ssm', actions: ['ssm:UpdateInstanceInformation'], endpoint: field('SSM') };
export const SSM_MESSAGES: AwsService = { name: 'ssmmessages', actions: ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenDataChannel'], endpoint: field('SSM_MESSAGES') };

/**
 * Endpoints by the prefix of the actions that are asked for. Services without an endpoint, and those that others ask in the name of an instance, are left out.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
 */
const BY_PREFIX: { readonly [prefix: string]: readonly [service: string, field: string] } = {
  autoscaling: ['autoscaling', 'AUTOSCALING'],
  cloudformation: ['cloudformation', 'CLOUDFORMATION'],
  cloudwatch: ['monitoring', 'CLOUDWATCH_MONITORING'],
  dynamodb: ['dynamodb', 'DYNAMODB'],
  ec2: ['ec2', 'EC2'],
  events: ['events', 'EVENTBRIDGE'],
  lambda: ['lambda', 'LAMBDA'],
  logs: ['logs', 'CLOUDWATCH_LOGS'],
  s3: ['s3', 'S3'],
  secretsmanager: ['secretsmanager', 'SECRETS_MANAGER'],
  sns: ['sns', 'SNS'],
  sqs: ['sqs', 'SQS'],
  ssm: ['ssm', 'SSM'],
  sts: ['sts', 'STS'],
};

/** The service of actions with a prefix, where its endpoint is known. */
export function serviceOf(prefix: string, actions: readonly string[] = []): AwsService | undefined {
  const [name, constant] = BY_PREFIX[prefix] ?? [];
  if (name === undefined || constant === undefined) {
    return undefined;
  }
  return { name, actions, endpoint: ['dynamodb', 's3'].includes(name) ? `a gateway endpoint (GatewayVpcEndpointAwsService.${constant})` : field(constant) };
}
