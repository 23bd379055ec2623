import { createHash } from 'node:crypto';
import { BrokerError } from '../../broker/broker-error';

/** PostgreSQL cuts longer names without a word, so that two of them may become one. */
const MAX_BYTES = 63;
const HASH_LENGTH = 12;
const RESERVED = ['none', 'public', 'current_user', 'current_role', 'session_user'];
const RESERVED_DATABASES = ['postgres', 'template0', 'template1'];

/** The three roles without login that hold every grant on a database. */
export interface GroupRoles {
  /** Owns the database and its objects. */
  readonly owner: string;
  /** Reads and writes tables. */
  readonly readWrite: string;
  /** Reads tables. */
  readonly readOnly: string;
}

/**
 * Names of a database's group roles: `<database>_owner`, `<database>_rw`, `<database>_ro`. Where that would be longer than 63
 * bytes, the database's name is cut and a hash of the whole of it follows.
 */
export function groupRoles(databaseName: string): GroupRoles {
  return { owner: groupRole(databaseName, '_owner'), readWrite: groupRole(databaseName, '_rw'), readOnly: groupRole(databaseName, '_ro') };
}

/** All three, for whoever treats them alike. */
export function groupRoleNames(databaseName: string): string[] {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return [owner, readWrite, readOnly];
}

/** Refuses a name for a login that PostgreSQL or RDS keeps for itself, or would cut. */
export function checkUsername(username: string, admin: string): void {
  checkIdentifier('user', username);
  if (username === admin) {
    throw reservedName('user', username, 'it is the admin that the broker itself connects as');
  }
  if (isReserved(username) || RESERVED.includes(username.toLowerCase())) {
    throw reservedName('user', username, `names that start with pg_ or rds are reserved, and so are ${RESERVED.join(', ')}`);
  }
}

/** Refuses a name for a database that PostgreSQL or RDS keeps for itself, or would cut. */
export function checkDatabaseName(databaseName: string): void {
  checkIdentifier('database', databaseName);
  if (isReserved(databaseName) || RESERVED_DATABASES.includes(databaseName.toLowerCase())) {
    throw reservedName('database', databaseName, `names that start with pg_ or rds are reserved, and so are ${RESERVED_DATABASES.join(', ')}`);
  }
}

/** Refuses what cannot be a name of anything in PostgreSQL. */
export function checkIdentifier(what: string, name: string): void {
  const reason = name === '' ? 'it is empty'
    : Buffer.byteLength(name) > MAX_BYTES ? `it has ${Buffer.byteLength(name)} bytes, and PostgreSQL keeps ${MAX_BYTES}`
      : /\0|\p{Surrogate}/u.test(name) ? 'it holds a character that PostgreSQL cannot store'
        : undefined;
  if (reason) {
    throw new BrokerError('INVALID_NAME', `"${name.slice(0, 80)}" cannot be the name of a ${what}: ${reason}. Choose another name.`);
  }
}

function groupRole(databaseName: string, suffix: string): string {
  const plain = `${databaseName}${suffix}`;
  if (Buffer.byteLength(plain) <= MAX_BYTES) {
    return plain;
  }
  const hash = createHash('sha256').update(databaseName).digest('hex').slice(0, HASH_LENGTH);
  return `${cutToBytes(databaseName, MAX_BYTES - suffix.length - hash.length - 1)}_${hash}${suffix}`;
}

function cutToBytes(text: string, bytes: number): string {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > bytes) {
    characters.pop();
  }
  return characters.join('');
}

function isReserved(name: string): boolean {
  return /^(pg_|rds)/i.test(name);
}

function reservedName(what: string, name: string, reason: string): BrokerError {
  return new BrokerError('RESERVED_NAME', `"${name}" cannot be the name of a ${what}: ${reason}. Choose another name.`);
}
