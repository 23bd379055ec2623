import * as fs from 'fs';
import * as path from 'path';
import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { Client } from 'pg';
import type { Assembly, SynthOptions } from './cdk';
import type { RanTask } from './ecs-stand-in';
import type { Template } from './filter';
import { EXAMPLES, REHEARSALS, ROOT } from './paths';
import type { World } from './world';
import type { PostgresServer } from '../support/postgres-server';

type Posture = SynthOptions['posture'];

/** Of a cloud assembly, what is read here. */
interface Manifest {
  readonly artifacts: Record<string, { readonly dependencies?: string[] }>;
}

/** What a deployment may differ in from the one before. */
export interface DeployOptions {
  readonly context?: Record<string, string>;
  /** Changes the template after synthesis. */
  readonly edit?: (template: Template) => void;
}

/** A deployment that has ended, one way or the other. */
export interface Deployed {
  readonly succeeded: boolean;
  /** What the CLI printed. */
  readonly output: string;
  readonly assembly: Assembly;
  /** Its own events, oldest first. */
  readonly events: StackEvent[];
  /** Tasks that it started. */
  readonly tasks: RanTask[];
}

/** One example, copied so that it can be edited, with a database server of its own. */
export class Backend {
  public static async create(world: World, example: string, posture: Posture): Promise<Backend> {
    const server = await world.startServer();
    const copy = copyExamples(world, `${example}-${posture}`);
    const adminSecretArn = await world.cloud.createSecret(`rds!db-${example}-${posture}`, server.admin);
    return new Backend(world, `${example} ${posture}`, path.join(copy, example), posture, server, adminSecretArn);
  }

  private seenEvents = new Set<string | undefined>();
  private assembly?: Assembly;

  private constructor(
    public readonly world: World,
    public readonly name: string,
    /** Folder of the copied example. */
    public readonly directory: string,
    private readonly posture: Posture,
    public readonly server: PostgresServer,
    public readonly adminSecretArn: string,
  ) {}

  /** Synthesises, filters and deploys, each with the real CLI. */
  public async deploy({ context, edit }: DeployOptions = {}): Promise<Deployed> {
    const { cdk, types } = this.world;
    const { server, adminSecretArn } = this;
    const assembly = this.assembly = await cdk.synth(
      { example: this.directory, posture: this.posture, caFile: server.caFile, context: { ...this.world.hostedZone, ...context } },
      { types, adminSecretArn, host: server.hostName, port: server.port, edit },
    );
    return this.observe(assembly, () => cdk.deploy(assembly));
  }

  public async destroy(): Promise<Deployed> {
    const { assembly } = this;
    if (assembly === undefined) throw new Error('Nothing was deployed yet.');
    return this.observe(assembly, () => this.world.cdk.destroy(assembly));
  }

  /** Lets its server go. */
  public async close(): Promise<void> {
    await this.server.remove();
  }

