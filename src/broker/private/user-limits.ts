import { Token } from 'aws-cdk-lib';

/** A user as the limits of its server see it. */
export interface DeclaredUser {
  readonly path: string;
  readonly connectionLimit: number;
  /** Its secret, if it has one; and whether that has a key of its own. */
  readonly secret?: { readonly hasKey: boolean };
}

/** For RDS itself, the admin and the broker, and people with a client. */
const RESERVED_CONNECTIONS = 15;

/**
 * What IAM takes of all policies that stand in a role, and what the broker's own take of it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const ROLE_CHARACTERS = 10_240;
const BROKER_CHARACTERS = 950;

/** What the policy of one user takes, with ARNs of usual length; and what a key adds. */
const USER_CHARACTERS = 330;
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
  const list = counted.map(user => `'${user.path}' ${user.connectionLimit}`).join(', ');
  return [`The users may open ${sum} connections, and the server accepts about ${maxConnections}, of which ${RESERVED_CONNECTIONS} are kept for its administration: ${list}. `
    + 'Lower connectionLimit or poolSize, give the server more memory, or say what it accepts with maxConnections.'];
}

function tooManyUsers(users: DeclaredUser[]): string[] {
  const secrets = users.flatMap(({ secret }) => secret ?? []);
  const needed = secrets.reduce((sum, { hasKey }) => sum + USER_CHARACTERS + (hasKey ? KEY_CHARACTERS : 0), BROKER_CHARACTERS);
  return needed <= ROLE_CHARACTERS ? [] : [
    `${secrets.length} users are declared on one server. The policies by which the broker fills their secrets need about ${needed} characters in its role, and IAM takes ${ROLE_CHARACTERS}. `
    + 'Share users between services, leave out their encryptionKey, or use another server.',
  ];
}
