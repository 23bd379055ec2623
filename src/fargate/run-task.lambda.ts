import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import type { RunTaskDependencies } from './handler/dependencies';
import { handleRunTask } from './handler/handler';
import type { TaskRunEvent } from './shared/run-task.contract';
import { putResponse } from '../private/handler/put-response';

// No call may hang for as long as the function has to answer.
const client = { maxAttempts: 5, requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000 } };
const ecs = new ECSClient(client);
const logs = new CloudWatchLogsClient(client);
const cloudFormation = new CloudFormationClient(client);
const lambda = new LambdaClient(client);

/** Entry point of the function that runs migrations and rehearsals. */
export async function handler(event: TaskRunEvent, context: Context): Promise<void> {
  await handleRunTask(event, dependencies(context));
}

function dependencies(context: Context): RunTaskDependencies {
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return {
    ecs,
    logs,
    cloudFormation,
    respond: (url, body) => putResponse(url, body, { sleep }),
    continueLater: async (event) => {
      await lambda.send(new InvokeCommand({ FunctionName: context.invokedFunctionArn, InvocationType: 'Event', Payload: JSON.stringify(event) }));
    },
    remaining: () => context.getRemainingTimeInMillis(),
    now: () => Date.now(),
    sleep,
    logGroup: context.logGroupName,
    log: (message, details) => console.log(JSON.stringify({ message, ...details })),
  };
}