  /** Reads as nobody of the stack could: as the superuser that RDS keeps for itself. */
  public async query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    return this.connected({ user: this.server.superuser.username, password: this.server.superuser.password, database }, sql);
  }

  /** Runs SQL as a user of the stack, with what its secret holds and nothing else; on another database only where one is named. */
  public async queryAs(secretArn: string, sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const { username, password, dbname } = await this.world.cloud.secret(secretArn);
    return this.connected({ user: username, password, database: database ?? dbname }, sql);
  }

  /** Task definitions of the stack's services. */
  public async serviceTaskDefinitions(): Promise<string[]> {
    return (await Promise.all(this.stackNames.map((stack) => this.world.cloud.serviceTaskDefinitions(stack)))).flat();
  }

  /** All events of its stacks, of each stack oldest first. */
  public async history(): Promise<StackEvent[]> {
    return (await Promise.all(this.stackNames.map((stack) => this.world.cloud.events(stack)))).flat();
  }

  /** Users that the templates declare, with their secrets. */
  public async users(): Promise<Record<string, string>> {
    const secrets = await this.resources('AWS::SecretsManager::Secret');
    const declared = this.declared('Custom::PostgresUser');
    return Object.fromEntries(declared.map(({ Username, SecretArn }) => [Username, secrets[(SecretArn as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0]]]));
  }

  /** Resources of one type: physical ids by logical ids. */
  public async resources(type: string): Promise<Record<string, string>> {
    const found = await Promise.all(this.stackNames.map((stack) => this.world.cloud.resources(stack, type)));
    return Object.assign({}, ...found) as Record<string, string>;
  }

  /** Properties of the templates' resources of one type. */
  public declared(type: string): Record<string, unknown>[] {
    return Object.values(this.declaredById(type));
  }

  /** The same by logical ids. */
  public declaredById(type: string): Record<string, Record<string, unknown>> {
    return Object.fromEntries(this.declaredResources(type).map(([id, { Properties = {} }]) => [id, Properties]));
  }

  /** Logical ids of resources of one type that wait for one of another. */
  public waiting(type: string, forType: string): string[] {
    const ids = Object.keys(this.declaredById(forType));
    return this.declaredResources(type).filter(([, { DependsOn = [] }]) => [DependsOn].flat().some((id) => ids.includes(id))).map(([id]) => id);
  }

  private declaredResources(type: string): [string, Template['Resources'][string]][] {
    const templates = this.stackNames.map((stack) => JSON.parse(fs.readFileSync(path.join(this.assembly?.directory ?? '', `${stack}.template.json`), 'utf8')) as Template);
    return templates.flatMap(({ Resources }) => Object.entries(Resources)).filter(([, { Type }]) => Type === type);
  }

  /** Pairs of stacks of which the first refers to the second. */
  public references(): [string, string][] {
    const manifest = JSON.parse(fs.readFileSync(path.join(this.assembly?.directory ?? '', 'manifest.json'), 'utf8')) as Manifest;
    const { stackNames } = this;
    return stackNames.flatMap((stack) => (manifest.artifacts[stack].dependencies ?? [])
      .filter((other) => stackNames.includes(other))
      .map((other): [string, string] => [stack, other]));
  }

  /** Of its one stack, or of all, one after the other. */
  public async status(): Promise<string> {
    const stacks = await Promise.all(this.stackNames.map((stack) => this.world.cloud.stack(stack)));
    return stacks.map((stack) => stack?.StackStatus).join(', ');
  }

  public get stackNames(): string[] {
    return this.assembly?.stackNames ?? [];
  }

  /** Writes a file of the example. */
  public write(file: string, content: string): void {
    fs.writeFileSync(path.join(this.directory, file), content);
  }

  public remove(file: string): void {
    fs.rmSync(path.join(this.directory, file));
  }

  private async connected(options: { user: string; password: string; database: string }, sql: string): Promise<Record<string, unknown>[]> {
    const client: Client = await this.server.connect(options);
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  private async observe(assembly: Assembly, act: () => Promise<{ code: number | null; output: string }>): Promise<Deployed> {
    const before = this.world.ecs.ran.length;
    const { code, output } = await act();
    const events = (await this.history()).filter(({ EventId }) => !this.seenEvents.has(EventId));
    events.forEach(({ EventId }) => this.seenEvents.add(EventId));
    return { succeeded: code === 0, output, assembly, events, tasks: this.world.ecs.ran.slice(before) };
  }
}

/** A folder with the examples, their services and a way to the packages of the repository. */
function copyExamples(world: World, name: string): string {
  const copy = path.join(world.directory, 'copies', name);
  fs.cpSync(EXAMPLES, copy, { recursive: true, filter: (file) => !['node_modules', 'cdk.out'].includes(path.basename(file)) });
  fs.cpSync(path.join(__dirname, REHEARSALS), path.join(copy, REHEARSALS), { recursive: true });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}
