import { errorMessage } from './conductor-error';
import type { Clock } from './dependencies';
import type { ConductorEvent } from './request';

/** CloudFormation takes 4096 bytes in all. */
const MAXIMUM_BYTES = 4000;
const MAXIMUM_REASON = 999;
const ATTEMPTS = 5;
const SEND_TIMEOUT_MILLIS = 4_000;

/** What CloudFormation is told. */
export interface Outcome {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly physicalId: string;
  readonly reason?: string;
  readonly data?: { readonly [attribute: string]: string };
}

/** The body of a response, cut to what CloudFormation accepts. */
export function responseBody(event: ConductorEvent, outcome: Outcome): string {
  let reason = clip(outcome.reason ?? '', MAXIMUM_REASON);
  for (;;) {
    const body = JSON.stringify({
      Status: outcome.status,
      Reason: reason === '' ? undefined : reason,
      PhysicalResourceId: outcome.physicalId,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      Data: outcome.data,
    });
    if (Buffer.byteLength(body) <= MAXIMUM_BYTES || reason.length < 2) {
      return body;
    }
    reason = clip(reason, Math.floor(reason.length * 0.8));
  }
}

/** Puts the body to the presigned URL, which is signed for no content type. */
export async function putResponse(url: string, body: string, clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Bytes, because for a text `fetch` sends a content type.
      const { status } = await fetch(url, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': '' }, signal: AbortSignal.timeout(SEND_TIMEOUT_MILLIS) });
      if (status < 300) {
        return;
      }
      throw new Error(`status ${status}`);
    } catch (error) {
      if (attempt === ATTEMPTS) {
        throw new Error(`CloudFormation did not take the response: ${errorMessage(error)}`);
      }
      await clock.sleep(200 * 2 ** attempt);
    }
  }
}

/** Cuts without leaving half of a surrogate pair. */
function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
