import type { EngineUnderTest, Login } from './engine-under-test';
import { ConductorEnv, type SqlRequest, type SqlResponse } from '../../../src/broker/broker.contract';
import type { DatabaseRemoval } from '../../../src/broker/handler/conductor/conductor-engine';
import { NeutralWorld, STACK, type Answer, type RequestParts } from '../conductor/world';

/** Who declares something, and whether it takes over what exists. */
export interface Declared {
  readonly logicalId?: string;
  readonly stackId?: string;
  readonly adopt?: boolean;
}

interface State {
  readonly physicalId: string;
  readonly properties: object;
}

type SqlFunction = (request: SqlRequest) => Promise<SqlResponse>;

/** A resource, as CloudFormation has it: the state of now, and the one before that a rollback goes back to. */
export class Resource {
  protected now: State;
  private before?: State;

  public constructor(protected readonly world: NeutralWorld, private readonly identity: Omit<RequestParts, 'RequestType'>, properties: object) {
    this.now = { physicalId: '', properties };
  }

  public get physicalId(): string {
    return this.now.physicalId;
  }

  /** Asks for it; once more, or several times at once, where it is called so. */
  public async create(): Promise<Answer> {
    return this.become(await this.send('Create', { ResourceProperties: this.now.properties }), this.now.properties);
  }

  /** A deployment with other properties. Its clean-up, or its rollback, is yet to come. */
  public async update(properties: object = {}): Promise<Answer> {
    this.before = this.now;
    const wanted = { ...this.now.properties, ...properties };
    return this.become(await this.send('Update', { PhysicalResourceId: this.physicalId, ResourceProperties: wanted, OldResourceProperties: this.now.properties }), wanted);
  }

  /** The end of a deployment that renamed it: the former object is deleted. */
  public async cleanUp(): Promise<Answer> {
    return this.sendDelete(this.former());
  }

  /** Back to the properties before, then away with whatever is too much. */
  public async rollBack(): Promise<void> {
    const [was, is] = [this.former(), this.now];
    const back = await this.send('Update', { PhysicalResourceId: is.physicalId, ResourceProperties: was.properties, OldResourceProperties: is.properties });
    expect(back).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: was.physicalId });
    this.become(back, was.properties);
    if (is.physicalId !== was.physicalId) {
      expect(await this.sendDelete(is)).toMatchObject({ Status: 'SUCCESS' });
    }
  }

  public async delete(): Promise<Answer> {
    return this.sendDelete(this.now);
  }

  /** The deletion of something that CloudFormation believes to exist. */
  public async deleteAs(physicalId: string): Promise<Answer> {
    return this.sendDelete({ ...this.now, physicalId });
  }

  private become(answer: Answer, properties: object): Answer {
    this.now = { physicalId: answer.PhysicalResourceId, properties };
    return answer;
  }

  private former(): State {
    if (this.before === undefined) {
      throw new Error('It was never updated.');
    }
    return this.before;
  }

  private async sendDelete({ physicalId, properties }: State): Promise<Answer> {
    return this.send('Delete', { PhysicalResourceId: physicalId, ResourceProperties: properties });
  }

  private async send(RequestType: RequestParts['RequestType'], parts: Partial<RequestParts>): Promise<Answer> {
    return this.world.send({ ...this.identity, ...parts, RequestType });
  }
}

/** A user with its secret. */
export class UserResource extends Resource {
  public constructor(world: NeutralWorld, identity: Omit<RequestParts, 'RequestType'>, properties: object, public readonly secretArn: string) {
    super(world, identity, properties);
  }

  /** What a task gets that starts now. */
  public get login(): Login {
    const { username, password } = this.world.secrets.value(this.secretArn);
    return { username, password };
  }

  /** The whole value of its secret, and how many there have been. */
  public get secret(): { readonly value: object; readonly versions: number } {
    return { value: this.world.secrets.value(this.secretArn), versions: this.world.secrets.versionCount(this.secretArn) };
  }
}

/** An engine with the conductor's surroundings in front of it. */
export class Scene {
  public readonly world: NeutralWorld;
  /** Everything that the SQL function was asked, and answered. */
  public readonly asked: SqlRequest[] = [];
  public readonly answered: SqlResponse[] = [];

  public constructor(private readonly engine: EngineUnderTest) {
    const { host, port, admin } = engine.server;
    this.world = new NeutralWorld(engine.conductor, engine.runSql, engine.clock);
    Object.assign(this.world.env, { [ConductorEnv.HOST]: host, [ConductorEnv.PORT]: String(port) });
    this.world.secrets.put(this.world.adminSecret, admin);
    this.interfere((request, real) => real(request));
  }

  /** Stands between the conductor and the SQL function. */
  public interfere(between: (request: SqlRequest, real: SqlFunction) => Promise<SqlResponse>): void {
    this.world.sql = async (request) => {
      this.asked.push(request);
      const response = await between(request, this.engine.runSql);
      this.answered.push(response);
      return response;
    };
  }

  public database(databaseName: string, { removal, ...declared }: Declared & { readonly removal?: DatabaseRemoval } = {}): Resource {
    const properties = { ...common(declared), ...this.engine.databaseProperties(databaseName, removal) };
    return new Resource(this.world, identityOf(this.engine.databaseType, databaseName, declared), properties);
  }

  public user(username: string, databaseName: string, declared: Declared = {}): UserResource {
    const secretArn = this.world.secrets.create(`${username}-${crypto.randomUUID()}`, undefined, declared.stackId);
    const properties = { ...common(declared), Username: username, SecretArn: secretArn, ...this.engine.userProperties(databaseName) };
    return new UserResource(this.world, identityOf(this.engine.userType, username, declared), properties, secretArn);
  }
}

function common({ adopt }: Declared): object {
  return { ServiceToken: 'conductor', ...(adopt ? { AdoptExisting: 'true' } : {}) };
}

function identityOf(ResourceType: string, name: string, { logicalId = `The${name.replace(/\W|_/g, '')}`, stackId = STACK }: Declared): Omit<RequestParts, 'RequestType'> {
  return { ResourceType, LogicalResourceId: logicalId, StackId: stackId };
}
