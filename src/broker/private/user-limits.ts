import { Token } from 'aws-cdk-lib';
import { problem } from '../../private/errors';
import type { UserConnections } from '../connection-limit';

/** A user as the limits of its server see it. */
export interface DeclaredUser {
  readonly path: string;
  /** Its limit; a token where that is computed. */
  readonly connectionLimit: number;
  /** How the limit is computed; nothing where the user has one of its own. */
  readonly computed?: UserConnections;
}

/** For RDS itself, the admin and the broker, and people with a client. */
const RESERVED_CONNECTIONS = 15;

/**
 * What IAM takes of all policies in a role, what the broker's own take of it, and what one for a key takes.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_CHARACTERS = 10_240;
const BROKER_CHARACTERS = 1_930;
const KEY_CHARACTERS = 302;

/** What a server cannot hold. Users without a limit, or with a limit that is a token, are not counted. */
export function validateUsers(users: DeclaredUser[], maxConnections?: number): string[] {
  const counted = users.filter((user) => limitOf(user) > 0);
  const sum = counted.reduce((total, user) => total + limitOf(user), 0);
  if (maxConnections === undefined || Token.isUnresolved(maxConnections) || sum <= maxConnections - RESERVED_CONNECTIONS) {
    return [];
  }
  const list = counted.map((user) => `'${user.path}' ${user.computed?.toString() ?? user.connectionLimit}`).join(', ');
  return [problem('DatabaseServer.connectionBudget',
    `Database users can open ${sum} connections, but this server allows about ${maxConnections}, and ${maxConnections} - ${RESERVED_CONNECTIONS} reserved = ${maxConnections - RESERVED_CONNECTIONS} for users: ${list}. `
    + explainComputed(counted)
    + 'Set `poolSize` or `connectionLimit` in `database.addUser()` or `maxTasks` of the services, choose a larger server, or set `maxConnections` if you know that the server allows more.')];
}

/** Below 0 without a limit; 0 where the limit is a token, which cannot be counted. */
function limitOf({ connectionLimit, computed }: DeclaredUser): number {
  return computed?.needed ?? (Token.isUnresolved(connectionLimit) ? 0 : connectionLimit);
}

/** Where the computed limits come from: users in other stacks may have another posture. */
function explainComputed(users: DeclaredUser[]): string {
  if (users.every(({ computed }) => computed === undefined)) {
    return '';
  }
  const sources = [...new Set(users.flatMap(({ computed }) => computed?.source ?? []))];
  const assumed = sources.length === 0 ? '' : `, or ${sources.join(' or ')} where no service connects`;
  return `A user without \`connectionLimit\` has \`poolSize\` × tasks × 2, with the \`maxTasks\` of its services${assumed}. `;
}

/** Keys that the role of the broker cannot hold, each once for every stack with users that have it. */
export function validateKeys(keys: number): string[] {
  const needed = BROKER_CHARACTERS + keys * KEY_CHARACTERS;
  return needed <= ROLE_CHARACTERS ? [] : [problem('DatabaseServer.tooManyKeys',
    `Secrets of database users have ${keys} keys, one for each \`encryptionKey\` and stack, which is too many for the role that writes the secrets. `
    + `The role's policies need about ${BROKER_CHARACTERS} + ${keys} keys × ${KEY_CHARACTERS} = ${needed} characters, and IAM allows ${ROLE_CHARACTERS}. `
    + 'Share keys between users, put users with the same key into one stack, or remove `encryptionKey`.')];
}
