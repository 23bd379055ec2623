import { readable } from './redact';
import type { MigrationEvent } from '../run-migration.contract';

/** CloudFormation refuses a larger answer and then says only "Response object is too long". */
export const RESPONSE_LIMIT_BYTES = 4096;

/** A failure that the user sees: what is wrong and what to do. The log lines explain it. */
export class MigrationFailure extends Error {
  /**
   * @param code a code of this library
   */
  public constructor(public readonly code: string, message: string, public readonly logLines: string[] = []) {
    super(message);
    this.name = 'MigrationFailure';
  }
}

/** Renders the answer: what happened, then as many of the last log lines as fit. */
export function renderResponse(event: MigrationEvent, status: 'SUCCESS' | 'FAILED', text: string, logLines: string[] = []): string {
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
  return render(fit(readable(text), logLines.map(readable).filter((line) => line !== ''), budget));
}

/** The text and the last lines, cut by bytes as they stand in JSON: a newline or a quote takes two. */
function fit(text: string, lines: string[], budget: number): string {
  const head = cutEnd(text, budget);
  let kept = '';
  for (const line of [...lines].reverse()) {
    const room = budget - jsonBytes(`${head}\n`) - jsonBytes(kept);
    const piece = jsonBytes(`\n${line}`) <= room ? line : kept === '' ? cutStart(line, room - 2) : undefined;
    if (piece === undefined || piece === '') {
      break;
    }
    kept = kept === '' ? piece : `${piece}\n${kept}`;
  }
  return kept === '' ? head : `${head}\n${kept}`;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** The longest start that fits, in whole characters. */
function cutEnd(text: string, bytes: number): string {
  return cut(text, bytes, (characters, count) => `${characters.slice(0, count).join('')}…`);
}

/** The longest end that fits, in whole characters. */
function cutStart(text: string, bytes: number): string {
  return cut(text, bytes, (characters, count) => `…${characters.slice(characters.length - count).join('')}`);
}

function cut(text: string, bytes: number, take: (characters: string[], count: number) => string): string {
  if (jsonBytes(text) <= bytes) {
    return text;
  }
  const characters = [...text];
  let [fits, tooMany] = [0, characters.length];
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2);
    [fits, tooMany] = jsonBytes(take(characters, count)) <= bytes ? [count, tooMany] : [fits, count];
  }
  return fits === 0 ? '' : take(characters, fits);
}
