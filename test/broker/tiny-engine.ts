import type { TinyObject, TinyServer } from './tiny-server';
import { BrokerError } from '../../src/broker/broker-error';
import type { OwnerMark, Removable, SqlRequest, SqlRequestOf, SqlResponse } from '../../src/broker/broker.contract';
import type { Clock } from '../../src/broker/handler/clock';
import type { ConductorEngine } from '../../src/broker/handler/conductor/conductor-engine';
import type { Answer } from '../../src/broker/handler/conductor/conductor-handler';
import { flag, oneOf, text, type RawProperties } from '../../src/broker/handler/conductor/raw-properties';
import { runConductorRequest } from '../../src/broker/handler/conductor/run-conductor-request';
import { checkMayTake, type Claim } from '../../src/broker/handler/sql/claim';
import { connectionFailure, notReady, objectOf, partsOf } from '../../src/broker/handler/sql/failures';
import { isSameResource, isUpToDate, markAfterHandOver, markComment, markOfTaker, NOBODY, readMark, type StoredMark } from '../../src/broker/handler/sql/owner-mark';
import { runSqlRequest } from '../../src/broker/handler/sql/run-sql-request';
import type { SqlEngine } from '../../src/broker/handler/sql/sql-engine';

export const TINY_DATABASE_TYPE = 'Custom::TinyDatabase';
export const TINY_USER_TYPE = 'Custom::TinyUser';

type Request<Operation extends SqlRequest['operation']> = SqlRequestOf<Operation>;

/** The names that a user logs in with: its own, or two that take turns. */
export function tinyLogins(username: string, { Logins: logins }: RawProperties): readonly string[] {
  return logins === '2' ? [`${username}_a`, `${username}_b`] : [username];
}

/** The tiny server, for the broker's conductor. */
export const TINY_CONDUCTOR_ENGINE: ConductorEngine = {
  databaseType: TINY_DATABASE_TYPE,
  userType: TINY_USER_TYPE,
  leftoverRemoval: 'drop',
  parseDatabase: (properties) => ({ spec: { databaseName: text(properties, 'DatabaseName') }, adoptExisting: flag(properties, 'AdoptExisting'), planOnly: false }),
  databaseRemoval: ({ Fate: fate = 'retain' }) => oneOf({ fate }, 'fate', ['retain', 'destroy', 'force']),
  parseUser: (properties) => {
    const username = text(properties, 'Username');
    return {
      spec: { username, logins: tinyLogins(username, properties), databaseName: text(properties, 'DatabaseName') },
      ...(properties.SecretArn === undefined ? {} : { secretArn: text(properties, 'SecretArn') }),
      adoptExisting: flag(properties, 'AdoptExisting'),
      planOnly: false,
    };
  },
  rightsOf: ({ DatabaseName, Rights }) => ({ databaseName: String(DatabaseName), access: String(Rights) }),
  userRemoval: (properties) => flag(properties, 'Stays') ? undefined : 'drop',
  identify: (username, properties) => ({ username, logins: tinyLogins(username, properties) }),
  loginContent: ({ databaseName }, username, { hosts, port, readerHost }) => ({
    engine: 'tiny',
    username,
    database: databaseName,
    address: hosts.map((host) => `${host}:${port}`).join(','),
    ...(readerHost === undefined ? {} : { reader: `${readerHost}:${port}` }),
  }),
  loginValue: (content, password) => ({ ...content, password, login: `${content.username}/${password}@${content.address}` }),
};

/** Answers CloudFormation for `Custom::TinyDatabase` and `Custom::TinyUser`. */
export const answerTiny: Answer = (event, deps) => runConductorRequest(TINY_CONDUCTOR_ENGINE, event, deps);

/** The SQL function of the tiny server, which knows no SQL. */
export async function runTinyRequest(server: TinyServer, request: SqlRequest, clock: Clock): Promise<SqlResponse> {
  // What Lambda carries is JSON: nothing that is undefined arrives.
  return runSqlRequest(tinySqlEngine(server), JSON.parse(JSON.stringify(request)) as SqlRequest, clock);
}

/** The tiny server, for the broker's SQL function. */
export function tinySqlEngine(server: TinyServer): SqlEngine {
  const asAdmin = <T>(request: SqlRequest, work: () => T) => server.asAdmin(request.server, work);
  return {
    convergeDatabase: (request) => asAdmin(request, () => convergeDatabase(server, request)),
    deleteDatabase: async (request) => ({ changes: await asAdmin(request, () => deleteDatabase(server, request)), left: [] }),
    convergeUser: (request) => asAdmin(request, () => convergeUser(server, request)),
    deleteUser: async (request) => ({ changes: await asAdmin(request, () => request.user.logins.flatMap((login) => deleteLogin(server, login, request))), left: [] }),
    inspectUser: (request) => asAdmin(request, () => inspectUser(server, request)),
    explain,
  };
}

