import { setTimeout as sleep } from 'timers/promises';
import { CloudFormationClient, CreateStackCommand, DescribeStackResourcesCommand, DescribeStacksCommand, ListStacksCommand, paginateDescribeStackEvents, type Stack, type StackEvent } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient, type TaskDefinition } from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { REGION } from './emulator';

/** The emulated AWS, as the tests look at it: through its public APIs. */
export class Cloud {
  public readonly cloudFormation: CloudFormationClient;
  public readonly ecs: ECSClient;
  public readonly lambda: LambdaClient;
  public readonly rds: RDSClient;
  private readonly logs: CloudWatchLogsClient;
  private readonly secrets: SecretsManagerClient;

  constructor(public readonly endpoint: string) {
    const config = { endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    this.cloudFormation = new CloudFormationClient(config);
    this.ecs = new ECSClient(config);
    this.lambda = new LambdaClient(config);
    this.rds = new RDSClient(config);
    this.logs = new CloudWatchLogsClient(config);
    this.secrets = new SecretsManagerClient(config);
  }

  public async createSecret(name: string, value: object): Promise<string> {
    const { ARN } = await this.secrets.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }));
    return ARN ?? '';
  }

  public async putSecret(arn: string, value: object): Promise<void> {
    await this.secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify(value) }));
  }

  public async secret(arn: string): Promise<Record<string, string>> {
    return JSON.parse(await this.secretString(arn)) as Record<string, string>;
  }

  /** What ECS puts into a container for `<secret ARN>`, or `<secret ARN>:<JSON key>::`. */
  public async secretField(valueFrom: string): Promise<string> {
    const [arn, key] = [valueFrom.split(':').slice(0, 7).join(':'), valueFrom.split(':')[7]];
    if (key === undefined) return this.secretString(arn);
    const { [key]: field } = await this.secret(arn);
    if (field === undefined) throw new Error(`ResourceInitializationError: ${arn} has no field '${key}'`);
    return String(field);
  }

  public async secretString(arn: string): Promise<string> {
    const { SecretString = '' } = await this.secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    return SecretString;
  }

  public async createLogStream(group: string, stream: string): Promise<void> {
    await this.logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
  }

  public async writeLog(group: string, stream: string, lines: readonly string[]): Promise<void> {
    const timestamp = Date.now();
    await this.logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents: lines.map((message) => ({ timestamp, message: message || ' ' })) }));
  }

  public async taskDefinition(taskDefinition: string): Promise<TaskDefinition> {
    const output = await this.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    return output.taskDefinition ?? {};
  }

  /** Hands an event to a function without waiting for it, as CloudFormation does. */
  public async invoke(functionName: string, event: object): Promise<void> {
    await this.lambda.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }));
  }

  /** Invokes a function and waits for its answer, as people do. */
  public async ask<T>(functionName: string, event: object): Promise<{ readonly error?: string; readonly answer: T }> {
    const { FunctionError, Payload } = await this.lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }));
    const text = Buffer.from(Payload ?? []).toString('utf8');
    return { error: FunctionError === undefined ? undefined : text, answer: JSON.parse(text) as T };
  }

  /** A public zone that the account owns before anything is deployed; answers with its id. */
  public async createHostedZone(name: string): Promise<string> {
    const StackName = 'Zone';
    const Resources = { Zone: { Type: 'AWS::Route53::HostedZone', Properties: { Name: name } } };
    await this.cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources }) }));
    while ((await this.stack(StackName))?.StackStatus === 'CREATE_IN_PROGRESS') {
      await sleep(50);
    }
    return (await this.resources(StackName, 'AWS::Route53::HostedZone')).Zone;
  }

  public async stack(name: string): Promise<Stack | undefined> {
    const { Stacks } = await this.cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.[0];
  }

  /** Events of a stack, oldest first, also of one that was deleted. */
  public async events(name: string): Promise<StackEvent[]> {
    const { StackSummaries = [] } = await this.cloudFormation.send(new ListStacksCommand({}));
    const { StackId } = StackSummaries.find(({ StackName }) => StackName === name) ?? {};
    const events: StackEvent[] = [];
    if (StackId === undefined) return events;
    for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client: this.cloudFormation }, { StackName: StackId })) {
      events.push(...StackEvents);
    }
    return events.reverse();
  }

  /** Resources of a stack: physical ids by logical ids, of one type. */
  public async resources(stack: string, type: string): Promise<Record<string, string>> {
    const { StackResources = [] } = await this.cloudFormation.send(new DescribeStackResourcesCommand({ StackName: stack }));
    return Object.fromEntries(StackResources
      .filter(({ ResourceType }) => ResourceType === type)
      .map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [LogicalResourceId, PhysicalResourceId]));
  }

  public async serviceTaskDefinitions(stack: string): Promise<string[]> {
    const arns = Object.values(await this.resources(stack, 'AWS::ECS::Service'));
    if (arns.length === 0) return [];
    const [cluster] = Object.values(await this.resources(stack, 'AWS::ECS::Cluster'));
    const { services = [] } = await this.ecs.send(new DescribeServicesCommand({ cluster, services: arns }));
    return services.map(({ taskDefinition = '' }) => taskDefinition);
  }
}
