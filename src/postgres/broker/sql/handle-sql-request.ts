import type { SqlRequest, SqlResponse } from '../broker.contract';
import { BrokerError } from './broker-error';
import { convergeDatabase } from './converge-database';
import { convergeUser } from './converge-user';
import { deleteDatabase } from './delete-database';
import { deleteUser } from './delete-user';
import { realDependencies, type SqlDependencies } from './dependencies';
import { toBrokerError, toFailure } from './failures';
import { inspectUser } from './inspect-user';

const RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

/**
 * Runs one request against the server and answers how it went; never throws.
 *
 * A server that is stopped, starting, failing over or full is waited for until the request's deadline. Every attempt starts from
 * what is there, so that an attempt cut off in the middle does no harm.
 */
export async function handleSqlRequest(request: SqlRequest, dependencies: Partial<SqlDependencies> = {}): Promise<SqlResponse> {
  const deps = { ...realDependencies, ...dependencies };
  for (let attempt = 1, wait = RETRY_MS; ; attempt += 1, wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      return await perform(request, deps);
    } catch (error) {
      const failure = toBrokerError(error, request, attempt);
      if (!failure.retry || deps.now() + wait >= request.deadline) {
        return { ok: false, error: toFailure(explain(failure), request) };
      }
      await deps.sleep(wait);
    }
  }
}

async function perform(request: SqlRequest, deps: SqlDependencies): Promise<SqlResponse> {
  switch (request.operation) {
    case 'convergeDatabase': return { ok: true, changes: await convergeDatabase(request, deps) };
    case 'deleteDatabase': return { ok: true, changes: await deleteDatabase(request, deps) };
    case 'convergeUser': return { ok: true, changes: await convergeUser(request, deps) };
    case 'deleteUser': return { ok: true, changes: await deleteUser(request, deps) };
    case 'inspectUser': {
      const mark = await inspectUser(request, deps);
      return { ok: true, changes: [], ...(mark && { mark }) };
    }
    default: return unknownOperation(request);
  }
}

/** While a deployment replaces one of the two functions after the other, they may differ. */
function unknownOperation(request: never): never {
  throw new BrokerError('UNKNOWN_OPERATION', `This version of the SQL function does not know the request ${JSON.stringify(Object(request).operation)}. Deploy the server's stack again.`);
}

/** The last of many attempts is not the whole story. */
function explain(failure: BrokerError): BrokerError {
  return failure.retry
    ? new BrokerError(failure.code, `${failure.message} It stayed so until the deadline. Bring the server back, then deploy again.`, failure)
    : failure;
}
