import type { OwnerMark } from '../../broker.contract';

const PREFIX = 'cdk-private-backend:';

/** An owner mark as it stands on the server. Roles that come with a database say which one. */
export interface StoredMark extends OwnerMark {
  readonly groupOf?: string;
}

/** The mark of what was there before this library came: it belongs to nobody that a request could come from. */
export const NOBODY: OwnerMark = { stackId: '', logicalId: '' };

/** The text that carries a mark. What somebody else had written there stays, below it. */
export function markComment(mark: StoredMark, existing: string | null = null): string {
  const { stackId, logicalId, secretArn, previous, groupOf } = mark;
  const first = PREFIX + JSON.stringify({ stackId, logicalId, secretArn, previous, groupOf });
  const rest = existing === null ? '' : readMark(existing) ? existing.split('\n').slice(1).join('\n') : existing;
  return rest === '' ? first : `${first}\n${rest}`;
}

/** The mark in a text, if there is one. */
export function readMark(comment: string | null | undefined): StoredMark | undefined {
  const [first] = (comment ?? '').split('\n');
  if (!first.startsWith(PREFIX)) {
    return undefined;
  }
  try {
    const mark = JSON.parse(first.slice(PREFIX.length)) as StoredMark;
    return typeof mark.stackId === 'string' && typeof mark.logicalId === 'string' ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an object belongs to the very resource that asks. */
export function isSameResource(mark: OwnerMark | undefined, other: OwnerMark): boolean {
  return mark?.stackId === other.stackId && mark.logicalId === other.logicalId;
}

/**
 * The mark of whoever makes or takes an object: it remembers whom it was taken from, because the deployment may be rolled
 * back. One that is settled cannot be.
 *
 * @param found the mark of what exists; none where the object is new
 */
export function markOfTaker(found: OwnerMark | undefined, taker: OwnerMark, settled = false): OwnerMark {
  if (found === undefined || settled) {
    return taker;
  }
  const { previous, stackId, logicalId, secretArn } = found;
  return { ...taker, previous: isSameResource(found, taker) ? previous : { stackId, logicalId, secretArn } };
}

/**
 * The mark to leave where an object that has changed hands is deleted by one of the two; nothing where it is not about a hand-over.
 * The new owner gives it back, the former one gives it up.
 */
export function markAfterHandOver(found: StoredMark | undefined, deleted: OwnerMark): StoredMark | undefined {
  if (found?.previous === undefined) {
    return undefined;
  }
  const { previous, groupOf } = found;
  if (isSameResource(found, deleted)) {
    return { ...previous, groupOf };
  }
  return isSameResource(previous, deleted) ? { ...found, previous: undefined } : undefined;
}

/** Whether a mark says what it should, and no more. */
export function isUpToDate(found: OwnerMark | undefined, wanted: OwnerMark, settled = false): boolean {
  return isSameResource(found, wanted) && found?.secretArn === wanted.secretArn && !(settled && found?.previous !== undefined);
}

/** How the text of a mark of this stack begins, whatever the logical id. */
export function openingOfStack({ stackId }: OwnerMark): string {
  return `${PREFIX}${JSON.stringify({ stackId }).slice(0, -1)},`;
}
