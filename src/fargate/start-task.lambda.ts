import { ECSClient } from '@aws-sdk/client-ecs';
import type { Context } from 'aws-lambda';
import { TaskFailure } from './handler/response';
import { startByHand } from './handler/start-by-hand';
import { starterSettings } from './handler/starter-settings';
import type { StarterAnswer } from './shared/start-task.contract';

// No call may take so long that the invocation ends without an answer: its caller would invoke again.
const ecs = new ECSClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 2000, requestTimeout: 4000 } });

/**
 * Entry point of the function that starts one task for people. IAM can't forbid a payload, so nothing is read that the caller can write: neither
 * the event nor the client context.
 */
export async function handler(_event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>): Promise<StarterAnswer> {
  try {
    return await startByHand(starterSettings(process.env), {
      ecs,
      requestId: context.awsRequestId,
      remaining: () => context.getRemainingTimeInMillis(),
      sleep: (milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
      log: (message, details) => console.log(JSON.stringify({ message, ...details })),
    });
  } catch (error) {
    throw error instanceof TaskFailure ? new Error(`[${error.code}] ${error.message}`) : error;
  }
}
