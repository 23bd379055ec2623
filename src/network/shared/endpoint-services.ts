import { CfnResource, Reference, Resource, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { EndpointService } from '../../binding/shared/endpoint-service';
import { warn } from '../../private/errors';
import { pathOf } from '../../private/stage-path';

const ECR_API: EndpointService = { name: 'ecr.api', id: 'Ecr', constant: 'ECR', service: ec2.InterfaceVpcEndpointAwsService.ECR, why: 'to pull images' };
const ECR_DKR: EndpointService = { name: 'ecr.dkr', id: 'EcrDocker', constant: 'ECR_DOCKER', service: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER, why: 'to pull images' };
const LOGS: EndpointService = { name: 'logs', id: 'CloudWatchLogs', constant: 'CLOUDWATCH_LOGS', service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS, why: 'to write logs' };
const SECRETS: EndpointService = { name: 'secretsmanager', id: 'SecretsManager', constant: 'SECRETS_MANAGER', service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, why: 'to read secrets' };
const SSM: EndpointService = { name: 'ssm', id: 'Ssm', constant: 'SSM', service: ec2.InterfaceVpcEndpointAwsService.SSM, why: 'for Session Manager' };
const SSM_MESSAGES: EndpointService = { name: 'ssmmessages', id: 'SsmMessages', constant: 'SSM_MESSAGES', service: ec2.InterfaceVpcEndpointAwsService.SSM_MESSAGES, why: 'for Session Manager' };
const S3: EndpointService = { name: 's3', id: 'S3', constant: 'S3', why: 'to load image layers and Amazon Linux packages' };

/** What a Fargate task needs before its first line of code runs. Layers of ECR images come from S3. */
export const TASK_SERVICES: EndpointService[] = [ECR_API, ECR_DKR, LOGS, SECRETS, S3];

/** What an instance needs to take Session Manager sessions. ec2messages is not needed since SSM Agent 3.3.40. */
export const SESSION_SERVICES: EndpointService[] = [SSM, SSM_MESSAGES, S3];

/** What ECS Exec needs on top of a task's own services. */
export const EXEC_SERVICES: EndpointService[] = [SSM_MESSAGES];

/** What whoever sends to or takes from a queue needs. */
export const QUEUE_SERVICE: EndpointService = { name: 'sqs', id: 'Sqs', constant: 'SQS', service: ec2.InterfaceVpcEndpointAwsService.SQS, why: 'to send and receive messages' };

/** What writes to CloudWatch Logs needs. */
export const LOGS_SERVICE: EndpointService = LOGS;

/** Interface endpoints of a network without a way to the internet. */
export const NETWORK_SERVICES: EndpointService[] = [ECR_API, ECR_DKR, LOGS, SECRETS, SSM, SSM_MESSAGES];

/** Whether the VPC is made by this app, so that its endpoints are known at synth. */
export function isOwnVpc(vpc: ec2.IVpc): boolean {
  return Resource.isOwnedResource(vpc);
}

/** The services that no endpoint of the VPC in this app serves. */
export function missingEndpoints(vpc: ec2.IVpc, services: EndpointService[]): EndpointService[] {
  const endpoints = endpointsOf(vpc);
  return services.filter((service) => !endpoints.some((endpoint) => serves(endpoint, service)));
}

/** Advice for a VPC whose endpoints cannot be seen, once for each construct. */
export function warnAboutImported(scope: IConstruct, services: EndpointService[]): void {
  warn(scope, 'Placement.importedIsolatedSubnets', 'This construct is in isolated subnets of a VPC that is not created in this app, so this library can\'t see the endpoints. '
    + `The VPC must have endpoints with private DNS for ${services.map((service) => `'${service.name}'`).join(', ')}. If these endpoints exist, acknowledge this warning.`);
}

/** The code that adds what is missing. */
export function addingCode({ id, constant, service }: EndpointService): string {
  const kind = service === undefined ? 'Gateway' : 'Interface';
  return `vpc.add${kind}Endpoint('${id}', { service: ec2.${kind}VpcEndpointAwsService.${constant} })`;
}

/**
 * Warns, once every endpoint is declared, about those that are not in the one group that tasks of the network may connect to. A rule of the user's own
 * may open the path, which nobody sees here.
 */
export function warnOfOtherGroups(scope: IConstruct, vpc: ec2.IVpc, group: ec2.ISecurityGroup): void {
  const has = (endpoint: ec2.CfnVPCEndpoint) => textOf(endpoint, endpoint.securityGroupIds).includes(textOf(endpoint, group.securityGroupId));
  const judge = (endpoint: ec2.CfnVPCEndpoint) => warn(endpoint, 'BackendNetwork.endpointGroup', `With \`s3PrefixList\`, tasks may connect to endpoints with the network's \`endpointSecurityGroup\` only, and '${pathOf(endpoint)}' has another group. `
    + 'Set `securityGroups: [network.endpointSecurityGroup!]` on the endpoint. If you allow its group yourself, acknowledge this warning.');
  scope.node.addValidation({
    validate: () => {
      endpointsOf(vpc).filter(({ vpcEndpointType }) => vpcEndpointType === 'Interface').filter((endpoint) => !has(endpoint)).forEach(judge);
      return [];
    },
  });
}

function endpointsOf(vpc: ec2.IVpc): ec2.CfnVPCEndpoint[] {
  return vpc.node.root.node.findAll().filter(isEndpoint).filter((endpoint) => belongsTo(endpoint, vpc));
}

function textOf(scope: IConstruct, value: unknown): string {
  return JSON.stringify(Stack.of(scope).resolve(value) ?? []);
}

function isEndpoint(construct: IConstruct): construct is ec2.CfnVPCEndpoint {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === ec2.CfnVPCEndpoint.CFN_RESOURCE_TYPE_NAME;
}

function belongsTo(endpoint: ec2.CfnVPCEndpoint, vpc: ec2.IVpc): boolean {
  const reference = Token.isUnresolved(endpoint.vpcId) ? Tokenization.reverse(endpoint.vpcId) : undefined;
  return reference !== undefined && Reference.isReference(reference) ? reference.target === vpc.node.defaultChild : endpoint.vpcId === vpc.vpcId;
}

function serves(endpoint: ec2.CfnVPCEndpoint, service: EndpointService): boolean {
  const isGateway = (endpoint.vpcEndpointType ?? 'Gateway') === 'Gateway';
  const answersNames = isGateway ? service.service === undefined : endpoint.privateDnsEnabled !== false;
  // A string where the region is known, else a join whose last part ends like it.
  const name = JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName) ?? '');
  return answersNames && new RegExp(`\\.${service.name}(-fips)?"`).test(name);
}
