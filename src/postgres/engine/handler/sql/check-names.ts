import { BrokerError } from '../../../../broker/broker-error';

/** PostgreSQL cuts longer names without a word, so that two of them may become one. */
const MAX_BYTES = 63;
const RESERVED = ['none', 'public', 'current_user', 'current_role', 'session_user'];
const RESERVED_DATABASES = ['postgres', 'template0', 'template1'];

/** Refuses a name for a login that PostgreSQL or RDS keeps for itself, or would cut. */
export function checkUsername(username: string, admin: string): void {
  checkIdentifier('user', username);
  if (username === admin) {
    throw new BrokerError('RESERVED_NAME', `'${username}' isn't a valid user name: it's the admin that this library connects as. Set another \`username\`.`);
  }
  if (isReserved(username) || RESERVED.includes(username.toLowerCase())) {
    throw new BrokerError('RESERVED_NAME', `'${username}' isn't a valid user name: PostgreSQL and RDS reserve names that start with 'pg_' or 'rds', and ${quoted(RESERVED)}. Set another \`username\`.`);
  }
}

/** Refuses a name for a database that PostgreSQL or RDS keeps for itself, or would cut. */
export function checkDatabaseName(databaseName: string): void {
  checkIdentifier('database', databaseName);
  if (isReserved(databaseName) || RESERVED_DATABASES.includes(databaseName.toLowerCase())) {
    throw new BrokerError('RESERVED_NAME', `'${databaseName}' isn't a valid database name: PostgreSQL and RDS reserve names that start with 'pg_' or 'rds', and ${quoted(RESERVED_DATABASES)}. Set another \`databaseName\`.`);
  }
}

/** Refuses what cannot be a name of anything in PostgreSQL. */
export function checkIdentifier(what: string, name: string): void {
  const reason = name === '' ? 'it\'s empty'
    : Buffer.byteLength(name) > MAX_BYTES ? `it has ${Buffer.byteLength(name)} bytes, and PostgreSQL allows ${MAX_BYTES}`
      : /\0|\p{Surrogate}/u.test(name) ? 'it contains a character that PostgreSQL can\'t store'
        : undefined;
  if (reason !== undefined) {
    throw new BrokerError('INVALID_NAME', `'${name.slice(0, 80)}' isn't a valid ${what} name: ${reason}. Use another name.`);
  }
}

function isReserved(name: string): boolean {
  return /^(pg_|rds)/i.test(name);
}

function quoted(names: string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
