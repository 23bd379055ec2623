import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** PostgreSQL cuts longer names without a word, so that two of them may become one. */
const MAX_BYTES = 63;
const OWNER_LOGIN_SUFFIX = '_migrator';
const RESERVED_ROLES = ['postgres', 'public', 'none', 'current_user', 'current_role', 'session_user'];
const RESERVED_DATABASES = ['postgres', 'public', 'template0', 'template1'];

/** Name of the login that acts as the owner of a database; differs from the roles that hold the grants. */
export function ownerUsername(scope: IConstruct, databaseName: string): string {
  const username = `${databaseName}${OWNER_LOGIN_SUFFIX}`;
  if (!Token.isUnresolved(username) && Buffer.byteLength(username) > MAX_BYTES) {
    throw new InvalidBackendError(scope,
      `The owner's name '${username}' has ${Buffer.byteLength(username)} bytes, and at most ${MAX_BYTES} fit. Give the database a shorter databaseName, or declare a user with PostgresAccess.OWNER and a name of its own.`);
  }
  return username;
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut. Tokens pass. */
export function validateUsername(scope: IConstruct, username: string): void {
  validateName(scope, 'user', username, 'username', RESERVED_ROLES);
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut. Tokens pass. */
export function validateDatabaseName(scope: IConstruct, databaseName: string): void {
  validateName(scope, 'database', databaseName, 'databaseName', RESERVED_DATABASES);
  if (databaseName === '.' || databaseName === '..') {
    throw new InvalidBackendError(scope, `'${databaseName}' cannot be the name of a database: it cannot stand in a URL. Set databaseName.`);
  }
}

function validateName(scope: IConstruct, what: string, name: string, prop: string, reserved: string[]): void {
  if (Token.isUnresolved(name)) {
    return;
  }
  const refuse = (reason: string) => {
    throw new InvalidBackendError(scope, `'${name}' cannot be the name of a ${what}: ${reason}. Set ${prop}.`);
  };
  const lower = name.toLowerCase();
  if (name === '') {
    refuse('it is empty');
  }
  if (Buffer.byteLength(name) > MAX_BYTES) {
    refuse(`it has ${Buffer.byteLength(name)} bytes, and at most ${MAX_BYTES} fit`);
  }
  if (hasControlCharacter(name)) {
    refuse('it holds a control character');
  }
  if (/\p{Surrogate}/u.test(name)) {
    refuse('it holds half a character');
  }
  if (lower.startsWith('pg_') || lower.startsWith('rds') || reserved.includes(lower)) {
    refuse('PostgreSQL and RDS reserve names that start with pg_ or rds, and ' + reserved.join(', '));
  }
}

function hasControlCharacter(text: string): boolean {
  return [...text].some(character => character.charCodeAt(0) < 0x20 || character.charCodeAt(0) === 0x7f);
}
