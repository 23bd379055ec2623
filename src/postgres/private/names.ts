import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { DATABASE_NAME, MAX_BYTES, ownerLogin, USERNAME } from '../engine/names';

const RESERVED_ROLES = ['postgres', 'public', 'none', 'current_user', 'current_role', 'session_user'];
const RESERVED_DATABASES = ['postgres', 'public', 'template0', 'template1'];

/** Name of the login that acts as the owner of a database; differs from the roles that hold the grants. A token must not be cut. */
export function ownerUsername(databaseName: string): string {
  return Token.isUnresolved(databaseName) ? `${databaseName}${ownerLogin('')}` : ownerLogin(databaseName);
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut, and those that a client cannot log in with. Tokens pass. */
export function validateUsername(scope: IConstruct, username: string): void {
  const problem = nameProblem(username, RESERVED_ROLES);
  if (problem !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresUser.username', `'${username}' isn't a valid user name: ${problem}. Set another \`username\`.`);
  }
  const character = wrongCharacter(username, USERNAME);
  if (character !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresUser.usernameCharacters', `The user name '${username}' contains ${character}, and not every PostgreSQL client can log in with it. `
      + `Set a \`username\` of ${USERNAME.allowed}.`);
  }
}

/** Refuses names that PostgreSQL or RDS keeps for itself, or would cut, and those that a client cannot read in its URL. Tokens pass. */
export function validateDatabaseName(scope: IConstruct, databaseName: string): void {
  const problem = ['.', '..'].includes(databaseName) ? 'a URL can\'t contain it as a path' : nameProblem(databaseName, RESERVED_DATABASES);
  if (problem !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresDatabase.databaseName', `'${databaseName}' isn't a valid database name: ${problem}. Set another \`databaseName\`.`);
  }
  const character = wrongCharacter(databaseName, DATABASE_NAME);
  if (character !== undefined) {
    throw new InvalidBackendError(scope, 'PostgresDatabase.databaseNameCharacters', `The database name '${databaseName}' contains ${character}, and not every PostgreSQL client can read it in a URL. `
      + `Set a \`databaseName\` of ${DATABASE_NAME.allowed}, and rename a database that exists already (\`ALTER DATABASE … RENAME TO …\`).`);
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
  if (lower.startsWith('pg_') || lower.startsWith('rds') || reserved.includes(lower)) {
    return `PostgreSQL and RDS reserve names that start with 'pg_' or 'rds', and ${reserved.map((each) => `'${each}'`).join(', ')}`;
  }
  return undefined;
}

/** The first character that is not allowed; with its code, because it may be invisible. */
function wrongCharacter(name: string, { pattern }: typeof USERNAME): string | undefined {
  const character = Token.isUnresolved(name) ? undefined : [...name].find((each) => !pattern.test(each));
  const code = `U+${character?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
  return character === undefined ? undefined : /^[\p{L}\p{N}\p{P}\p{S} ]$/u.test(character) ? `'${character}' (${code})` : code;
}
