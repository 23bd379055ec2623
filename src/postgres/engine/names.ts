import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names without a word, so that two of them may become one. */
export const MAX_BYTES = 63;
const HASH_LENGTH = 12;

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
  return { owner: groupRole(databaseName, '_owner'), readWrite: groupRole(databaseName, '_rw'), readOnly: groupRole(databaseName, '_ro') };
}

/** All three, for whoever treats them alike. */
export function groupRoleNames(databaseName: string): string[] {
  const { owner, readWrite, readOnly } = groupRoles(databaseName);
  return [owner, readWrite, readOnly];
}

function groupRole(databaseName: string, suffix: string): string {
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
