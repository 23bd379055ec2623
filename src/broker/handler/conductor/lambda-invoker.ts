import { randomInt } from 'node:crypto';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseObject } from './admin-secret';
import { ConductorError, errorMessage, errorName, withoutStop } from './conductor-error';
import type { Clock } from '../clock';
import type { ConductorDependencies } from './dependencies';
import type { SqlRequest, SqlResponse } from '../../broker.contract';

/** Lambda gives the interface of a function that was idle for weeks back, and needs minutes to make another. */
const NOT_READY_MILLIS = 5 * 60_000;

const NOT_READY = new Set([
  'ResourceConflictException', 'ResourceNotReadyException', 'ENINotReadyException', 'ENILimitReachedException', 'SubnetIPAddressLimitReachedException',
  'EC2ThrottledException', 'EC2UnexpectedException', 'EC2AccessDeniedException', 'AccessDeniedException', 'ServiceException',
  'TimeoutError', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'NetworkingError',
]);

/** A new account may have ten concurrent executions, and every waiting conductor holds one: many ask at different times. */
const THROTTLED = new Set(['TooManyRequestsException', 'ThrottlingException', 'Throttling']);

/** How an aborted request is named. */
const TIME_UP = new Set(['AbortError', 'TimeoutError']);

/** The function that is called, and where its log is. */
export interface SqlFunction {
  readonly name: string;
  readonly logGroup: string;
}

/** Calls the SQL function in Lambda. Every operation is idempotent, so a call whose answer was lost is made again. */
export function lambdaInvoker(client: LambdaClient, sql: SqlFunction, clock: Clock): ConductorDependencies['invokeSql'] {
  return async (request, until) => {
    const notReadyUntil = Math.min(until, clock.now() + NOT_READY_MILLIS);
    for (let attempt = 0; ; attempt++) {
      try {
        return await invoke(client, sql, request, until - clock.now());
      } catch (error) {
        const patience = THROTTLED.has(errorName(error)) ? until : notReadyUntil;
        const pause = backOff(attempt);
        if (error instanceof ConductorError || !isTransient(error) || clock.now() + pause >= patience) {
          throw readable(error);
        }
        await clock.sleep(pause);
      }
    }
  };
}

async function invoke(client: LambdaClient, { name, logGroup }: SqlFunction, request: SqlRequest, timeout: number): Promise<SqlResponse> {
  const command = new InvokeCommand({ FunctionName: name, InvocationType: 'RequestResponse', Payload: Buffer.from(JSON.stringify(request)) });
  const { FunctionError, Payload } = await client.send(command, { abortSignal: AbortSignal.timeout(Math.max(timeout, 1)) });
  const answer = parseObject(Buffer.from(Payload ?? []).toString('utf8'));
  if (FunctionError !== undefined) {
    const reason = String(answer.errorMessage ?? FunctionError);
    throw new ConductorError('SQL_FUNCTION', `The function with which this library runs SQL failed: ${reason}. See the log group '${logGroup}'. If the function ran out of time, deploy again.`);
  }
  if (typeof answer.ok !== 'boolean') {
    throw new ConductorError('SQL_FUNCTION', `The function with which this library runs SQL returned nothing. See the log group '${logGroup}', then deploy again.`);
  }
  return answer as unknown as SqlResponse;
}

function isTransient(error: unknown): boolean {
  return NOT_READY.has(errorName(error)) || THROTTLED.has(errorName(error)) || NOT_READY.has(codeOf(error));
}

function readable(error: unknown): ConductorError {
  if (error instanceof ConductorError) {
    return error;
  }
  const name = errorName(error);
  const advice = THROTTLED.has(name)
    ? 'The account has too few free concurrent executions of Lambda. Request a higher quota, or deploy again.'
    : TIME_UP.has(name) ? 'The work took longer than a deployment may wait. Deploy again, and the work goes on where it was.' : 'Deploy again.';
  return new ConductorError(name, `The function with which this library runs SQL can't be called: ${withoutStop(errorMessage(error))}. ${advice}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Up to 1, 2, 4, 8, then 15 seconds, and never less than half of that. */
function backOff(attempt: number): number {
  const limit = Math.min(15_000, 1_000 * 2 ** attempt);
  return randomInt(limit / 2, limit);
}
