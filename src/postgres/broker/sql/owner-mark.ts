import { literal } from './quote';
import type { OwnerMark } from '../broker.contract';

const PREFIX = 'cdk-private-backend:';

/** An owner mark as it stands in a comment. Group roles say which database they belong to. */
export interface StoredMark extends OwnerMark {
  readonly groupOf?: string;
}

/** The comment that carries a mark. What somebody else had written there stays, below it. */
export function markComment(mark: StoredMark, existing: string | null = null): string {
  const { stackId, logicalId, secretArn, groupOf } = mark;
  const first = PREFIX + JSON.stringify({ stackId, logicalId, secretArn, groupOf });
  const rest = existing === null ? '' : readMark(existing) ? existing.split('\n').slice(1).join('\n') : existing;
  return rest === '' ? first : `${first}\n${rest}`;
}

/** The mark in a comment, if there is one. */
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

/** SQL condition: the comment carries a mark of this stack, whatever the logical id. */
export function isOfStackSql(commentSql: string, mark: OwnerMark): string {
  const opening = PREFIX + JSON.stringify({ stackId: mark.stackId }).slice(0, -1);
  return `starts_with(${commentSql}, ${literal(`${opening},`)})`;
}
