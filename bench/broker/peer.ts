import * as fs from 'fs';
import Module, { createRequire } from 'module';
import * as path from 'path';
import type { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Converger, Run, Target } from './workload';
import { InMemorySecretsManager } from '../../test/support/secrets-manager';
import { ROOT, WORK } from '../support/paths';

type Handler = (event: object) => Promise<{ readonly PhysicalResourceId?: string }>;

const load = createRequire(path.join(ROOT, 'package.json'));
const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };

let secrets = new InMemorySecretsManager();

/** The handler of `cdk-rds-sql` as it is published, or nothing where it is not installed. */
export function findPeer(): Handler | undefined {
  const directory = path.join(ROOT, 'node_modules/cdk-rds-sql');
  return fs.existsSync(path.join(directory, 'package.json')) ? loadHandler(path.join(directory, 'lib/handler/index.js')) : undefined;
}

/** It runs in this process, with the same stand-in for Secrets Manager as ours; for roles it uses no other service. */
export function createPeer(handler: Handler, { host, port, admin, ca }: Target): Converger {
  secrets = new InMemorySecretsManager();
  fs.mkdirSync(WORK, { recursive: true });
  fs.writeFileSync(path.join(WORK, 'global-bundle.pem'), ca);
  process.env.LAMBDA_TASK_ROOT = WORK;
  process.env.SECRET_ARN = secrets.create('admin', { ...admin, host, port, engine: 'postgres', dbname: 'postgres' });
  const passwords = new Map<string, string>();
  const send = async (run: Run, name: string, properties: object) => {
    const all = { ResourceId: name, ...properties };
    await handler({
      ...(run === 'first' ? { RequestType: 'Create' } : { RequestType: 'Update', PhysicalResourceId: name, OldResourceProperties: all }),
      ResourceProperties: all,
    });
  };
  return {
    database: (databaseName, run) => send(run, databaseName, { Resource: 'database' }),
    user: ({ username, databaseName }, run) => {
      const arn = passwords.get(username) ?? secrets.create(username, { password: `password-of-${username}-0123456789` });
      passwords.set(username, arn);
      return send(run, username, { Resource: 'role', PasswordArn: arn, DatabaseName: databaseName });
    },
  };
}

function loadHandler(file: string): Handler {
  const original = loader._load;
  const unused = ['@aws-sdk/client-ssm', '@aws-sdk/dsql-signer'];
  loader._load = (request, ...rest) => {
    if (request === '@aws-sdk/client-secrets-manager') {
      return { ...(original(request, ...rest) as object), SecretsManagerClient: StandIn };
    }
    return unused.includes(request) ? {} : original(request, ...rest);
  };
  try {
    return (load(file) as { handler: Handler }).handler;
  } finally {
    loader._load = original;
  }
}

/** Asks whichever stand-in the current round has. */
class StandIn {
  public readonly send: unknown = (command: GetSecretValueCommand) => secrets.asClient().send(command);
}
