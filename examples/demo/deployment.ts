import * as crypto from 'crypto';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { RDSClient } from '@aws-sdk/client-rds';
import { creationOrder, resolve, type Template } from './template';
import type { SqlRequest } from '../../src/broker/broker.contract';
import { ConductorEnv } from '../../src/broker/broker.contract';
import { systemClock } from '../../src/broker/handler/clock';
import { handleConductorRequest } from '../../src/postgres/engine/handler/conductor/handle-conductor-request';
import { handleSqlRequest } from '../../src/postgres/engine/handler/sql/handle-sql-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../src/postgres/engine/postgres.contract';
import type { PostgresServer } from '../../test/support/postgres-server';
import { InMemorySecretsManager } from '../../test/support/secrets-manager';

const REGION = 'eu-west-1';
const ACCOUNT = '111111111111';
const BROKER_TYPES = [DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE];

/** What a replayed custom-resource request ended in. */
export interface Converged {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  /** Statements that changed something on the server. */
  readonly changes: string[];
}

interface CustomResourceResponse {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/**
 * The part of CloudFormation that the demo needs: it gives resources their attributes and sends custom-resource requests.
 * The database server is a real one on this machine; Secrets Manager is the only service that is stood in for.
 */
export class Deployment {
  public readonly secrets = new InMemorySecretsManager();
  private readonly adminSecretArn: string;
  private readonly attributes = new Map<string, string>();
  private readonly physicalIds = new Map<string, string>();
  private readonly stackId: string;

  constructor(stackName: string, private readonly template: Template, private readonly server: PostgresServer) {
    this.stackId = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stackName}/${crypto.randomUUID()}`;
    // Like the secret that RDS manages: no host in it.
    this.adminSecretArn = this.secrets.create('rds-managed', { username: server.admin.username, password: server.admin.password });
    for (const [id, resource] of Object.entries(template.Resources)) {
      if (resource.Type === 'AWS::SecretsManager::Secret') {
        this.attributes.set(id, this.secrets.create(id, undefined, this.stackId));
      }
    }
  }

  /** Sends every request that the template declares to the broker, in CloudFormation's order. */
  public async converge(): Promise<Converged[]> {
    const results: Converged[] = [];
    for (const id of creationOrder(this.template)) {
      if (BROKER_TYPES.includes(this.template.Resources[id].Type)) {
        results.push(await this.request(id));
      }
    }
    return results;
  }

  /** A template value with its references replaced. */
  public resolve<T>(value: unknown): T {
    return resolve(value, (id, attribute) => this.attributeOf(id, attribute)) as T;
  }

  /** What ECS puts into a container for `<secret ARN>:<JSON key>::`. */
  public secretField(valueFrom: string): string {
    const [arn, field] = [valueFrom.split(':').slice(0, 7).join(':'), valueFrom.split(':')[7]];
    return String(this.secrets.value(arn)[field]);
  }

  private async request(id: string): Promise<Converged> {
    const { Type, Properties = {} } = this.template.Resources[id];
    const physicalId = this.physicalIds.get(id);
    const changes: string[] = [];
    const response = await this.send(changes, {
      RequestType: physicalId === undefined ? 'Create' : 'Update',
      StackId: this.stackId,
      LogicalResourceId: id,
      PhysicalResourceId: physicalId,
      ResourceType: Type,
      ResourceProperties: this.resolve<Record<string, unknown>>(Properties),
      OldResourceProperties: physicalId && this.resolve<Record<string, unknown>>(Properties),
    });
    this.physicalIds.set(id, response.PhysicalResourceId);
    for (const [name, value] of Object.entries(response.Data ?? {})) {
      this.attributes.set(`${id}.${name}`, value);
    }
    const name = this.resolve<string>(Properties.Username ?? Properties.DatabaseName);
    return { logicalId: id, type: Type, name, status: response.Status, reason: response.Reason, changes };
  }

  private async send(changes: string[], event: { ResourceProperties: Record<string, unknown>; [key: string]: unknown }) {
    let body = '';
    const request = { ServiceToken: event.ResourceProperties.ServiceToken, ResponseURL: 'https://cloudformation.invalid', RequestId: crypto.randomUUID(), ...event };
    await handleConductorRequest(request as unknown as Parameters<typeof handleConductorRequest>[0], {
      secrets: this.secrets.asClient(),
      rds: new RDSClient({ region: REGION }),
      logs: new CloudWatchLogsClient({ region: REGION }),
      invokeSql: async (sql: SqlRequest) => {
        const answer = await handleSqlRequest(sql);
        changes.push(...(answer.ok ? answer.changes : []));
        return answer;
      },
      sendResponse: async (_, text) => {
        body = text;
      },
      continueLater: () => Promise.reject(new Error('There is no other invocation.')),
      remainingMillis: () => 60_000,
      log: () => undefined,
      clock: systemClock,
      region: REGION,
      env: this.environmentOf(String(event.ResourceProperties.ServiceToken)),
    });
    return JSON.parse(body) as CustomResourceResponse;
  }

  /** Environment of the function that a service token stands for; only the port differs, since 5432 may be taken here. */
  private environmentOf(functionArn: string): Record<string, string> {
    const id = functionArn.split('.')[0];
    const { Environment } = this.template.Resources[id].Properties as { Environment: { Variables: unknown } };
    return { ...this.resolve<Record<string, string>>(Environment.Variables), [ConductorEnv.PORT]: String(this.server.port) };
  }

  private attributeOf(id: string, attribute?: string): string {
    const known = this.attributes.get(attribute === undefined ? id : `${id}.${attribute}`);
    if (known !== undefined) {
      return known;
    }
    switch (`${this.template.Resources[id]?.Type ?? id} ${attribute ?? ''}`.trim()) {
      case 'AWS::Region': return REGION;
      case 'AWS::AccountId': return ACCOUNT;
      case 'AWS::Partition': return 'aws';
      case 'AWS::StackId': return this.stackId;
      case 'AWS::RDS::DBInstance Endpoint.Address': return this.server.hostName;
      case 'AWS::RDS::DBInstance Endpoint.Port': return String(this.server.port);
      case 'AWS::RDS::DBInstance MasterUserSecret.SecretArn': return this.adminSecretArn;
      default: return attribute === undefined ? id : `${id}.${attribute}`;
    }
  }
}
