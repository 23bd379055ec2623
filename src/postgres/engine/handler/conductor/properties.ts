import type { DatabaseRemoval, DatabaseRequest, UserRequest, UserRights } from '../../../../broker/handler/conductor/conductor-engine';
import { flag, invalid, list, oneOf, type RawProperties, record, text } from '../../../../broker/handler/conductor/raw-properties';
import { DATABASE_NAME, MAX_BYTES, USERNAME } from '../../names';
import type { AccessName, PostgresDatabaseSpec, PostgresUserSpec, UserRemovalName } from '../../postgres.contract';

const ACCESS: readonly AccessName[] = ['READ_WRITE', 'READ_ONLY', 'OWNER'];
const REMOVAL: readonly UserRemovalName[] = ['REASSIGN', 'DROP_OWNED', 'RETAIN'];
const DATABASE_REMOVAL: readonly DatabaseRemoval[] = ['retain', 'destroy', 'force'];

/** Reads the properties of a user; of the former ones only which settings they had. */
export function parseUser(properties: RawProperties, former: RawProperties = {}): UserRequest<PostgresUserSpec> {
  userRemoval(properties);
  const username = identifier(properties, 'Username', USERNAME);
  const formerSettings = Object.keys(Object(former.Settings));
  return {
    spec: {
      username,
      logins: [username],
      databaseName: databaseName(properties),
      access: oneOf(properties, 'Access', ACCESS),
      connectionLimit: connectionLimit(properties),
      settings: record(properties, 'Settings'),
      ...(formerSettings.length === 0 ? {} : { formerSettings }),
      protectedTables: list(properties, 'ProtectedTables'),
    },
    secretArn: text(properties, 'SecretArn'),
    ...adoption(properties),
  };
}

/** What a user may do. Its connection limit and its settings limit it, but give no rights. */
export function rightsOf({ DatabaseName, Access }: RawProperties): UserRights {
  return { databaseName: String(DatabaseName), access: String(Access) };
}

/** Reads the properties of a database. */
export function parseDatabase(properties: RawProperties): DatabaseRequest<PostgresDatabaseSpec> {
  databaseRemoval(properties);
  return {
    spec: {
      databaseName: databaseName(properties),
      extensions: list(properties, 'Extensions'),
      ...(properties.Locale === undefined ? {} : { locale: text(properties, 'Locale') }),
      settings: record(properties, 'Settings'),
      defaultSettings: list(properties, 'DefaultSettings'),
      revokePublic: flag(properties, 'RevokePublic'),
      protectedTables: list(properties, 'ProtectedTables'),
      ...maxConnections(properties),
    },
    ...adoption(properties),
  };
}

/** What becomes of a user's role. */
export function userRemoval(properties: RawProperties): UserRemovalName {
  return properties.OnRemoval === undefined ? 'REASSIGN' : oneOf(properties, 'OnRemoval', REMOVAL);
}

/** What becomes of a database. */
export function databaseRemoval(properties: RawProperties): DatabaseRemoval {
  return properties.RemovalPolicy === undefined ? 'retain' : oneOf(properties, 'RemovalPolicy', DATABASE_REMOVAL);
}

/** Whether what exists is taken over, or only looked at. */
function adoption(properties: RawProperties): Pick<DatabaseRequest, 'adoptExisting' | 'planOnly'> {
  const planOnly = properties.AdoptExisting === 'plan';
  return { adoptExisting: planOnly || flag(properties, 'AdoptExisting'), planOnly };
}

function identifier(properties: RawProperties, name: string, { pattern, allowed }: typeof USERNAME): string {
  const value = text(properties, name);
  if (value.length > MAX_BYTES || !pattern.test(value)) {
    throw invalid(name, value, `at most ${MAX_BYTES} characters that every client can read: ${allowed}`);
  }
  return value;
}

function databaseName(properties: RawProperties): string {
  const value = identifier(properties, 'DatabaseName', DATABASE_NAME);
  if (value === '.' || value === '..') {
    throw invalid('DatabaseName', value, 'a name that a URL can contain');
  }
  return value;
}

function connectionLimit({ ConnectionLimit: value }: RawProperties): number {
  if (value === undefined) {
    return -1;
  }
  const limit = Number(value);
  if (value === '' || !Number.isInteger(limit) || limit < -1) {
    throw invalid('ConnectionLimit', value, 'a whole number, or -1 for no limit');
  }
  return limit;
}

/** Only compared with the server, so a formula of RDS is no mistake. */
function maxConnections({ MaxConnections: value }: RawProperties): Pick<PostgresDatabaseSpec, 'maxConnections'> {
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) ? { maxConnections: Number(value) } : {};
}
