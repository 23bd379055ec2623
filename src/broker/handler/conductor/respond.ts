import type { ConductorEvent } from './request';

/** CloudFormation takes 4096 bytes in all. */
const MAXIMUM_BYTES = 4000;
const MAXIMUM_REASON = 999;

/** What CloudFormation is told. */
export interface Outcome {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly physicalId: string;
  readonly reason?: string;
  /** Whether the reason may take all the room that there is. */
  readonly whole?: boolean;
  readonly data?: { readonly [attribute: string]: string };
}

/** The body of a response, cut to what CloudFormation accepts. */
export function responseBody(event: ConductorEvent, outcome: Outcome): string {
  let reason = clip(outcome.reason ?? '', outcome.whole ? MAXIMUM_BYTES : MAXIMUM_REASON);
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
    reason = clip(reason, Math.floor(reason.length * 0.95));
  }
}

/** Cuts without leaving half of a surrogate pair. */
function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
