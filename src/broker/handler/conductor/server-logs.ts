import { CreateLogGroupCommand, DeleteRetentionPolicyCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ConductorError, errorMessage, errorName, withoutStop } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import { list, text, type RawProperties } from './raw-properties';

/** What `LogRetention` says where events never expire, as CDK writes it. */
const NEVER_EXPIRES = '9999';

/**
 * Gives the log groups that a server exports to their retention. The server makes them itself, at a time of its own, with events that never expire; what exists
 * keeps its events. A group that is made here first is one that it uses.
 */
export async function keepServerLogs(properties: RawProperties, { logs, log }: Pick<ConductorDependencies, 'logs' | 'log'>): Promise<void> {
  for (const logGroupName of list(properties, 'LogGroups')) {
    const retention = text(properties, 'LogRetention');
    try {
      await logs.send(new CreateLogGroupCommand({ logGroupName })).catch(unlessThere);
      await (retention === NEVER_EXPIRES
        ? logs.send(new DeleteRetentionPolicyCommand({ logGroupName }))
        : logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: Number(retention) })));
      log({ level: 'info', message: 'retention set', logGroupName, retention });
    } catch (error) {
      throw new ConductorError('LOG_RETENTION', `The retention of the server's log group '${logGroupName}' couldn't be set: ${errorName(error)}: ${withoutStop(errorMessage(error))}. Correct that, then deploy again.`);
    }
  }
}

function unlessThere(error: unknown): void {
  if (errorName(error) !== 'ResourceAlreadyExistsException') {
    throw error;
  }
}
