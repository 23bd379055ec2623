import { Token } from 'aws-cdk-lib';
import type { PostgresCapacity } from '../postgres-capacity';

const LIMIT = 5000;
const BYTES_PER_CONNECTION = 9531392;
const GIB = 1024 ** 3;

/** GiB of memory of the `large` size of instance families that RDS for PostgreSQL offers. */
const LARGE_GIB: { readonly [family: string]: number } = {
  t3: 8, t4g: 8,
  m5: 8, m5d: 8, m6g: 8, m6gd: 8, m6i: 8, m6id: 8, m6idn: 8, m6in: 8, m7g: 8, m7i: 8, m8g: 8, m8gd: 8,
  r5: 16, r5b: 16, r5d: 16, r6g: 16, r6gd: 16, r6i: 16, r6id: 16, r6idn: 16, r6in: 16, r7g: 16, r7i: 16, r8g: 16, r8gd: 16,
  x2g: 32,
};

const SIZES: { readonly [size: string]: number } = { micro: 1 / 8, small: 1 / 4, medium: 1 / 2, large: 1 };

/**
 * Connections that a server accepts by default, a little below the real number; nothing where that is not known.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
 */
export function defaultMaxConnections(capacity: PostgresCapacity, instanceType: string): number | undefined {
  return capacity.serverless === undefined
    ? instanceConnections(instanceType)
    : serverlessConnections(capacity.serverless.min, capacity.serverless.max);
}

/** `LEAST(DBInstanceClassMemory/9531392, 5000)`. That memory is what the system and RDS leave of the instance's. */
function instanceConnections(instanceType: string): number | undefined {
  if (Token.isUnresolved(instanceType)) {
    return undefined;
  }
  const [family, size = ''] = instanceType.split('.');
  const large = LARGE_GIB[family];
  const factor = SIZES[size] ?? xlarge(size);
  if (large === undefined || factor === undefined) {
    return undefined;
  }
  const gib = large * factor;
  const left = gib <= 1 ? 0.72 : gib <= 2 ? 0.82 : 0.9;
  return Math.min(LIMIT, Math.floor((gib * left * GIB) / BYTES_PER_CONNECTION));
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
