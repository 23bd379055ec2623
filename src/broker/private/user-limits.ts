import { Token } from 'aws-cdk-lib';
import { problem } from '../../private/errors';
import type { DefaultConnectionLimit } from '../connection-limit';

/** A user as the limits of its server see it. */
export interface DeclaredUser {
  readonly path: string;
  readonly connectionLimit: number;
  /** How the limit was computed; nothing where the user was given one. */
  readonly computed?: DefaultConnectionLimit;
  /** Its secret, if it has one; and whether that has a key of its own. */
  readonly secret?: { readonly hasKey: boolean };
}

/** For RDS itself, the admin and the broker, and people with a client. */
const RESERVED_CONNECTIONS = 15;

/**
 * What IAM takes of all policies in a role, and what the broker's own take of it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_CHARACTERS = 10_240;
const BROKER_CHARACTERS = 950;

/** What the policy of one user takes, with ARNs of usual length; and what a key adds. */
const USER_CHARACTERS = 362;
const KEY_CHARACTERS = 290;

/** What a server cannot hold. Users without a limit, or with a token for it, are not counted. */
export function validateUsers(users: DeclaredUser[], maxConnections?: number): string[] {
  return [...tooManyConnections(users, maxConnections), ...tooManyUsers(users)];
}

function tooManyConnections(users: DeclaredUser[], maxConnections?: number): string[] {
  const counted = users.filter(user => !Token.isUnresolved(user.connectionLimit) && user.connectionLimit > 0);
  const sum = counted.reduce((total, user) => total + user.connectionLimit, 0);
  if (maxConnections === undefined || sum <= maxConnections - RESERVED_CONNECTIONS) {
    return [];
  }
  const list = counted.map(({ path, connectionLimit, computed }) => `'${path}' ${computed?.toString() ?? connectionLimit}`).join(', ');
  return [problem('DatabaseServer.connectionBudget',
    `Database users can open ${sum} connections, but this server allows about ${maxConnections}, and ${maxConnections} - ${RESERVED_CONNECTIONS} reserved = ${maxConnections - RESERVED_CONNECTIONS} for users: ${list}. `
    + explainDefault(counted)
    + 'Set `connectionLimit` or `poolSize` in `database.addUser()`, choose a larger server, or set `maxConnections` if you know that the server allows more.')];
}

/** Where the computed limits come from: users in other stacks may have another posture. */
function explainDefault(users: DeclaredUser[]): string {
  const sources = [...new Set(users.flatMap(({ computed }) => computed?.source ?? []))];
  return sources.length === 0 ? '' : `A user's default is \`poolSize\` × \`maxTasks\` × 2, with \`maxTasks\` ${sources.join(' or ')}, not from the services. `;
}

function tooManyUsers(users: DeclaredUser[]): string[] {
  const secrets = users.flatMap(({ secret }) => secret ?? []);
  const keys = secrets.filter(({ hasKey }) => hasKey).length;
  const needed = BROKER_CHARACTERS + secrets.length * USER_CHARACTERS + keys * KEY_CHARACTERS;
  return needed <= ROLE_CHARACTERS ? [] : [problem('DatabaseServer.tooManyUsers',
    `${secrets.length} users are declared on one server, which is too many for the role that writes their secrets. `
    + `The role's policies need about ${BROKER_CHARACTERS} + ${secrets.length} users × ${USER_CHARACTERS}${keys === 0 ? '' : ` + ${keys} keys × ${KEY_CHARACTERS}`} = ${needed} characters, and IAM allows ${ROLE_CHARACTERS}. `
    + 'Share users between services, remove `encryptionKey`, or use another server.')];
}
