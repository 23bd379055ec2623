/** Middle value, robust against a machine that others use too. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The round that was disturbed least: on a machine that others use too, the best estimate of the time that something takes by itself. */
export function fastest(values: readonly number[]): number {
  return Math.min(...values);
}

/**
 * Measures each subject once per round, in an order that is reversed from round to round, so that whatever else the machine
 * does meets all of them alike.
 */
export async function alternate<K extends string, T>(rounds: number, subjects: Record<K, (round: number) => Promise<T>>): Promise<Record<K, T[]>> {
  const names = Object.keys(subjects) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      results[name].push(await subjects[name](round));
    }
  }
  return results;
}
