import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand, ListStacksCommand, paginateDescribeStackEvents, type Stack, type StackEvent } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeServicesCommand, ECSClient, type TaskDefinition } from '@aws-sdk/client-ecs';
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
    const { SecretString } = await this.secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    return JSON.parse(SecretString ?? '{}') as Record<string, string>;
  }

  /** What ECS puts into a container for `<secret ARN>:<JSON key>::`. */
  public async secretField(valueFrom: string): Promise<string> {
    const value = await this.secret(valueFrom.split(':').slice(0, 7).join(':'));
    return String(value[valueFrom.split(':')[7]]);
  }

  public async writeLog(group: string, stream: string, lines: readonly string[]): Promise<void> {
    const names = { logGroupName: group, logStreamName: stream };
    await this.logs.send(new CreateLogStreamCommand(names));
    if (lines.length > 0) {
      const timestamp = Date.now();
      await this.logs.send(new PutLogEventsCommand({ ...names, logEvents: lines.map((message) => ({ timestamp, message: message || ' ' })) }));
    }
  }

  /** Not through the SDK, which drops the secrets: the emulator keeps their names in the template's capitals. */
  public async taskDefinition(taskDefinition: string): Promise<TaskDefinition> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition' },
      body: JSON.stringify({ taskDefinition }),
    });
    if (!response.ok) throw new Error(`ClientException: ${await response.text()}`);
    return (uncapitalized(await response.json()) as { taskDefinition: TaskDefinition }).taskDefinition;
  }

  /** Hands an event to a function without waiting for it, as CloudFormation does. */
  public async invoke(functionName: string, event: object): Promise<void> {
    await this.lambda.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }));
  }

  /** A public zone that the account owns before anything is deployed; answers with its id. */
  public async createHostedZone(name: string): Promise<string> {
    const response = await fetch(`${this.endpoint}/2013-04-01/hostedzone`, {
      method: 'POST',
      body: `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>${name}</Name><CallerReference>${name}</CallerReference></CreateHostedZoneRequest>`,
    });
    const id = /<Id>\/hostedzone\/(\w+)<\/Id>/.exec(await response.text())?.[1];
    if (id === undefined) throw new Error(`No hosted zone was made (${response.status}).`);
    return id;
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
    for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client: this.cloudFormation }, { StackName: StackId ?? name })) {
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
    const [cluster] = Object.values(await this.resources(stack, 'AWS::ECS::Cluster'));
    const { services = [] } = await this.ecs.send(new DescribeServicesCommand({ cluster, services: arns }));
    return services.map(({ taskDefinition = '' }) => taskDefinition);
  }
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), uncapitalized(item)]));
}
