/** What the service is told by its environment. */
export interface Config {
  readonly databaseUrl: string;
  /** Connections that this process may hold to the database. */
  readonly poolSize: number;
  readonly host: string;
  readonly port: number;
  /** Milliseconds from SIGTERM within which the process ends, finished or not. */
  readonly stopTimeout: number;
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
  return {
    databaseUrl,
    poolSize: integer(environment, 'DATABASE_POOL_SIZE', 5, 1, 500),
    host: environment.HOST ?? '0.0.0.0',
    port: integer(environment, 'PORT', 8080, 0, 65_535),
    // ECS kills a container 30 s after SIGTERM unless its task definition says otherwise.
    stopTimeout: integer(environment, 'STOP_TIMEOUT_SECONDS', 25, 1, 120) * 1000,
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
