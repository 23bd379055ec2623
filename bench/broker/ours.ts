import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { RDSClient } from '@aws-sdk/client-rds';
import type { Converger, Run, Target } from './workload';
import { ConductorEnv } from '../../src/broker/broker.contract';
import { CONDUCTOR_TIMEOUT_SECONDS } from '../../src/broker/conductor.contract';
import { systemClock } from '../../src/broker/handler/clock';
import type { ConductorEvent } from '../../src/broker/handler/conductor/request';
import { handleConductorRequest } from '../../src/postgres/engine/handler/conductor/handle-conductor-request';
import { handleSqlRequest } from '../../src/postgres/engine/handler/sql/handle-sql-request';
import { DATABASE_RESOURCE_TYPE, USER_RESOURCE_TYPE } from '../../src/postgres/engine/postgres.contract';
import { InMemorySecretsManager } from '../../test/support/secrets-manager';

/** A broker that also removes what it made, and takes over what others made. */
export interface RemovingConverger extends Converger {
  takeOver(databaseName: string, run: Run): Promise<void>;
  remove(user: { readonly username: string; readonly databaseName: string }, onRemoval: string): Promise<void>;
}

/** The broker of this library: both handlers in this process, with a stand-in for Secrets Manager. */
export function createBroker({ host, port, admin, ca }: Target): RemovingConverger {
  const secrets = new InMemorySecretsManager();
  const userSecrets = new Map<string, string>();
  const env = {
    [ConductorEnv.HOST]: host,
    [ConductorEnv.PORT]: String(port),
    [ConductorEnv.ADMIN_SECRET_ARN]: secrets.create('admin', admin),
    [ConductorEnv.SERVER_KIND]: 'imported',
    [ConductorEnv.SERVER_OWNED]: 'true',
  };
  const rds = new RDSClient({ region: 'eu-west-1' });
  const send = async (run: Run | 'removal', type: string, name: string, properties: object) => {
    const event = createEvent(run, type, name, { ...properties, CaBundle: ca });
    await handleConductorRequest(event, {
      secrets: secrets.asClient(),
      rds,
      logs: new CloudWatchLogsClient({ region: 'eu-west-1' }),
      invokeSql: async (request) => {
        const response = await handleSqlRequest(request, { report: () => undefined });
        if (run === 'again' && (!response.ok || response.changes.length > 0)) {
          throw new Error(`A second run of ${name} is not without changes: ${JSON.stringify(response)}`);
        }
        return response;
      },
      sendResponse: async (_, body) => expectSuccess(body),
      continueLater: () => Promise.reject(new Error('There is no other invocation.')),
      remainingMillis: () => CONDUCTOR_TIMEOUT_SECONDS * 1000,
      log: ({ level, message, error }) => void (level === 'error' && console.error(message, error)),
      clock: systemClock,
      region: 'eu-west-1',
      env,
    });
  };
  return {
    database: (databaseName, run) => send(run, DATABASE_RESOURCE_TYPE, databaseName, { DatabaseName: databaseName }),
    takeOver: (databaseName, run) => send(run, DATABASE_RESOURCE_TYPE, databaseName, { DatabaseName: databaseName, AdoptExisting: 'true' }),
    remove: ({ username, databaseName }, onRemoval) => send('removal', USER_RESOURCE_TYPE, username, { Username: username, DatabaseName: databaseName, Access: 'READ_WRITE', OnRemoval: onRemoval }),
    user: ({ username, databaseName }, run) => {
      const secretArn = userSecrets.get(username) ?? secrets.create(username);
      userSecrets.set(username, secretArn);
      return send(run, USER_RESOURCE_TYPE, username, {
        Username: username, DatabaseName: databaseName, Access: 'READ_WRITE', SecretArn: secretArn, ConnectionLimit: '10', Settings: { statement_timeout: '30000' },
      });
    },
  };
}

function createEvent(run: Run | 'removal', type: string, name: string, properties: object): ConductorEvent {
  const all = { ServiceToken: 'conductor', ...properties };
  const kind = type === USER_RESOURCE_TYPE ? 'user' : 'database';
  return {
    ServiceToken: 'conductor',
    ResponseURL: 'https://response.example',
    StackId: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Backend/1b1b1b1b-0000-0000-0000-000000000000',
    RequestId: `${run}-${name}`,
    LogicalResourceId: name.replace(/\W|_/g, ''),
    ResourceType: type,
    ResourceProperties: all,
    ...(run === 'first' ? { RequestType: 'Create' } : run === 'removal' ? { RequestType: 'Delete', PhysicalResourceId: `${kind}:${name}` } : { RequestType: 'Update', PhysicalResourceId: `${kind}:${name}`, OldResourceProperties: all }),
  } as ConductorEvent;
}

/** `handleConductorRequest` never throws, and takes an undelivered answer for logged. */
function expectSuccess(body: string): void {
  const { Status: status, Reason: reason } = JSON.parse(body) as { Status: string; Reason?: string };
  if (status !== 'SUCCESS') {
    throw new Error(reason);
  }
}
