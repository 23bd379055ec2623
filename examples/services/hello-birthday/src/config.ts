/** What the service is told by its environment. */
export interface Config {
  readonly databaseUrl: string;
  /** Connections that this process may hold to the database. */
  readonly poolSize: number;
  /** Milliseconds for which a statement is tried again while the database is away. */
  readonly retry: number;
  /** Statements that may be under way at once, those included that wait for a database that is away. More are refused. */
  readonly maxWaiting: number;
  readonly host: string;
  readonly port: number;
  /** Milliseconds from SIGTERM within which the process ends, finished or not. */
  readonly stopTimeout: number;
  /** Milliseconds from SIGTERM for which new connections are still taken: until the load balancer sends no more. */
  readonly drain: number;
  /** Milliseconds for which a connection without requests stays open: longer than the load balancer keeps it. */
  readonly keepAliveTimeout: number;
  readonly logLevel: string;
}

/** Reads the environment; throws naming the variable that is missing or wrong, and never its value when it is secret. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const databaseUrl = environment.DATABASE_URL;
  if (databaseUrl === undefined || !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new Error('DATABASE_URL must be set to a URL that starts with postgresql://');
  }
  // ECS kills a container 30 s after SIGTERM unless its task definition says otherwise.
  const stopTimeout = integer(environment, 'STOP_TIMEOUT_SECONDS', 25, 1, 120) * 1000;
  return {
    databaseUrl,
    poolSize: integer(environment, 'DATABASE_POOL_SIZE', 5, 1, 500),
    // A switchover behind a balancer takes up to 13 s: 3 s until another node is primary, and two health checks of 5 s until the balancer knows.
    retry: integer(environment, 'DATABASE_RETRY_SECONDS', 15, 1, 50) * 1000,
    // Each takes some 20 KB.
    maxWaiting: integer(environment, 'DATABASE_MAX_WAITING', 1_000, 1, 100_000),
    host: environment.HOST ?? '0.0.0.0',
    port: integer(environment, 'PORT', 8080, 0, 65_535),
    stopTimeout,
    // The other half is for requests under way.
    drain: Math.min(integer(environment, 'DRAIN_SECONDS', 5, 0, 60) * 1000, stopTimeout / 2),
    keepAliveTimeout: integer(environment, 'KEEP_ALIVE_TIMEOUT_SECONDS', 65, 1, 4_100) * 1000,
    logLevel: environment.LOG_LEVEL ?? 'info',
  };
}

function integer(environment: NodeJS.ProcessEnv, name: string, byDefault: number, min: number, max: number): number {
  const text = environment[name];
  if (text === undefined || text === '') {
    return byDefault;
  }
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}; got '${text}'`);
  }
  return value;
}
