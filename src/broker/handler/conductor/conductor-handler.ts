import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import type { ConductorDependencies } from './dependencies';
import { lambdaInvoker } from './lambda-invoker';
import type { ConductorEvent } from './request';
import { putResponse } from '../../../private/handler/put-response';
import { ConductorEnv } from '../../broker.contract';
import { systemClock } from '../clock';

/** Answers one request, with everything that the conductor reaches outside itself. */
export type Answer = (event: ConductorEvent, deps: ConductorDependencies) => Promise<void>;

/** The conductor's handler for an engine: clients are made here, once for each instance of the function. */
export function conductorHandler(answer: Answer): (event: ConductorEvent, context: Pick<Context, 'getRemainingTimeInMillis' | 'invokedFunctionArn'>) => Promise<void> {
  const secrets = new SecretsManagerClient({ maxAttempts: 5 });
  const rds = new RDSClient({ maxAttempts: 5 });
  const logs = new CloudWatchLogsClient({ maxAttempts: 5 });
  // It has its own patience, in which throttling and functions that are not ready are told apart.
  const lambda = new LambdaClient({ maxAttempts: 1 });
  const own = new LambdaClient({ maxAttempts: 5 });
  return async (event, context) => {
    const { env } = process;
    await answer(event, {
      secrets,
      rds,
      logs,
      invokeSql: lambdaInvoker(lambda, { name: env[ConductorEnv.SQL_FUNCTION] ?? '', logGroup: env[ConductorEnv.SQL_LOG_GROUP] ?? '' }, systemClock),
      sendResponse: (url, body) => putResponse(url, body, systemClock),
      continueLater: async (next) => void await own.send(new InvokeCommand({ FunctionName: context.invokedFunctionArn, InvocationType: 'Event', Payload: JSON.stringify(next) })),
      remainingMillis: () => context.getRemainingTimeInMillis(),
      log: (entry) => console.log(JSON.stringify(entry)),
      clock: systemClock,
      region: env.AWS_REGION ?? '',
      env,
    });
  };
}
