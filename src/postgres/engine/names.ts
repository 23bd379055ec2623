import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names without a word, so that two of them may become one. */
export const MAX_BYTES = 63;
const HASH_LENGTH = 12;

/**
 * Characters that a database's name can have, so that every client finds it by its URL: node-postgres leaves some encoded characters of a
 * path encoded, Postgres.js and Sequelize all, so it is made of those that a path may hold as they are. Not of `:` and `,`: its owner's user name begins with it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-3.3
 */
export const DATABASE_NAME = { pattern: /^[\w.~!$&()*+;=@-]+$/, allowed: 'letters of ASCII, digits and \'-._~!$&()*+;=@\'' };

/**
 * Characters that a user's name can have, so that every client can log in. A URL holds them encoded, which all decode; but Sequelize
 * splits after that at a colon, asyncpg does not escape a comma for SCRAM, and other implementations refuse some of Unicode.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-5.1
 */
export const USERNAME = { pattern: /^(?!.*[,:])[ -~]+$/, allowed: 'printable ASCII characters other than comma and colon' };

/** The schema with this library's lock, in database `postgres` and in each database that it migrates. Nobody but its owner has rights on it. */
export const LOCK_SCHEMA = 'cdk_private_backend';

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
  return { owner: nameAfter(databaseName, '_owner'), readWrite: nameAfter(databaseName, '_rw'), readOnly: nameAfter(databaseName, '_ro') };
}

/** All three, for whoever treats them alike. */
export function groupRoleNames(databaseName: string): string[] {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return [owner, readWrite, readOnly];
}

/** Name of the login that migrations run as: it acts as the owner, which cannot log in. */
export function ownerLogin(databaseName: string): string {
  return nameAfter(databaseName, '_migrator');
}

/** A name of a role that follows from that of its database. */
function nameAfter(databaseName: string, suffix: string): string {
  const plain = `${databaseName}${suffix}`;
  if (Buffer.byteLength(plain) <= MAX_BYTES) {
    return plain;
  }
  const hash = createHash('sha256').update(databaseName).digest('hex').slice(0, HASH_LENGTH);
  return `${cutToBytes(databaseName, MAX_BYTES - suffix.length - hash.length - 1)}_${hash}${suffix}`;
}

/** The beginning of a text, in whole characters. */
export function cutToBytes(text: string, bytes: number): string {
  const characters = [...text];
  while (Buffer.byteLength(characters.join('')) > bytes) {
    characters.pop();
  }
  return characters.join('');
}
