import type { Client, QueryResult } from 'pg';
import type { Login, PostgresServer } from './postgres-server';
import { ConductorEnv, type SqlRequest } from '../../src/broker/broker.contract';
import { handleSqlRequest } from '../../src/postgres/engine/handler/sql/handle-sql-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../src/postgres/engine/postgres.contract';
import { ConductorWorld, impatientClock, type Answer } from '../postgres/engine/conductor/conductor-world';

type Properties = Record<string, unknown>;
type Row = Record<string, unknown>;

/** Properties of a database that somebody else has made, and that the stack takes over. */
export const ADOPT = { AdoptExisting: 'true' };

/** A user of the library, by the resource that stands for it. */
export interface User {
  readonly username: string;
  readonly database: string;
  readonly secretArn: string;
  readonly physicalId: string;
  readonly logicalId: string;
  readonly properties: Properties;
  /** The answer to the last request. */
  readonly answer: Answer;
}

/** The broker in front of a server, as CloudFormation asks it: one stack, secrets in memory, handlers and server real. */
export class BrokerCloud {
  /** Milliseconds that one request of the SQL function may take: minutes in AWS. */
  public patience = 15_000;
  public readonly world: ConductorWorld;
  private sessions: Client[] = [];

  /** @param owned whether the library made the server; an imported one may hold databases of others */
  public constructor(public readonly server: PostgresServer, { owned = true } = {}) {
    const impatient = (request: SqlRequest) => handleSqlRequest({ ...request, deadline: Math.min(request.deadline, Date.now() + this.patience) });
    this.world = new ConductorWorld(impatient, impatientClock());
    Object.assign(this.world.env, {
      [ConductorEnv.HOST]: server.host,
      [ConductorEnv.PORT]: String(server.port),
      [ConductorEnv.SERVER_KIND]: 'imported',
      [ConductorEnv.SERVER_OWNED]: String(owned),
    });
    this.world.secrets.put(this.world.adminSecret, server.admin);
  }

  public async createDatabase(name: string, properties: Properties = {}): Promise<Answer> {
    return this.world.send({ RequestType: 'Create', ...this.database(name, properties) } as never);
  }

  /** A later deployment, which declares the same. */
  public async updateDatabase(name: string, properties: Properties = {}): Promise<Answer> {
    return this.world.send({ RequestType: 'Update', PhysicalResourceId: `database:${name}`, ...this.database(name, properties) } as never);
  }

  public async deleteDatabase(name: string, properties: Properties = {}): Promise<Answer> {
    return this.world.send({ RequestType: 'Delete', PhysicalResourceId: `database:${name}`, ...this.database(name, properties) } as never);
  }

  /** A database to begin with. */
  public async givenDatabase(name: string): Promise<void> {
    succeeded(await this.createDatabase(name));
  }

  public async createUser(username: string, database: string, properties: Properties = {}): Promise<User> {
    const secretArn = this.world.secrets.create(username);
    const all = { ServiceToken: 'conductor', Username: username, DatabaseName: database, Access: 'READ_WRITE', SecretArn: secretArn, CaBundle: this.server.ca, ...properties };
    const logicalId = `User${username.replace(/\W|_/g, '')}`;
    const answer = await this.world.send({ RequestType: 'Create', ResourceType: USER_RESOURCE_TYPE, LogicalResourceId: logicalId, ResourceProperties: all } as never);
    return { username, database, secretArn, logicalId, properties: all, physicalId: answer.PhysicalResourceId, answer };
  }

  /** A user to begin with. */
  public async givenUser(username: string, database: string, properties: Properties = {}): Promise<User> {
    const user = await this.createUser(username, database, properties);
    succeeded(user.answer);
    return user;
  }

  /** The same resource with other properties. With another name, the removal of the old user follows in the clean-up. */
  public async updateUser(user: User, properties: Properties, request: object = {}): Promise<User> {
    const all = { ...user.properties, ...properties };
    const answer = await this.world.send({ RequestType: 'Update', ...this.existing(user), ResourceProperties: all, OldResourceProperties: user.properties, ...request } as never);
    return { ...user, username: String(all.Username), properties: all, physicalId: answer.PhysicalResourceId, answer };
  }

  public async deleteUser(user: User): Promise<Answer> {
    return this.world.send({ RequestType: 'Delete', ...this.existing(user), ResourceProperties: user.properties } as never);
  }

  /** A deployment that renames a user: the update, then the clean-up. */
  public async renameUser(user: User, username: string): Promise<User> {
    const renamed = await this.updateUser(user, { Username: username });
    succeeded(renamed.answer);
    succeeded(await this.deleteUser(user));
    return renamed;
  }

  /** The value that a task gets. */
  public secretOf(user: User): Record<string, string> {
    return this.world.secrets.value(user.secretArn);
  }

  public loginOf(user: User): Login {
    return { username: user.username, password: this.secretOf(user).password };
  }

  /** Runs statements in a connection of their own; answers with the rows of the last one. */
  public async query({ username, password }: Login, database: string, sql: string): Promise<Row[]> {
    const client = await this.server.connect({ user: username, password, database });
    try {
      const results = [await client.query(sql) as QueryResult<Row> | QueryResult<Row>[]].flat();
      return results[results.length - 1].rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  public async as(user: User, sql: string, database = user.database): Promise<Row[]> {
    return this.query(this.loginOf(user), database, sql);
  }

  public async asAdmin(database: string, sql: string): Promise<Row[]> {
    return this.query(this.server.admin, database, sql);
  }

  public async asSuperuser(database: string, sql: string): Promise<Row[]> {
    return this.query(this.server.superuser, database, sql);
  }

  /** A connection that stays open, as in a pool; `endSessions` ends it. */
  public async open(user: User, database = user.database): Promise<Client> {
    const { username, password } = this.loginOf(user);
    const client = await this.server.connect({ user: username, password, database });
    this.sessions.push(client);
    return client;
  }

  public async endSessions(): Promise<void> {
    await Promise.all(this.sessions.map((client) => client.end().catch(() => undefined)));
    this.sessions = [];
  }

  /** Whether the server has a database of this name. */
  public async hasDatabase(name: string): Promise<boolean> {
    return (await this.asSuperuser('postgres', `select from pg_database where datname = '${name}'`)).length === 1;
  }

  private database(name: string, properties: Properties): object {
    return {
      ResourceType: DATABASE_RESOURCE_TYPE,
      LogicalResourceId: databaseLogicalId(name),
      ResourceProperties: { ServiceToken: 'conductor', DatabaseName: name, CaBundle: this.server.ca, ProtectedTables: ['goose_db_version', 'schema_migrations'], ...properties },
    };
  }

  private existing({ logicalId, physicalId }: User): object {
    return { ResourceType: USER_RESOURCE_TYPE, LogicalResourceId: logicalId, PhysicalResourceId: physicalId };
  }
}

export function databaseLogicalId(name: string): string {
  return `Database${name}`;
}

/** A request that has to succeed before there is anything to expect. */
export function succeeded({ Status, Reason }: Answer): void {
  if (Status !== 'SUCCESS') throw new Error(`The broker answers ${Status}: ${Reason}`);
}

/** How work on a server went: its rows as text, or `ERROR` with code and message. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await work) ?? 'done';
  } catch (error) {
    return `ERROR ${(error as { code?: string }).code ?? ''} ${(error as Error).message}`;
  }
}

/** Begins every outcome that is an error. */
export const REFUSED = /^ERROR /;
