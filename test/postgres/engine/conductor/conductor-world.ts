import { RDSClient } from '@aws-sdk/client-rds';
import { ConductorEnv, type SqlRequest, type SqlResponse } from '../../../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS } from '../../../../src/broker/conductor.contract';
import type { Clock } from '../../../../src/broker/handler/clock';
import type { ConductorDependencies } from '../../../../src/broker/handler/conductor/dependencies';
import type { ConductorEvent } from '../../../../src/broker/handler/conductor/request';
import { handleConductorRequest } from '../../../../src/postgres/engine/handler/conductor/handle-conductor-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../../../src/postgres/engine/postgres.contract';
import { InMemorySecretsManager } from '../../../support/secrets-manager';

export const STACK = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Backend/1b1b1b1b-0000-0000-0000-000000000000';
export const ADMIN_PASSWORD = 'adm/in "p@ss\\word';

/** What CloudFormation received. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** A clock on which waiting takes no time. */
export class FakeClock implements Clock {
  private time = 1_700_000_000_000;

  public now = () => this.time;

  public sleep = async (milliseconds: number) => {
    this.time += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  };
}

/** A clock for a real server, on which waiting takes next to no time. */
export function impatientClock(): Clock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: async (milliseconds) => {
      offset += milliseconds;
      await new Promise((done) => setTimeout(done, Math.min(milliseconds, 50)));
    },
  };
}

/** Everything around a conductor, in this process; `sql` is what the SQL function does. */
export class ConductorWorld {
  public readonly secrets = new InMemorySecretsManager();
  public readonly adminSecret = this.secrets.create('admin', { username: 'postgres', password: ADMIN_PASSWORD });
  public readonly logs: string[] = [];
  public readonly bodies: string[] = [];
  public readonly env: Record<string, string> = {
    [ConductorEnv.HOST]: 'db.example.internal',
    [ConductorEnv.PORT]: '5432',
    [ConductorEnv.ADMIN_SECRET_ARN]: this.adminSecret,
    [ConductorEnv.SERVER_KIND]: 'instance',
    [ConductorEnv.SERVER_IDENTIFIER]: 'backend',
    [ConductorEnv.SERVER_OWNED]: 'true',
  };
  public readonly rds = new RDSClient({ region: 'eu-west-1' });
  public region = 'eu-west-1';
  private requests = 0;

  public constructor(public sql: (request: SqlRequest, until: number) => Promise<SqlResponse>, public readonly clock: Clock = new FakeClock()) {}

  /** Sends an event and returns the answer. */
  public async send(event: Partial<ConductorEvent> & Pick<ConductorEvent, 'RequestType'>, overrides: Partial<ConductorDependencies> = {}): Promise<Answer> {
    const answers: string[] = [];
    const end = this.clock.now() + CONDUCTOR_TIMEOUT_SECONDS * 1000;
    await handleConductorRequest(this.event(event), {
      secrets: this.secrets.asClient(),
      rds: this.rds,
      invokeSql: (request, until) => this.sql(request, until),
      sendResponse: async (_, body) => void answers.push(body),
      remainingMillis: () => end - this.clock.now(),
      log: (entry) => this.logs.push(JSON.stringify(entry)),
      clock: this.clock,
      region: this.region,
      env: this.env,
      ...overrides,
    });
    this.bodies.push(...answers);
    expect(answers.length).toBeLessThanOrEqual(1);
    return JSON.parse(answers[0] ?? '{}') as Answer;
  }

  /** Properties of a user. */
  public user(secretArn: string, properties: object = {}) {
    return {
      ResourceType: USER_RESOURCE_TYPE,
      LogicalResourceId: 'Api',
      ResourceProperties: { ServiceToken: 'conductor', Username: 'api', DatabaseName: 'app', Access: 'READ_WRITE', SecretArn: secretArn, ...properties },
    };
  }

  /** Properties of a database. */
  public database(properties: object = {}) {
    return {
      ResourceType: DATABASE_RESOURCE_TYPE,
      LogicalResourceId: 'Database',
      ResourceProperties: { ServiceToken: 'conductor', DatabaseName: 'app', ...properties },
    };
  }

  /** Everything that left the conductor for eyes that may not see passwords. */
  public get said(): string {
    return [...this.logs, ...this.bodies].join('\n');
  }

  private event(event: Partial<ConductorEvent> & Pick<ConductorEvent, 'RequestType'>): ConductorEvent {
    return {
      ServiceToken: 'conductor',
      ResponseURL: 'https://response.example/signed?signature=do-not-log',
      StackId: STACK,
      RequestId: `request-${++this.requests}`,
      OldResourceProperties: {},
      ...event,
    } as ConductorEvent;
  }
}

/** A server that never answers. */
export function unreachable(code = 'ETIMEDOUT'): SqlResponse {
  return { ok: false, error: { code, message: `Server db.example.internal:5432 was not reached (${code}).`, unreachable: true, wrongPassword: false } };
}
