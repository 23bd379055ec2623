/** What the runner in the container and the constructs that start it agree on. No behaviour lives here. */

/** Environment variables that the runner reads, besides those of the connection, whose names the engine of the database has. */
export const RunnerEnv = {
  /** PEM certificate authorities; when absent or empty, the RDS roots in the image are used. */
  CA: 'DATABASE_CA',
  /** `goose` or `dbmate`; set by the source. */
  ENGINE: 'MIGRATION_ENGINE',
  /** Directory with the migration files; set by the source. */
  DIRECTORY: 'MIGRATION_DIRECTORY',
  /** File with the RDS roots in the image; set by the source. */
  CA_FILE: 'MIGRATION_CA_FILE',
  /** The role that the session must act as; when absent, the role that owns the database. */
  EXPECTED_ROLE: 'MIGRATION_EXPECTED_ROLE',
  /** Seconds to wait for a server that is stopped, starting, failing over or paused. Default 1500. */
  CONNECT_SECONDS: 'MIGRATION_CONNECT_SECONDS',
  /** Seconds to wait for another run on the same database to end. Default 1800. */
  LOCK_SECONDS: 'MIGRATION_LOCK_SECONDS',
  /** `lock_timeout` of the engine's session: how long a statement may queue for a table lock. Files with `CONCURRENTLY` have none. Default `5s`. */
  LOCK_TIMEOUT: 'MIGRATION_LOCK_TIMEOUT',
  /** Seconds that the engine gets between SIGTERM and SIGKILL; below the task's stop timeout. Default 20. */
  STOP_SECONDS: 'MIGRATION_STOP_SECONDS',
} as const;

/** Settings of engines, which would lead them to another server, table or file. The runner drops them, and those of the database's own clients. */
export const ENGINE_SETTING = /^(GOOSE_|DBMATE_|DATABASE_URL$|HOME$)/;

/** Values of the settings that are not given. */
export const RunnerDefaults = {
  CONNECT_SECONDS: 1500,
  LOCK_SECONDS: 1800,
  LOCK_TIMEOUT: '5s',
  STOP_SECONDS: 20,
} as const;

/** Exit codes of the runner. 128 + n is a signal, as in a shell. */
export const RunnerExit = {
  /** Every file of the directory is applied. */
  OK: 0,
  /** The engine failed, or left files unapplied. */
  ENGINE_FAILED: 1,
  /** The environment or the image is wrong. */
  MISCONFIGURED: 64,
  /** An index of the files can't be used, because its build failed. */
  INVALID_INDEX: 65,
  /** The server could not be reached until the deadline, or is not the one that the certificate authority vouches for. */
  UNAVAILABLE: 69,
  /** The runner itself failed. */
  INTERNAL: 70,
  /** Another run held the lock until the deadline. */
  LOCKED: 75,
  /** The connection that holds the lock was lost; the engine was stopped. */
  LOCK_LOST: 76,
  /** The login was refused, or does not act as the owner of the database. */
  NOT_ALLOWED: 77,
  /** Stopped by SIGINT. */
  INTERRUPTED: 130,
  /** Stopped by SIGTERM. */
  TERMINATED: 143,
} as const;

/** Where things are in the image. */
export const RunnerPaths = {
  /** The bundled runner. */
  ENTRYPOINT: '/opt/runner/index.js',
  /** Migration files. */
  MIGRATIONS: '/opt/runner/migrations',
  /** The RDS roots of all regions. */
  CA_FILE: '/opt/runner/rds-roots.pem',
} as const;

/** Engines that the runner knows. */
export type EngineName = 'goose' | 'dbmate';
