import { bounded } from './bounded-list';
import { toFailure } from './failures';
import type { Removal, SqlEngine } from './sql-engine';
import { BrokerError } from '../../broker-error';
import type { DatabaseSpec, SqlRequest, SqlResponse, UserSpec } from '../../broker.contract';
import type { Clock } from '../clock';

const RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

/**
 * Runs one request against the server and answers how it went; never throws.
 *
 * A server that is stopped, starting, failing over or full is waited for until the request's deadline. Every attempt starts from
 * what is there, so that an attempt cut off in the middle does no harm.
 */
export async function runSqlRequest<D extends DatabaseSpec, U extends UserSpec>(engine: SqlEngine<D, U>, request: SqlRequest<D, U>, clock: Clock): Promise<SqlResponse> {
  for (let attempt = 1, wait = RETRY_MS; ; attempt += 1, wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      return await perform(engine, request);
    } catch (error) {
      const failure = error instanceof BrokerError ? error : engine.explain(error, request, attempt);
      if (!failure.retry || clock.now() + wait >= request.deadline) {
        return { ok: false, error: toFailure(failure, request, engine.verifiers) };
      }
      await clock.sleep(wait);
    }
  }
}

async function perform<D extends DatabaseSpec, U extends UserSpec>(engine: SqlEngine<D, U>, request: SqlRequest<D, U>): Promise<SqlResponse> {
  switch (request.operation) {
    case 'convergeDatabase': return { ok: true, changes: bounded(await engine.convergeDatabase(request)) };
    case 'deleteDatabase': return answerOf(await engine.deleteDatabase(request));
    case 'convergeUser': return { ok: true, changes: bounded(await engine.convergeUser(request)) };
    case 'deleteUser': return answerOf(await engine.deleteUser(request));
    case 'inspectUser': {
      const mark = await engine.inspectUser(request);
      return { ok: true, changes: [], ...(mark && { mark }) };
    }
    default: return unknownOperation(request);
  }
}

function answerOf({ changes, left }: Removal): SqlResponse {
  return { ok: true, changes: bounded(changes), ...(left.length > 0 && { left: bounded(left) }) };
}

/** While a deployment replaces one of the two functions after the other, they may differ. */
function unknownOperation(request: never): never {
  const { operation } = Object(request) as { operation?: unknown };
  throw new BrokerError('UNKNOWN_OPERATION', `The two functions of this library have different versions, and '${operation}' is unknown to the older function. Deploy the stack of the server again.`);
}
