import type { ConductorEngine } from './conductor-engine';
import { AdminSecretGoneError, ConductorError, errorMessage, errorName, ServerChangingError, ServerGoneError, withoutStop } from './conductor-error';
import { convergeDatabase, deleteDatabase } from './database-operations';
import type { ConductorDependencies } from './dependencies';
import { Operation } from './operation';
import { Redaction } from './redaction';
import { kindOf, neverCreatedId, type ConductorEvent, type ResourceKind } from './request';
import { responseBody, type Outcome } from './respond';
import { convergeUser, deleteUser } from './user-operations';
import { MOST_INVOCATIONS } from '../../conductor.contract';

const CONVERGE: { readonly [kind in ResourceKind]: (operation: Operation) => Promise<Outcome> } = { database: convergeDatabase, user: convergeUser };
const DELETE: { readonly [kind in ResourceKind]: (operation: Operation) => Promise<void> } = { database: deleteDatabase, user: deleteUser };

/**
 * Handles one request of CloudFormation and always answers it, or hands it over to another invocation; never throws, because Lambda would deliver the request again
 * minutes later, when its deployment may be over.
 *
 * The same request twice, at once or long after, ends in the same state: names decide the physical id, secrets decide
 * passwords, and the SQL converges. A Create that arrives after the rollback deleted everything fails at the user's secret,
 * which is gone by then, before it touches the server; a database would be made again, empty and with its owner mark.
 */
export async function runConductorRequest(engine: ConductorEngine, event: ConductorEvent, deps: ConductorDependencies): Promise<void> {
  const redaction = new Redaction();
  const about = { requestId: event.RequestId, requestType: event.RequestType, resourceType: event.ResourceType, logicalId: event.LogicalResourceId };
  const log: ConductorDependencies['log'] = (entry) => deps.log(redaction.redactValues({ ...about, ...entry }));
  log({ level: 'info', message: 'request' });
  const outcome = await perform(new Operation(event, { ...deps, log }, redaction, engine));
  if (outcome === undefined) {
    return;
  }
  const safe = { ...outcome, ...(outcome.reason === undefined ? {} : { reason: redaction.redact(outcome.reason) }) };
  try {
    await deps.sendResponse(event.ResponseURL, responseBody(event, safe));
    log({ level: 'info', message: 'answered', status: safe.status, physicalId: safe.physicalId, reason: safe.reason });
  } catch (error) {
    log({ level: 'error', message: 'answer not delivered', status: safe.status, physicalId: safe.physicalId, reason: safe.reason, error: errorMessage(error) });
  }
}

/** @returns nothing where another invocation goes on */
async function perform(operation: Operation): Promise<Outcome | undefined> {
  try {
    const kind = kindOf(operation.event, operation.engine);
    return operation.event.RequestType === 'Delete' ? await remove(operation, kind) : await CONVERGE[kind](operation);
  } catch (error) {
    if (error instanceof ServerChangingError && await handOver(operation, error)) {
      return undefined;
    }
    const { code, message, whole } = failureOf(error, operation.deps);
    operation.deps.log({ level: 'error', message: 'failed', code, error: message });
    return { status: 'FAILED', physicalId: operation.physicalIdAfter(error), reason: `[${code}] ${message}`, whole };
  }
}

/** Lets another invocation begin again, unless this is the last that CloudFormation waits for. */
async function handOver({ event, deps }: Operation, { message }: ServerChangingError): Promise<boolean> {
  const { Invocation: invocation = 1 } = event;
  if (invocation >= MOST_INVOCATIONS) {
    return false;
  }
  try {
    await deps.continueLater({ ...event, Invocation: invocation + 1 });
    deps.log({ level: 'info', message: 'handed over', invocation, server: message });
    return true;
  } catch (error) {
    deps.log({ level: 'error', message: 'not handed over', invocation, error: errorMessage(error) });
    return false;
  }
}

/** Whatever was thrown, as the user sees it. */
function failureOf(error: unknown, { env }: ConductorDependencies): ConductorError {
  const logGroup = env.AWS_LAMBDA_LOG_GROUP_NAME ?? '';
  return error instanceof ConductorError ? error
    : new ConductorError('UNEXPECTED', `The function with which this library makes databases and users failed: ${errorName(error)}: ${withoutStop(errorMessage(error))}. See the log group '${logGroup}', then deploy again.`);
}

/** With the server, everything on it is gone; and without the admin's password nobody can remove anything. */
async function remove(operation: Operation, kind: ResourceKind): Promise<Outcome> {
  try {
    await DELETE[kind](operation);
  } catch (error) {
    if (!(error instanceof ServerGoneError || error instanceof AdminSecretGoneError)) {
      throw error;
    }
    operation.deps.log({ level: 'warn', message: 'nothing to delete it from', error: error.message });
  }
  return { status: 'SUCCESS', physicalId: operation.physicalId ?? neverCreatedId(operation.event) };
}
