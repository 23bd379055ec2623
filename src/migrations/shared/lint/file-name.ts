import type { EngineName } from '../runner.contract';

/** Largest version that goose can hold: a signed 64-bit number. */
const MAX_GOOSE_VERSION = 9223372036854775807n;

/**
 * The version that the engine reads from a file name and keeps in its table, or `undefined` where the name has none.
 * goose compares versions as numbers, dbmate as text.
 */
export function versionOf(engine: EngineName, name: string): string | undefined {
  if (!name.endsWith('.sql')) return undefined;
  const digits = (engine === 'goose' ? /^(\d+)_/ : /^(\d+)/).exec(name)?.[1];
  if (digits === undefined || engine === 'dbmate') return digits;
  const version = BigInt(digits);
  return version >= 1n && version <= MAX_GOOSE_VERSION ? version.toString() : undefined;
}

/** Orders versions as the engine applies them. */
export function compareVersions(engine: EngineName, left: string, right: string): number {
  if (engine === 'dbmate') return compareText(left, right);
  const difference = BigInt(left) - BigInt(right);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Orders by code units, the same on every machine. */
export function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