function convergeDatabase(server: TinyServer, request: Request<'convergeDatabase'>): string[] {
  const { database: { databaseName } } = request;
  checkMine(objectOf(request), server.databases.get(databaseName), request);
  return take(server.databases, databaseName, request, () => ({ mark: '', rows: [] }));
}

function deleteDatabase(server: TinyServer, request: Request<'deleteDatabase'>): string[] {
  const { databaseName, force, mark } = request;
  const found = server.databases.get(databaseName);
  const goes = !request.keep && isSameResource(markOf(found), mark) && markAfterHandOver(markOf(found), mark) === undefined;
  if (found !== undefined && goes && found.rows.length > 0 && !force) {
    throw new BrokerError('NOT_EMPTY', `${objectOf(request)} holds rows. Retain it, or force its removal.`);
  }
  return letGo(server.databases, databaseName, request);
}

function convergeUser(server: TinyServer, request: Request<'convergeUser'>): string[] {
  const { user } = request;
  server.database(user.databaseName);
  user.logins.forEach((login) => checkMine(objectOf(request), server.users.get(login), request));
  return user.logins.flatMap((login) => convergeLogin(server, login, request));
}

function convergeLogin(server: TinyServer, login: string, request: Request<'convergeUser'>): string[] {
  const { user, mark, passwords } = request;
  const former = markOf(server.users.get(login));
  const changes = take(server.users, login, request, () => ({ mark: '', databases: [] }), server.users.get(login)?.databases);
  const made = server.users.get(login);
  if (made === undefined) {
    return changes;
  }
  // A password that nobody has given to a login stays, but for that of whoever had the login before this library came.
  const kept = mark.secretArn === undefined || isNobody(former) ? undefined : made.password;
  made.password = passwords[login] ?? kept;
  if (made.databases.join() !== user.databaseName) {
    made.databases = [user.databaseName];
    changes.push(`let ${login} into ${user.databaseName}`);
  }
  return changes;
}

/** Whoever gets a user back gets it with the databases that it had. */
function deleteLogin(server: TinyServer, login: string, request: Request<'deleteUser'>): string[] {
  const { mark } = request;
  const user = server.users.get(login);
  const found = markOf(user);
  if (user !== undefined && isSameResource(found, mark) && found?.previous !== undefined) {
    user.databases = found.before as string[];
  }
  return letGo(server.users, login, request);
}

function inspectUser(server: TinyServer, request: Request<'inspectUser'>): OwnerMark | undefined {
  const { user: { logins, databaseName } } = request;
  server.database(databaseName);
  logins.forEach((login) => checkMine(objectOf(request), server.users.get(login), request));
  return logins.map((login) => readMark(server.users.get(login)?.mark)).find((mark) => mark !== undefined);
}

/** The mark of something that exists, or that of nobody. */
function markOf(found: TinyObject | undefined): StoredMark | undefined {
  return found && (readMark(found.mark) ?? NOBODY);
}

function isNobody(mark: OwnerMark | undefined): boolean {
  return mark !== undefined && isSameResource(mark, NOBODY);
}

function checkMine(object: string, found: TinyObject | undefined, claim: Claim): void {
  if (found !== undefined) {
    checkMayTake(object, markOf(found), claim);
  }
}

/** Marks something as that of whoever claims it, made anew where it is missing. */
function take<T extends TinyObject>(objects: Map<string, T>, name: string, claim: Claim, make: () => T, before?: unknown): string[] {
  const found = objects.get(name);
  if (isUpToDate(markOf(found), claim.mark, claim.settled)) {
    return [];
  }
  const taken = found ?? make();
  taken.mark = markComment(markOfTaker(markOf(found), claim.mark, claim.settled, before), found?.mark);
  objects.set(name, taken);
  return [`${found === undefined ? 'make' : 'take'} ${name}`];
}

/** Removes something that belongs to whoever asks; what has changed hands is given back, or given up. */
function letGo<T extends TinyObject>(objects: Map<string, T>, name: string, { mark, keep }: Pick<SqlRequest, 'mark'> & Removable): string[] {
  const found = objects.get(name);
  const next = markAfterHandOver(markOf(found), mark);
  if (found !== undefined && next !== undefined) {
    found.mark = markComment(next, found.mark);
  } else if (!keep && isSameResource(markOf(found), mark)) {
    objects.delete(name);
    return [`remove ${name}`];
  }
  return [];
}

function explain(error: unknown, request: SqlRequest): BrokerError {
  const parts = partsOf(error);
  const { code, text: words } = parts;
  if (code === 'T-GONE') {
    return notReady(parts, request.server);
  }
  return connectionFailure(parts, request)
    ?? new BrokerError(code, `${objectOf(request)}: ${words} (${code}).`, { retry: code === 'T-BUSY', wrongPassword: code === 'T-PASSWORD' });
}
