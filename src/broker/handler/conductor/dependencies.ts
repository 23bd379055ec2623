import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ConductorEvent } from './request';
import type { SqlRequest, SqlResponse } from '../../broker.contract';
import type { Clock } from '../clock';

/** Everything that the conductor reaches outside itself. */
export interface ConductorDependencies {
  readonly secrets: SecretsManagerClient;
  readonly rds: RDSClient;
  readonly logs: CloudWatchLogsClient;
  /** Runs the SQL function and answers what it answered; throws a `ConductorError` when it cannot, at the latest at `until`. */
  readonly invokeSql: (request: SqlRequest, until: number) => Promise<SqlResponse>;
  /** Delivers the response to CloudFormation. */
  readonly sendResponse: (url: string, body: string) => Promise<void>;
  /** Lets another invocation handle the event from its beginning. */
  readonly continueLater: (event: ConductorEvent) => Promise<void>;
  /** Milliseconds that this invocation may still take. */
  readonly remainingMillis: () => number;
  /** Writes one structured line. */
  readonly log: (entry: { readonly [key: string]: unknown }) => void;
  readonly clock: Clock;
  readonly region: string;
  readonly env: { readonly [name: string]: string | undefined };
}
