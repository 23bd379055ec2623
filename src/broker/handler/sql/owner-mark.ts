import type { OwnerMark } from '../../broker.contract';

const PREFIX = 'cdk-private-backend:';

/** An owner mark as it stands on the server. Roles that come with a database say which one. */
export interface StoredMark extends OwnerMark {
  readonly groupOf?: string;
  /** Whether the object was there before this library came. It lasts, because nobody has declared what such an object has besides. */
  readonly adopted?: true;
  /** The object as it was before it changed hands, in words of the engine: whoever gets it back gets it like that. It goes with `previous`. */
  readonly before?: unknown;
  /** Whether sessions that began with other rights are yet to be ended. */
  readonly endSessions?: true;
  /** The former name of a role that was removed as far as it could be: what is left of it keeps its own code. */
  readonly retired?: string;
}

/** The mark of what was there before this library came: it belongs to nobody that a request could come from. */
export const NOBODY: OwnerMark = { stackId: '', logicalId: '' };

/** The text that carries a mark. What somebody else had written there stays, below it. */
export function markComment(mark: StoredMark, existing: string | null = null): string {
  const { stackId, logicalId, secretArn, previous, groupOf, adopted, before, endSessions, retired } = mark;
  const first = PREFIX + JSON.stringify({ stackId, logicalId, secretArn, previous, groupOf, adopted, before, endSessions, retired });
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
 * The mark of whoever makes or takes an object: it remembers whom it was taken from, and how it was, because the deployment may be
 * rolled back. One that is settled cannot be.
 *
 * @param found the mark of what exists; none where the object is new
 * @param before what exists, as far as the taker changes it
 */
export function markOfTaker(found: StoredMark | undefined, taker: OwnerMark, settled = false, before?: unknown): StoredMark {
  if (found === undefined) {
    return taker;
  }
  const { previous, stackId, logicalId, secretArn, endSessions } = found;
  const lasting = { ...taker, adopted: isSameResource(found, NOBODY) ? true as const : found.adopted, endSessions };
  if (settled) {
    return lasting;
  }
  return isSameResource(found, taker) ? { ...lasting, previous, before: found.before } : { ...lasting, previous: { stackId, logicalId, secretArn }, before };
}

/**
 * The mark to leave where an object that has changed hands is deleted by one of the two; nothing where it is not about a hand-over.
 * The new owner gives it back, the former one gives it up.
 */
export function markAfterHandOver(found: StoredMark | undefined, deleted: OwnerMark): StoredMark | undefined {
  if (found?.previous === undefined) {
    return undefined;
  }
  const { previous, groupOf, endSessions } = found;
  if (isSameResource(found, deleted)) {
    const adopted = isSameResource(previous, NOBODY) ? undefined : found.adopted;
    return { ...previous, groupOf, adopted, endSessions };
  }
  return isSameResource(previous, deleted) ? { ...found, previous: undefined, before: undefined } : undefined;
}

/** Whether a mark says what it should, and no more. */
export function isUpToDate(found: OwnerMark | undefined, wanted: OwnerMark, settled = false): boolean {
  return isSameResource(found, wanted) && found?.secretArn === wanted.secretArn && !(settled && found?.previous !== undefined);
}

/** How the text of a mark of this stack begins, whatever the logical id. */
export function openingOfStack({ stackId }: OwnerMark): string {
  return `${PREFIX}${JSON.stringify({ stackId }).slice(0, -1)},`;
}
