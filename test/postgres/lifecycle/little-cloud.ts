import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { creationOrder, resolve, type TemplateResource } from '../../../examples/demo/template';
import { type SqlRequest } from '../../../src/broker/broker.contract';
import { handleSqlRequest } from '../../../src/postgres/engine/handler/sql/handle-sql-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../../src/postgres/engine/postgres.contract';
import type { PostgresServer } from '../../support/postgres-server';
import { ConductorWorld, impatientClock, type Answer } from '../engine/conductor/conductor-world';

interface Living {
  readonly resource: TemplateResource & { readonly DeletionPolicy?: string };
  readonly physicalId: string;
  readonly properties: Record<string, any>;
  readonly attributes: Record<string, string>;
}

type LivingStack = Map<string, Living>;

interface Deployed {
  readonly id: string;
  readonly living: LivingStack;
  readonly outputs: Record<string, { Value: unknown }>;
}

/** Types whose properties matter here. */
const PLAYED = [DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE, 'AWS::IAM::Policy', 'AWS::SecretsManager::Secret'];

/**
 * What CloudFormation, IAM and Secrets Manager do with the templates of this library, as far as users and databases notice: the
 * order of creation and deletion, rollbacks, replacements, what is retained, and who may read which secret. The conductor, the
 * SQL function and the server are the real ones.
 */
export class LittleCloud {
  public readonly world: ConductorWorld;
  /** Requests of CloudFormation, as `Create Service/Api`. */
  public readonly requests: string[] = [];
  /** ARNs of the secrets that stay when their stack has gone, or lets go of them. */
  private readonly retained: Living[] = [];
  private readonly stacks = new Map<string, Deployed>();

  /** @param patience milliseconds that one request of the SQL function may take: minutes in AWS */
  public constructor(server: Pick<PostgresServer, 'admin' | 'hostName' | 'port'>, patience = 3_000) {
    const impatient = (request: SqlRequest) => handleSqlRequest({ ...request, deadline: Math.min(request.deadline, Date.now() + patience) });
    this.world = new ConductorWorld(impatient, impatientClock());
    Object.assign(this.world.env, { HOST: server.hostName, PORT: String(server.port) });
    this.world.secrets.put(this.world.adminSecret, server.admin);
  }

  /** Deploys a stack; with `fails`, something else in it fails at the end, and all is rolled back. Answers the reason of a rollback. */
  public async deploy(stack: Stack, { fails = false } = {}): Promise<string | undefined> {
    const { Resources, Outputs = {} } = Template.fromStack(stack).toJSON();
    const { id = `arn:aws:cloudformation:eu-west-1:111111111111:stack/${stack.stackName}/${crypto.randomUUID()}`, living: before = new Map<string, Living>() } = this.stacks.get(stack.stackName) ?? {};
    const after: LivingStack = new Map();
    this.stacks.set(stack.stackName, { id, living: new Map(before), outputs: Outputs });
    try {
      for (const logicalId of creationOrder({ Resources })) {
        after.set(logicalId, await this.converge(stack.stackName, logicalId, Resources[logicalId], before.get(logicalId)));
        this.stacks.get(stack.stackName)?.living.set(logicalId, after.get(logicalId) as Living);
      }
      if (fails) {
        throw new Error('Something else failed');
      }
    } catch (error) {
      await this.rollBack(stack.stackName, before, after);
      return (error as Error).message;
    }
    await this.cleanUp(stack.stackName, before, after);
    return undefined;
  }

  /** Deletes a stack. */
  public async destroy(stackName: string): Promise<void> {
    const { living } = this.deployed(stackName);
    await this.cleanUp(stackName, new Map(living), new Map());
    this.stacks.delete(stackName);
  }

  /** What a task gets from the secret of a user. */
  public credentials(stackName: string, username: string): Record<string, string> {
    const user = [...this.deployed(stackName).living.values()].find(({ properties }) => properties.Username === username);
    return this.world.secrets.value(user?.attributes.SecretArn ?? 'no such user');
  }

  private async converge(stackName: string, logicalId: string, resource: TemplateResource, before?: Living): Promise<Living> {
    const properties = PLAYED.includes(resource.Type)
      ? resolve(this.withOutputs(resource.Properties ?? {}), (id, attribute) => this.valueOf(stackName, id, attribute)) as Record<string, any> : {};
    if (resource.Type.startsWith('Custom::Postgres')) {
      if (before && JSON.stringify(before.properties) === JSON.stringify(properties)) {
        return { ...before, resource };
      }
      const answer = await this.request(stackName, logicalId, before ? 'Update' : 'Create', resource.Type, properties, before);
      const living = { resource, properties, physicalId: answer.PhysicalResourceId, attributes: answer.Data ?? {} };
      if (answer.Status === 'FAILED') {
        this.stacks.get(stackName)?.living.set(logicalId, living);
        throw Object.assign(new Error(answer.Reason), { living });
      }
      return living;
    }
    const physicalId = before?.physicalId ?? (resource.Type === 'AWS::SecretsManager::Secret' ? this.world.secrets.create(`${logicalId}-${crypto.randomUUID()}`, undefined, this.deployed(stackName).id) : `${stackName}.${logicalId}`);
    return { resource, properties, physicalId, attributes: {} };
  }

