import { ConductorError } from './conductor-error';
import type { AccessName, DatabaseSpec, UserRemovalName, UserSpec } from '../broker.contract';

/** Properties as they arrive: nothing about them is certain. */
export type RawProperties = { readonly [name: string]: unknown };

/** What a user resource asks for. */
export interface UserRequest {
  readonly spec: UserSpec;
  readonly secretArn: string;
  readonly adoptExisting: boolean;
}

/** What a database resource asks for. */
export interface DatabaseRequest {
  readonly spec: DatabaseSpec;
  readonly adoptExisting: boolean;
}

const IDENTIFIER_BYTES = 63;
const ACCESS: readonly AccessName[] = ['READ_WRITE', 'READ_ONLY', 'OWNER'];
const REMOVAL: readonly UserRemovalName[] = ['REASSIGN', 'DROP_OWNED', 'RETAIN'];
const DATABASE_REMOVAL = ['retain', 'destroy', 'force'] as const;

/** Reads the properties of a user. */
export function parseUser(properties: RawProperties): UserRequest {
  userRemoval(properties);
  return {
    spec: {
      username: identifier(properties, 'Username'),
      databaseName: databaseName(properties),
      access: oneOf(properties, 'Access', ACCESS),
      connectionLimit: connectionLimit(properties),
      settings: record(properties, 'Settings'),
      protectedTables: list(properties, 'ProtectedTables'),
    },
    secretArn: text(properties, 'SecretArn'),
    adoptExisting: flag(properties, 'AdoptExisting'),
  };
}

/** Reads the properties of a database. */
export function parseDatabase(properties: RawProperties): DatabaseRequest {
  databaseRemoval(properties);
  return {
    spec: {
      databaseName: databaseName(properties),
      extensions: list(properties, 'Extensions'),
      ...(properties.Locale === undefined ? {} : { locale: text(properties, 'Locale') }),
      settings: record(properties, 'Settings'),
      protectedTables: list(properties, 'ProtectedTables'),
    },
    adoptExisting: flag(properties, 'AdoptExisting'),
  };
}

/** What becomes of a user's role. */
export function userRemoval(properties: RawProperties): UserRemovalName {
  return properties.OnRemoval === undefined ? 'REASSIGN' : oneOf(properties, 'OnRemoval', REMOVAL);
}

/** What becomes of a database. */
export function databaseRemoval(properties: RawProperties): typeof DATABASE_REMOVAL[number] {
  return properties.RemovalPolicy === undefined ? 'retain' : oneOf(properties, 'RemovalPolicy', DATABASE_REMOVAL);
}

/** The text of a property. */
export function text(properties: RawProperties, name: string): string {
  const value = properties[name];
  if (typeof value !== 'string' || value === '') {
    throw invalid(name, value, 'a text that is not empty');
  }
  return value;
}

function identifier(properties: RawProperties, name: string): string {
  const value = text(properties, name);
  if (Buffer.byteLength(value) > IDENTIFIER_BYTES || value.includes('\0') || /\p{Surrogate}/u.test(value)) {
    throw invalid(name, value, `at most ${IDENTIFIER_BYTES} bytes of text, because PostgreSQL would cut it`);
  }
  return value;
}

function databaseName(properties: RawProperties): string {
  const value = identifier(properties, 'DatabaseName');
  if (value === '.' || value === '..') {
    throw invalid('DatabaseName', value, 'a name that can stand in a URL');
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

function oneOf<T extends string>(properties: RawProperties, name: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === properties[name]);
  if (found === undefined) {
    throw invalid(name, properties[name], allowed.join(', '));
  }
  return found;
}

function flag(properties: RawProperties, name: string): boolean {
  return properties[name] !== undefined && oneOf({ [name]: String(properties[name]) }, name, ['true', 'false']) === 'true';
}

function list(properties: RawProperties, name: string): string[] {
  const value = properties[name] ?? [];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
    throw invalid(name, value, 'a list of texts');
  }
  return value;
}

function record(properties: RawProperties, name: string): Record<string, string> {
  const value = properties[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value) || value === null || !Object.values(value).every((each) => typeof each === 'string')) {
    throw invalid(name, value, 'texts by name');
  }
  return value as Record<string, string>;
}

function invalid(name: string, value: unknown, allowed: string): ConductorError {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  return new ConductorError('INVALID_PROPERTY', `Property ${name} is ${shown.slice(0, 200)}; allowed: ${allowed}. Change it where the resource is declared.`);
}
