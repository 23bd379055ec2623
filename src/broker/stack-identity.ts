import type { OwnerMark } from './broker.contract';

/**
 * Whether an object belongs to this stack, or to one of the same name, which cannot exist any more: names are unique in an
 * account and region. A first deployment that was rolled back leaves its databases, and the next has another id.
 */
export function isOfStack(mark: OwnerMark | undefined, stackId: string): boolean {
  const nameOf = (id: string) => id.replace(/\/[^/]*$/, '');
  return mark !== undefined && nameOf(mark.stackId) === nameOf(stackId);
}