  /** CloudFormation goes back to the old properties first, then deletes what is too much. */
  private async rollBack(stackName: string, before: LivingStack, after: LivingStack): Promise<void> {
    const { living } = this.deployed(stackName);
    for (const [logicalId, old] of before) {
      const now = living.get(logicalId);
      if (old.resource.Type.startsWith('Custom::') && now && JSON.stringify(now.properties) !== JSON.stringify(old.properties)) {
        const answer = await this.request(stackName, logicalId, 'Update', old.resource.Type, old.properties, now);
        expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: old.physicalId });
      }
    }
    await this.cleanUp(stackName, new Map([...living].map(([id, now]) => [id, after.get(id) ?? now])), before, ['Retain']);
    if (before.size === 0) {
      // Such a stack can only be deleted; the next one of its name has another id.
      this.stacks.delete(stackName);
    }
  }

  private async cleanUp(stackName: string, old: LivingStack, kept: LivingStack, retaining = ['Retain', 'RetainExceptOnCreate']): Promise<void> {
    const resources = Object.fromEntries([...old].map(([id, { resource }]) => [id, resource]));
    for (const logicalId of creationOrder({ Resources: resources }).reverse()) {
      const gone = old.get(logicalId) as Living;
      if (kept.get(logicalId)?.physicalId !== gone.physicalId) {
        await this.remove(stackName, logicalId, gone, retaining);
      }
    }
    this.stacks.set(stackName, { ...this.deployed(stackName), living: new Map(kept) });
  }

  private async remove(stackName: string, logicalId: string, gone: Living, retaining: string[]): Promise<void> {
    if (retaining.includes(gone.resource.DeletionPolicy ?? 'Delete')) {
      this.retained.push(gone);
    } else if (gone.resource.Type.startsWith('Custom::')) {
      expect(await this.request(stackName, logicalId, 'Delete', gone.resource.Type, gone.properties, gone)).toMatchObject({ Status: 'SUCCESS' });
    } else if (gone.resource.Type === 'AWS::SecretsManager::Secret') {
      this.world.secrets.delete(gone.physicalId);
    }
    this.deployed(stackName).living.delete(logicalId);
  }

  private async request(
    stackName: string, LogicalResourceId: string, RequestType: 'Create' | 'Update' | 'Delete', ResourceType: string, ResourceProperties: Record<string, any>, old?: Living,
  ): Promise<Answer> {
    this.requests.push(`${RequestType} ${stackName}/${ResourceProperties.Username ?? ResourceProperties.DatabaseName}`);
    const client = this.world.secrets.asClient();
    const send = (command: { input: { SecretId: string } }) => this.mayUse(command.input.SecretId)
      ? client.send(command as never)
      : Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }));
    return this.world.send({
      RequestType,
      StackId: this.deployed(stackName).id,
      LogicalResourceId,
      ResourceType,
      ResourceProperties,
      PhysicalResourceId: old?.physicalId,
      OldResourceProperties: old?.properties ?? {},
    } as never, { secrets: { send } as never });
  }

  /** Whether a policy of the conductor's role lets it at a secret: all tags that a statement asks for are on the secret. */
  private mayUse(secretArn: string): boolean {
    const living = [...this.stacks.values()].flatMap((stack) => [...stack.living.values()]).concat(this.retained);
    const tags: { Key: string; Value: string }[] = living.find(({ physicalId }) => physicalId === secretArn)?.properties.Tags ?? [];
    const statements: any[] = living.filter(({ resource }) => resource.Type === 'AWS::IAM::Policy').flatMap(({ properties }) => properties.PolicyDocument.Statement);
    return secretArn === this.world.adminSecret || statements.some(({ Action: action, Condition: { StringEquals: wanted = {} } = {} }) => {
      const keys = Object.keys(wanted);
      return action.includes('secretsmanager:PutSecretValue') && keys.length > 0 && keys.every((key) => tags.some((tag) => key === `aws:ResourceTag/${tag.Key}` && wanted[key] === tag.Value));
    });
  }

  /** Replaces what other stacks put out. */
  private withOutputs(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((each) => this.withOutputs(each));
    }
    if (value === null || typeof value !== 'object') {
      return value;
    }
    const { 'Fn::GetStackOutput': output } = value as { 'Fn::GetStackOutput'?: { StackName: string; OutputName: string } };
    if (output !== undefined) {
      return resolve(this.deployed(output.StackName).outputs[output.OutputName].Value, (id, attribute) => this.valueOf(output.StackName, id, attribute));
    }
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.withOutputs(each)]));
  }

  private valueOf(stackName: string, id: string, attribute?: string): string {
    if (id === 'AWS::StackId') {
      return this.deployed(stackName).id;
    }
    const living = this.stacks.get(stackName)?.living.get(id);
    return attribute === undefined ? living?.physicalId ?? `${stackName}.${id}` : living?.attributes[attribute] ?? `${stackName}.${id}.${attribute}`;
  }

  private deployed(stackName: string): Deployed {
    const found = this.stacks.get(stackName);
    if (found === undefined) {
      throw new Error(`No stack ${stackName}`);
    }
    return found;
  }
}
