import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { ConductorEnv } from './broker.contract';
import { systemClock } from './conductor/dependencies';
import { handleConductorRequest } from './conductor/handle-conductor-request';
import { lambdaInvoker } from './conductor/lambda-invoker';
import type { ConductorEvent } from './conductor/request';
import { putResponse } from '../../private/put-response';

const secrets = new SecretsManagerClient({ maxAttempts: 5 });
const rds = new RDSClient({ maxAttempts: 5 });
// It has its own patience, in which throttling and functions that are not ready are told apart.
const lambda = new LambdaClient({ maxAttempts: 1 });

/** Answers CloudFormation for `Custom::PostgresDatabase` and `Custom::PostgresUser`. */
export async function handler(event: ConductorEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> {
  const { env } = process;
  await handleConductorRequest(event, {
    secrets,
    rds,
    invokeSql: lambdaInvoker(lambda, env[ConductorEnv.SQL_FUNCTION] ?? '', systemClock),
    sendResponse: (url, body) => putResponse(url, body, systemClock),
    remainingMillis: () => context.getRemainingTimeInMillis(),
    log: (entry) => console.log(JSON.stringify(entry)),
    clock: systemClock,
    region: env.AWS_REGION ?? '',
    env,
  });
}
