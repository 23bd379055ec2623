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
    const [bytes, suffix] = [Buffer.byteLength(databaseName), OWNER_LOGIN_SUFFIX.length];
    throw new InvalidBackendError(scope, 'PostgresDatabase.ownerUsername', `The owner's user name '${username}' has ${bytes} + ${suffix} = ${bytes + suffix} bytes, and PostgreSQL allows ${MAX_BYTES}. `
      + `Set a \`databaseName\` of at most ${MAX_BYTES - suffix} bytes, or use \`database.addUser('Migrator', { access: PostgresAccess.OWNER })\` instead of \`database.owner\`.`);
  }
  return username;
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut. Tokens pass. */
export function validateUsername(scope: IConstruct, username: string): void {
  const problem = nameProblem(username, RESERVED_ROLES);
  if (problem !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresUser.username', `'${username}' isn't a valid user name: ${problem}. Set another \`username\`.`);
  }
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut. Tokens pass. */
export function validateDatabaseName(scope: IConstruct, databaseName: string): void {
  const problem = ['.', '..'].includes(databaseName) ? 'a URL can\'t contain it as a path' : nameProblem(databaseName, RESERVED_DATABASES);
  if (problem !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresDatabase.databaseName', `'${databaseName}' isn't a valid database name: ${problem}. Set another \`databaseName\`.`);
  }
}

function nameProblem(name: string, reserved: string[]): string | undefined {
  if (Token.isUnresolved(name)) {
    return undefined;
  }
  const lower = name.toLowerCase();
  if (name === '') {
    return 'it\'s empty';
  }
  if (Buffer.byteLength(name) > MAX_BYTES) {
    return `it has ${Buffer.byteLength(name)} bytes, and PostgreSQL allows ${MAX_BYTES}`;
  }
  if (hasControlCharacter(name)) {
    return 'it contains a control character';
  }
  if (/\p{Surrogate}/u.test(name)) {
    return 'it contains an incomplete Unicode character';
  }
  if (lower.startsWith('pg_') || lower.startsWith('rds') || reserved.includes(lower)) {
    return `PostgreSQL and RDS reserve names that start with 'pg_' or 'rds', and ${reserved.map((each) => `'${each}'`).join(', ')}`;
  }
  return undefined;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some(character => character.charCodeAt(0) < 0x20 || character.charCodeAt(0) === 0x7f);
}
