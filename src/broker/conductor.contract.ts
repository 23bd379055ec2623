/** What the broker's construct must give its conductor: time limits and permissions. */

/** Time-out of the conductor's function: the most that Lambda allows. */
export const CONDUCTOR_TIMEOUT_SECONDS = 900;

/** Time-out of the SQL function. The conductor can still name a time-out of it. */
export const SQL_FUNCTION_TIMEOUT_SECONDS = 840;

/** Invocations that one request may take, each of which hands over to the next while RDS still creates or changes the server. A Multi-AZ instance or an Aurora cluster takes up to half an hour. */
export const MOST_INVOCATIONS = 3;

/** `ServiceTimeout` of the custom resources: CloudFormation gives up on a conductor that crashed, but never on one at work. At most an hour. */
export const SERVICE_TIMEOUT_SECONDS = MOST_INVOCATIONS * CONDUCTOR_TIMEOUT_SECONDS + 60;

/**
 * `maximumEventAge` of the conductor. Where the account has no free executions, Lambda keeps the request and tries again: as long as CloudFormation waits for
 * one whole invocation more. A request that is delivered later than this belongs to a deployment that is over.
 */
export const MAX_EVENT_AGE_SECONDS = SERVICE_TIMEOUT_SECONDS - CONDUCTOR_TIMEOUT_SECONDS - 60;

/** What the conductor does with the secret of a user. */
export const USER_SECRET_ACTIONS = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

/** CloudFormation puts the id of the stack on what it makes, and nobody else can set tags that begin with `aws:`. */
export const STACK_TAG = 'aws:cloudformation:stack-id';

/** What the conductor does with the secret of the admin. */
export const READ_SECRET_ACTIONS = ['secretsmanager:GetSecretValue'];
