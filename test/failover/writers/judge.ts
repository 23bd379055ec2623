/** One acknowledgement of a writer. */
export interface Acknowledgement {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly row: number;
}

/** Reads the log of a writer. A last line without an end was cut off by the death of its host, and its acknowledgement is not counted. */
export function readLog(text: string): Acknowledgement[] {
  return text.split('\n').slice(0, -1).map((line) => {
    const found = /^(\d+) (\d+)$/.exec(line);
    if (found === null) throw new Error(`'${line}' is no line of a writer's log.`);
    return { at: Number(found[1]), row: Number(found[2]) };
  });
}

/** Rows that were acknowledged and are not stored. */
export function lostRows(acknowledged: readonly Acknowledgement[], stored: ReadonlySet<number>): number[] {
  return acknowledged.map(({ row }) => row).filter((row) => !stored.has(row));
}

/** Longest time without an acknowledgement between two times, in milliseconds. A writer that has none in between stalled all the time. */
export function longestStall(acknowledged: readonly Acknowledgement[], from: number, to: number): number {
  const times = [from, ...acknowledged.map(({ at }) => at).filter((at) => at > from && at < to), to];
  return times.slice(1).reduce((longest, at, index) => Math.max(longest, at - times[index]), 0);
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('There is no median of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
