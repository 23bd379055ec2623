/** What both processes are told by their environment. */
export interface Config {
  readonly databaseUrl: string;
  /** Connections that this process may hold to the database. */
  readonly poolSize: number;
  readonly redisUrl: string;
  readonly queueName: string;
  /** Milliseconds from SIGTERM within which the process ends, finished or not. */
  readonly stopTimeout: number;
  readonly logLevel: string;
}

/** What the API is told besides. */
export interface ApiConfig extends Config {
  readonly host: string;
  readonly port: number;
  /** Milliseconds for which a connection without requests stays open: longer than the load balancer keeps it. */
  readonly keepAliveTimeout: number;
  readonly supertokensUrl: string;
  /** Origins of web pages that may call the API, such as `https://app.example.com`. */
  readonly corsOrigins: readonly string[];
  readonly supertokensApiKey: string;
  /** Milliseconds for which a verified session is taken for good without asking again. */
  readonly sessionCache: number;
}

/** What the worker is told besides. All in milliseconds. */
export interface WorkerConfig extends Config {
  /** After this long without a sign of life, the queue gives a job to another worker. */
  readonly lock: number;
  /** How often the table is searched for jobs that are not in the queue. */
  readonly sweep: number;
  /** A job that was queued so long ago and is not done is queued again. */
  readonly requeue: number;
  /** How often a job is tried before it is kept as failed. A number, no time. */
  readonly maxTries: number;
  /** How long after it failed first a job is tried again; twice as long each time after that, up to five minutes. */
  readonly retry: number;
  /** How long the work on one job takes, in place of real work. */
  readonly work: number;
}

// ECS kills a container at the end of its stop timeout: what is to be said by then is said a little earlier.
const BEFORE_THE_END = 500;

/** Reads the environment of the API; throws naming the variable that is missing or wrong, and never its value when it is secret. */
export function readApiConfig(environment: NodeJS.ProcessEnv): ApiConfig {
  return {
    ...readConfig(environment),
    host: environment.HOST ?? '0.0.0.0',
    port: integer(environment, 'PORT', 8080, 0, 65_535),
    keepAliveTimeout: integer(environment, 'KEEP_ALIVE_TIMEOUT_SECONDS', 65, 1, 4_100) * 1000,
    supertokensUrl: url(environment, 'SUPERTOKENS_URL', 'http://', 'https://').replace(/\/$/, '') + basePath(environment),
    corsOrigins: origins(environment),
    supertokensApiKey: required(environment, 'SUPERTOKENS_API_KEY'),
    sessionCache: integer(environment, 'SESSION_CACHE_SECONDS', 5, 0, 300) * 1000,
  };
}

/** Reads the environment of the worker; throws as `readApiConfig` does. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  return {
    ...readConfig(environment),
    lock: integer(environment, 'LOCK_SECONDS', 30, 1, 3_600) * 1000,
    sweep: integer(environment, 'SWEEP_SECONDS', 10, 1, 3_600) * 1000,
    requeue: integer(environment, 'REQUEUE_SECONDS', 60, 1, 86_400) * 1000,
    maxTries: integer(environment, 'MAX_TRIES', 10, 1, 1_000),
    retry: integer(environment, 'RETRY_MILLISECONDS', 1_000, 1, 300_000),
    work: integer(environment, 'WORK_MILLISECONDS', 0, 0, 600_000),
  };
}

function readConfig(environment: NodeJS.ProcessEnv): Config {
  return {
    databaseUrl: url(environment, 'DATABASE_URL', 'postgresql://', 'postgres://'),
    poolSize: integer(environment, 'DATABASE_POOL_SIZE', 5, 1, 500),
    redisUrl: url(environment, 'REDIS_URL', 'rediss://', 'redis://'),
    queueName: queueName(environment),
    stopTimeout: integer(environment, 'STOP_TIMEOUT_SECONDS', 25, 1, 120) * 1000 - BEFORE_THE_END,
    logLevel: environment.LOG_LEVEL ?? 'info',
  };
}

function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} must be set`);
  }
  return value;
}

function url(environment: NodeJS.ProcessEnv, name: string, ...schemes: string[]): string {
  const value = environment[name];
  if (value === undefined || !schemes.some((scheme) => value.startsWith(scheme))) {
    throw new Error(`${name} must be set to a URL that starts with ${schemes.join(' or ')}`);
  }
  return value;
}

/** A colon parts the names of Redis keys, so the queue's name has none. */
function queueName(environment: NodeJS.ProcessEnv): string {
  const name = environment.QUEUE_NAME ?? 'jobs';
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new Error(`QUEUE_NAME must consist of 1 to 64 letters, digits, '_' and '-'; got '${name}'`);
  }
  return name;
}

/** Where in the core its endpoints begin: `BASE_PATH` there. */
function basePath(environment: NodeJS.ProcessEnv): string {
  const path = environment.SUPERTOKENS_BASE_PATH ?? '';
  if (!/^(\/[A-Za-z0-9_-]+)*$/.test(path)) {
    throw new Error(`SUPERTOKENS_BASE_PATH must be empty or a path like '/auth'; got '${path}'`);
  }
  return path;
}

function origins(environment: NodeJS.ProcessEnv): string[] {
  const all = (environment.CORS_ORIGINS ?? '').split(',').map((origin) => origin.trim()).filter((origin) => origin !== '');
  const wrong = all.find((origin) => !/^https?:\/\/[A-Za-z0-9.-]+(:\d+)?$/.test(origin));
  if (wrong !== undefined) {
    throw new Error(`CORS_ORIGINS must consist of origins like 'https://app.example.com', with commas between; got '${wrong}'`);
  }
  return all;
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
