/** Entries that an answer lists at most. What a function answers, and what its log takes of it, is limited. */
const MOST_ENTRIES = 100;
const LONGEST_ENTRY = 600;

/** A list that keeps its first entries only, and counts the others. */
export class BoundedList {
  private readonly kept: string[] = [];
  private count = 0;

  public add(...entries: readonly string[]): void {
    this.addCounted(entries, entries.length);
  }

  /** Adds what the others are about, so that it is not among those that are cut off. */
  public addFirst(entry: string): void {
    this.kept.unshift(entry);
    this.count += 1;
  }

  /** Adds entries of a list that is longer than what was read of it. */
  public addCounted(entries: readonly string[], count: number): void {
    this.kept.push(...entries.slice(0, Math.max(MOST_ENTRIES - this.kept.length, 0)));
    this.count += count;
  }

  /** At most a hundred entries; the last one counts those that are missing. */
  public values(): string[] {
    if (this.count <= this.kept.length) {
      return this.kept.map(cut);
    }
    const shown = this.kept.slice(0, MOST_ENTRIES - 1);
    return [...shown.map(cut), `… and ${this.count - shown.length} more`];
  }
}

/** A list as an answer may hold it. */
export function bounded(entries: readonly string[]): string[] {
  const list = new BoundedList();
  list.add(...entries);
  return list.values();
}

function cut(entry: string): string {
  return entry.length <= LONGEST_ENTRY ? entry : `${entry.slice(0, LONGEST_ENTRY - 1)}…`;
}
