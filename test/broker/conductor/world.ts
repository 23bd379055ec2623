import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { RDSClient } from '@aws-sdk/client-rds';
import { ConductorEnv, type SqlRequest, type SqlResponse } from '../../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS } from '../../../src/broker/conductor.contract';
import type { Clock } from '../../../src/broker/handler/clock';
import type { Answer as AnswerRequest } from '../../../src/broker/handler/conductor/conductor-handler';
import type { ConductorDependencies } from '../../../src/broker/handler/conductor/dependencies';
import type { ConductorEvent } from '../../../src/broker/handler/conductor/request';
import { InMemorySecretsManager } from '../../support/secrets-manager';

export const STACK = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Backend/1b1b1b1b-0000-0000-0000-000000000000';
export const ADMIN_PASSWORD = 'adm/in "p@ss\\word';

/** What CloudFormation received. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** What a test has to say of a request; the rest is the same for all. */
export interface RequestParts {
  readonly RequestType: ConductorEvent['RequestType'];
  readonly ResourceType?: string;
  readonly LogicalResourceId?: string;
  readonly StackId?: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties?: object;
  readonly OldResourceProperties?: object;
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

/** A clock for a real server, on which waiting takes next to no time: at most so many milliseconds. */
export function impatientClock(longest = 50): Clock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: async (milliseconds) => {
      offset += milliseconds;
      await new Promise((done) => setTimeout(done, Math.min(milliseconds, longest)));
    },
  };
}

/** Everything around the conductor of an engine, in this process; `sql` is what the SQL function does. */
export class NeutralWorld {
  public readonly secrets = new InMemorySecretsManager();
  public readonly adminSecret = this.secrets.create('admin', { username: 'admin', password: ADMIN_PASSWORD });
  public readonly logs: string[] = [];
  public readonly bodies: string[] = [];
  public readonly env: Record<string, string> = {
    [ConductorEnv.HOST]: 'db.example.internal',
    [ConductorEnv.PORT]: '7000',
    [ConductorEnv.ADMIN_SECRET_ARN]: this.adminSecret,
    [ConductorEnv.SERVER_KIND]: 'instance',
    [ConductorEnv.SERVER_IDENTIFIER]: 'backend',
    [ConductorEnv.SERVER_OWNED]: 'true',
  };
  public readonly rds = new RDSClient({ region: 'eu-west-1' });
  public readonly cloudwatchLogs = new CloudWatchLogsClient({ region: 'eu-west-1' });
  public region = 'eu-west-1';
  /** How many invocations the last request took. */
  public invocations = 0;
  private requests = 0;

  public constructor(
    private readonly answer: AnswerRequest,
    public sql: (request: SqlRequest, until: number) => Promise<SqlResponse>,
    public readonly clock: Clock = new FakeClock(),
  ) {}

  /** Sends an event and returns the answer, of whichever invocation gave it. */
  public async send(event: RequestParts, overrides: Partial<ConductorDependencies> = {}): Promise<Answer> {
    const answers: string[] = [];
    const events = [this.event(event)];
    for (this.invocations = 0; this.invocations < events.length; this.invocations++) {
      await this.invoke(events[this.invocations], answers, events, overrides);
    }
    this.bodies.push(...answers);
    expect(answers.length).toBeLessThanOrEqual(1);
    return JSON.parse(answers[0] ?? '{}') as Answer;
  }

  private async invoke(event: ConductorEvent, answers: string[], events: ConductorEvent[], overrides: Partial<ConductorDependencies>): Promise<void> {
    const end = this.clock.now() + CONDUCTOR_TIMEOUT_SECONDS * 1000;
    await this.answer(event, {
      secrets: this.secrets.asClient(),
      rds: this.rds,
      logs: this.cloudwatchLogs,
      invokeSql: (request, until) => this.sql(request, until),
      sendResponse: async (_, body) => void answers.push(body),
      continueLater: async (next) => void events.push(JSON.parse(JSON.stringify(next))),
      remainingMillis: () => end - this.clock.now(),
      log: (entry) => this.logs.push(JSON.stringify(entry)),
      clock: this.clock,
      region: this.region,
      env: this.env,
      ...overrides,
    });
  }

  /** Everything that left the conductor for eyes that may not see passwords. */
  public get said(): string {
    return [...this.logs, ...this.bodies].join('\n');
  }

  private event(event: RequestParts): ConductorEvent {
    return {
      ServiceToken: 'conductor',
      ResponseURL: 'https://response.example/signed?signature=do-not-log',
      StackId: STACK,
      RequestId: `request-${++this.requests}`,
      OldResourceProperties: {},
      ...event,
    } as unknown as ConductorEvent;
  }
}
