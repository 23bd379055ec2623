import { Size, Token } from 'aws-cdk-lib';
import type { PostgresCapacity } from '../postgres-capacity';

const LIMIT = 5000;
const BYTES_PER_CONNECTION = 9531392;
const GIB = 1024 ** 3;

/** Instance families that RDS for PostgreSQL offers, by GiB of memory of their `large` size. */
const LARGE_GIB: ReadonlyArray<[number, string[]]> = [
  [8, ['t3', 't4g', 'm5', 'm5d', 'm6g', 'm6gd', 'm6i', 'm6id', 'm6idn', 'm6in', 'm7g', 'm7i', 'm8g', 'm8gd']],
  [16, ['r5', 'r5b', 'r5d', 'r6g', 'r6gd', 'r6i', 'r6id', 'r6idn', 'r6in', 'r7g', 'r7i', 'r8g', 'r8gd']],
  [32, ['x2g']],
];

const SIZES = new Map([['micro', 1 / 8], ['small', 1 / 4], ['medium', 1 / 2], ['large', 1]]);

/**
 * Connections that a server accepts by default, a little below the real number; nothing where that is not known.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
export function defaultMaxConnections(capacity: PostgresCapacity, instanceType: string): number | undefined {
  return capacity.serverlessLimits === undefined
    ? instanceConnections(instanceType)
    : serverlessConnections(capacity.serverlessLimits.min, capacity.serverlessLimits.max);
}

/** `LEAST(DBInstanceClassMemory/9531392, 5000)`. That memory is what the system and RDS leave of the instance's. */
function instanceConnections(instanceType: string): number | undefined {
  const gib = instanceGib(instanceType);
  if (gib === undefined) {
    return undefined;
  }
  const left = gib <= 1 ? 0.72 : gib <= 2 ? 0.82 : 0.9;
  return connectionsIn(gib * left);
}

/** Connections that RDS accepts on so many GiB. */
export function connectionsIn(gib: number): number {
  return Math.min(LIMIT, Math.floor((gib * GIB) / BYTES_PER_CONNECTION));
}

/** Memory of an instance type in GiB; nothing where that is not known. */
function instanceGib(instanceType: string): number | undefined {
  if (Token.isUnresolved(instanceType)) {
    return undefined;
  }
  const [family, size = ''] = instanceType.split('.');
  const [large] = LARGE_GIB.find(([, families]) => families.includes(family)) ?? [];
  return large === undefined ? undefined : timesLarge(large, size);
}

/** What a size has, by what the size `large` of the same family has; nothing where that is not known. */
export function timesLarge(large: number, size: string): number | undefined {
  const factor = SIZES.get(size) ?? xlarge(size);
  return factor === undefined ? undefined : large * factor;
}

/** Memory that a server has at most; nothing where that is not known. A unit of Aurora has about 2 GiB. */
export function memoryOf(capacity: PostgresCapacity, instanceType: string): Size | undefined {
  const { serverlessLimits } = capacity;
  const gib = serverlessLimits === undefined ? instanceGib(instanceType) : Token.isUnresolved(serverlessLimits.max) ? undefined : 2 * serverlessLimits.max;
  return gib === undefined ? undefined : Size.mebibytes(gib * 1024);
}

function xlarge(size: string): number | undefined {
  const match = /^(\d*)xlarge$/.exec(size);
  return match === null ? undefined : 2 * (match[1] === '' ? 1 : Number(match[1]));
}

/**
 * By the greatest capacity, and at most 2,000 where the least is 0 or 0.5.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html#aurora-serverless-v2.max-connections
 */
function serverlessConnections(min: number, max: number): number | undefined {
  if (Token.isUnresolved(min) || Token.isUnresolved(max)) {
    return undefined;
  }
  return Math.min(min < 1 ? 2000 : LIMIT, Math.floor(211 * max - 22));
}
