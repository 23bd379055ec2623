import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import type { EngineUnderTest, ServerUnderTest } from './engine-under-test';
import { Scene, type Declared, type UserResource } from './scene';
import type { Answer } from '../conductor/world';

/** The database that all cases share. */
export const APP = 'app';

/** An answer that has to be a success, and says why where it is none. */
export function succeeded(answer: Answer): Answer {
  expect([answer.Status, answer.Reason]).toEqual(['SUCCESS', undefined]);
  return answer;
}

/** An engine at test: one server for all cases, and a name and a scene for each. */
export class Stage {
  private readonly rds = mockClient(RDSClient);
  private begun?: EngineUnderTest;
  private present?: Scene;
  private cases = 0;

  public get engine(): EngineUnderTest {
    return present(this.begun);
  }

  public get server(): ServerUnderTest {
    return this.engine.server;
  }

  public get scene(): Scene {
    return present(this.present);
  }

  /** A name for the user of this case. */
  public get name(): string {
    return this.fresh('user');
  }

  /** A name that no other case uses. */
  public fresh(prefix: string): string {
    return `${prefix}${this.cases}`;
  }

  public async begin(engine: EngineUnderTest): Promise<void> {
    this.begun = engine;
    succeeded(await new Scene(engine).database(APP).create());
  }

  public beginCase(): void {
    this.rds.reset();
    this.instanceIs('available');
    this.cases += 1;
    this.present = new Scene(this.engine);
  }

  /** A user to begin with, in the database that all share. */
  public async givenUser(declared: Declared = {}): Promise<UserResource> {
    const user = this.scene.user(this.name, APP, declared);
    succeeded(await user.create());
    return user;
  }

  public canLogIn({ login }: UserResource): Promise<boolean> {
    return this.server.canLogIn(login, APP);
  }

  /** What RDS says of the server. */
  public instanceIs(status: string): void {
    this.rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: status }] });
  }

  public instanceIsGone(): void {
    this.rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('No such instance.'), { name: 'DBInstanceNotFoundFault' }));
  }

  /** From here on answers get lost: the server does what it is asked, and the conductor never hears of it. */
  public loseAnswersTo(operation: string): void {
    this.scene.interfere(async (request, real) => {
      const response = await real(request);
      return request.operation === operation ? { ok: false, error: { code: 'LOST', message: 'The answer was lost.', unreachable: false, wrongPassword: false } } : response;
    });
  }

  public hearAgain(): void {
    this.scene.interfere((request, real) => real(request));
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error('The stage is empty before the first case.');
  }
  return value;
}
