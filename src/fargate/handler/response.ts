import { fit } from './fit';
import { readable } from './redact';
import type { TaskRunEvent } from '../shared/run-task.contract';

/** CloudFormation refuses a larger answer and then says only "Response object is too long". */
export const RESPONSE_LIMIT_BYTES = 4096;

/** A failure that the user sees: what is wrong and what to do. The log lines explain it. */
export class TaskFailure extends Error {
  /**
   * @param code a code of this library
   */
  public constructor(public readonly code: string, message: string, public readonly logLines: string[] = []) {
    super(message);
    this.name = 'TaskFailure';
  }
}

/** Renders the answer: what happened, then as many of the last log lines as fit, with the one that has the error of the server. */
export function renderResponse(event: TaskRunEvent, status: 'SUCCESS' | 'FAILED', text: string, logLines: string[] = []): string {
  const render = (reason: string) => JSON.stringify({
    Status: status,
    Reason: reason,
    // Constant, so that no change is ever taken for a replacement and no Delete for an old id follows.
    PhysicalResourceId: event.PhysicalResourceId ?? event.LogicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  });
  const budget = RESPONSE_LIMIT_BYTES - Buffer.byteLength(render(''));
  return render(fit(readable(text), logLines.map((line) => readable(line)).filter((line) => line !== ''), budget));
}
