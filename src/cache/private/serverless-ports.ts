/** Where every serverless cache listens. */
export const SERVERLESS_PORT = 6379;

/**
 * Where a serverless cache serves reads from replicas, to which clients go that read from replicas.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/set-up.html
 */
export const SERVERLESS_READ_PORTS = [6380];
