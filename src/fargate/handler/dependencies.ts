import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { TaskRunEvent } from '../shared/run-task.contract';

/** Everything outside of this function, passed in so that tests and the demo bring their own. */
export interface RunTaskDependencies {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly cloudFormation: CloudFormationClient;
  /** Sends the answer to CloudFormation's URL. */
  readonly respond: (url: string, body: string) => Promise<void>;
  /** Invokes this function again, without waiting. */
  readonly continueLater: (event: TaskRunEvent) => Promise<void>;
  /** Milliseconds that this invocation has left. */
  readonly remaining: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Name of the log group of this function, for messages that send people there. */
  readonly logGroup: string;
  readonly log: (message: string, details?: Record<string, unknown>) => void;
}
