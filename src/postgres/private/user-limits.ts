import { Token } from 'aws-cdk-lib';

/** A user as the limits of its server see it. */
export interface DeclaredUser {
  readonly path: string;
  readonly connectionLimit: number;
}

/** For superusers, RDS itself, the admin and the broker, and people with psql. */
const RESERVED_CONNECTIONS = 15;

/**
 * Each user adds a policy of about 300 characters to the role of the broker, and IAM takes 10,240 of all together.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_USERS = 30;

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
  return users.length <= MAX_USERS ? [] : [
    `${users.length} users are declared on one server, and the policies by which the broker fills their secrets fit its role for ${MAX_USERS} at most. Share users between services, or use another server.`,
  ];
}
