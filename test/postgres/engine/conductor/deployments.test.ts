import * as fc from 'fast-check';
import { ConductorWorld, type Answer } from './conductor-world';
import { FakeSql } from './fake-sql';

interface Properties {
  readonly Username: string;
  readonly DatabaseName: string;
  readonly ConnectionLimit: string;
  readonly Access: string;
}

/** How a deployment goes after the user's own update succeeded, or did not. */
type Ending = 'succeeds' | 'rolls back with an update' | 'rolls back with a delete only' | 'fails at the role' | 'fails at the server';

interface Deployment {
  readonly properties: Properties;
  readonly ending: Ending;
  /** How often each request is delivered, at once. */
  readonly deliveries: number;
}

const deployment: fc.Arbitrary<Deployment> = fc.record({
  properties: fc.record({
    Username: fc.constantFrom('a', 'b', 'c'),
    DatabaseName: fc.constantFrom('x', 'y'),
    ConnectionLimit: fc.constantFrom('1', '2'),
    Access: fc.constantFrom('OWNER', 'READ_WRITE', 'READ_ONLY'),
  }),
  ending: fc.constantFrom('succeeds', 'rolls back with an update', 'rolls back with a delete only', 'fails at the role', 'fails at the server'),
  deliveries: fc.integer({ min: 1, max: 3 }),
});

/** What CloudFormation does with one user, request by request. */
class Stack {
  public readonly sql = new FakeSql();
  public readonly world = new ConductorWorld(this.sql.handle);
  public readonly secret = this.world.secrets.create('user');
  public properties: Properties = { Username: 'a', DatabaseName: 'x', ConnectionLimit: '1', Access: 'READ_WRITE' };
  private physicalId = '';

  public constructor() {
    this.world.env.SERVER_KIND = 'imported';
  }

  public async create(): Promise<void> {
    this.physicalId = (await this.deliver('Create', this.properties, 1)).PhysicalResourceId;
  }

  public async deploy({ properties, ending, deliveries }: Deployment): Promise<void> {
    const before = { properties: this.properties, physicalId: this.physicalId };
    const failure = ending === 'fails at the role' ? { code: '42501', unreachable: false } : { code: 'ENOTFOUND', unreachable: true };
    if (ending.startsWith('fails')) {
      // Whatever is asked of the server fails, so the secret may be ahead of it.
      this.world.sql = async (request) => request.operation === 'convergeUser' ? { ok: false, error: { ...failure, message: 'No.', wrongPassword: false } } : this.sql.handle(request);
    }
    const answer = await this.deliver('Update', properties, deliveries, before);
    this.world.sql = this.sql.handle;
    if (answer.Status === 'FAILED') {
      expect(answer.PhysicalResourceId).toBe(before.physicalId);
      await this.deliver('Update', before.properties, deliveries, { properties, physicalId: before.physicalId });
      return;
    }
    const replaced = answer.PhysicalResourceId !== before.physicalId;
    if (ending === 'succeeds') {
      Object.assign(this, { properties, physicalId: answer.PhysicalResourceId });
      await this.cleanUp(replaced, before, deliveries);
      return;
    }
    if (!replaced || ending === 'rolls back with an update') {
      await this.deliver('Update', before.properties, deliveries, { properties, physicalId: answer.PhysicalResourceId });
    }
    await this.cleanUp(replaced, { properties, physicalId: answer.PhysicalResourceId }, deliveries);
  }

  private async cleanUp(replaced: boolean, old: { properties: Properties; physicalId: string }, deliveries: number): Promise<void> {
    if (replaced) {
      await this.deliver('Delete', old.properties, deliveries, old);
    }
  }

  private async deliver(
    RequestType: 'Create' | 'Update' | 'Delete', properties: Properties, times: number, old?: { properties: Properties; physicalId: string },
  ): Promise<Answer> {
    const RequestId = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: times }, () => this.world.send({
      RequestType, RequestId, ...this.world.user(this.secret, properties), PhysicalResourceId: old?.physicalId, OldResourceProperties: this.world.user(this.secret, old?.properties).ResourceProperties,
    } as never)));
    expect(new Set(answers.map(({ Status, PhysicalResourceId, Data }) => `${Status} ${PhysicalResourceId} ${Data?.SecretVersionId}`)).size).toBe(1);
    return answers[0];
  }
}

test('after any series of deployments, with duplicates, failures and rollbacks, exactly the declared user exists and its secret opens it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(deployment, { minLength: 1, maxLength: 6 }), async (deployments) => {
    const stack = new Stack();
    await stack.create();
    let { password } = stack.world.secrets.value(stack.secret);
    for (const each of deployments) {
      const { properties: before } = stack;
      await stack.deploy(each);
      const value = stack.world.secrets.value(stack.secret);
      expect(value).toMatchObject({ username: stack.properties.Username, dbname: stack.properties.DatabaseName });
      expect([...stack.sql.roles].map(([name, role]) => [name, role.password])).toEqual([[value.username, value.password]]);
      if (before.Username === stack.properties.Username) {
        // Nobody who was logged in before, and is meant to be, had to learn another password.
        expect(value.password).toBe(password);
      }
      ({ password } = value);
    }
  }), { numRuns: 300 });
});
