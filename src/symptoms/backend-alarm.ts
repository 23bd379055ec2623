import { InvalidBackendError } from '../private/errors';

/** Something that `BackendMonitoring` reports, by its section in the runbook. */
export class BackendAlarm {
  /** The tasks of a service use nearly all of their CPU. */
  public static readonly SERVICE_CPU = BackendAlarm.of('service-cpu');

  /** The tasks of a service use nearly all of their memory. */
  public static readonly SERVICE_MEMORY = BackendAlarm.of('service-memory');

  /** Fewer tasks of a service run than its least number. */
  public static readonly SERVICE_TASKS = BackendAlarm.of('service-tasks');

  /** A task of a service crashed, could not start, or failed its health checks. A notification, not an alarm of CloudWatch. */
  public static readonly SERVICE_TASK_FAILED = BackendAlarm.of('service-task-failed');

  /** ECS gave up a deployment of a service. A notification, not an alarm of CloudWatch. */
  public static readonly SERVICE_DEPLOYMENT = BackendAlarm.of('service-deployment');

  /** Runs of a job could not be started. */
  public static readonly JOB_NOT_STARTED = BackendAlarm.of('job-not-started');

  /** A run of a job failed. A notification, not an alarm of CloudWatch. */
  public static readonly JOB_FAILED = BackendAlarm.of('job-failed');

  /** The load balancer itself answers with 5xx. */
  public static readonly INGRESS_ERRORS = BackendAlarm.of('ingress-errors');

  /** The targets of a route answer with 5xx. */
  public static readonly ROUTE_ERRORS = BackendAlarm.of('route-errors');

  /** The slowest hundredth of the answers of a route takes too long. */
  public static readonly ROUTE_LATENCY = BackendAlarm.of('route-latency');

  /** Targets of a route fail their health check. */
  public static readonly ROUTE_UNHEALTHY = BackendAlarm.of('route-unhealthy');

  /** A route has no healthy target. */
  public static readonly ROUTE_EMPTY = BackendAlarm.of('route-empty');

  /** A database server reports nothing: it is stopped or deleted. */
  public static readonly DATABASE_GONE = BackendAlarm.of('database-gone');

  /** A database server uses nearly all of its processors. */
  public static readonly DATABASE_CPU = BackendAlarm.of('database-cpu');

  /** A database server has hardly any memory left. */
  public static readonly DATABASE_MEMORY = BackendAlarm.of('database-memory');

  /** A database server has nearly all the connections that it accepts. */
  public static readonly DATABASE_CONNECTIONS = BackendAlarm.of('database-connections');

  /** A database server has hardly any storage left. */
  public static readonly DATABASE_STORAGE = BackendAlarm.of('database-storage');

  /** A cluster of database nodes takes no writes. */
  public static readonly DATABASE_WRITES = BackendAlarm.of('database-writes');

  /** Writes on a cluster of database nodes take long. */
  public static readonly DATABASE_WRITE_LATENCY = BackendAlarm.of('database-write-latency');

  /** Another node of a cluster became the primary. */
  public static readonly DATABASE_TIMELINE = BackendAlarm.of('database-timeline');

  /** The newest good backup of a cluster is too old, or nobody knows how old it is. */
  public static readonly DATABASE_BACKUP_AGE = BackendAlarm.of('database-backup-age');

  /** No restore drill of a cluster has succeeded for too long, or nobody knows. */
  public static readonly DATABASE_RESTORE_DRILL = BackendAlarm.of('database-restore-drill');

  /** A cluster cannot archive its WAL. */
  public static readonly DATABASE_ARCHIVE = BackendAlarm.of('database-archive');

  /** A cluster writes WAL faster than it archives it. */
  public static readonly DATABASE_ARCHIVE_BACKLOG = BackendAlarm.of('database-archive-backlog');

  /** Two primaries of a cluster wrote the same WAL. */
  public static readonly DATABASE_WAL_CONFLICT = BackendAlarm.of('database-wal-conflict');

  /** The certificate of a node of a cluster was not renewed. */
  public static readonly DATABASE_CERTIFICATE = BackendAlarm.of('database-certificate');

  /** Fewer standbys of a cluster stream than it should have. */
  public static readonly DATABASE_REDUNDANCY = BackendAlarm.of('database-redundancy');

  /** A standby of a cluster is behind. */
  public static readonly DATABASE_REPLICATION_LAG = BackendAlarm.of('database-replication-lag');

  /** A node of a cluster cannot ask the others, or reports nothing. */
  public static readonly DATABASE_PEERS = BackendAlarm.of('database-peers');

  /** A cache reports nothing: it is deleted. */
  public static readonly CACHE_GONE = BackendAlarm.of('cache-gone');

  /** A cache uses nearly all of its engine's thread. */
  public static readonly CACHE_CPU = BackendAlarm.of('cache-cpu');

  /** A cache uses nearly all of its memory. */
  public static readonly CACHE_MEMORY = BackendAlarm.of('cache-memory');

  /** A cache drops keys because its memory is full. */
  public static readonly CACHE_EVICTIONS = BackendAlarm.of('cache-evictions');

  /** A serverless cache refuses commands for a while. */
  public static readonly CACHE_THROTTLED = BackendAlarm.of('cache-throttled');

  /** A file system reports nothing: it is deleted. */
  public static readonly FILE_SYSTEM_GONE = BackendAlarm.of('file-system-gone');

  /** A file system is asked for nearly as many operations as it does. */
  public static readonly FILE_SYSTEM_IO = BackendAlarm.of('file-system-io');

  /** A file system with bursting throughput has hardly any burst credits left, and will be slow. */
  public static readonly FILE_SYSTEM_CREDITS = BackendAlarm.of('file-system-credits');

  /** Messages wait in a queue for too long. */
  public static readonly QUEUE_AGE = BackendAlarm.of('queue-age');

  /** Messages that nobody could process are in the dead-letter queue of a queue. */
  public static readonly QUEUE_DEAD_LETTERS = BackendAlarm.of('queue-dead-letters');

  /** A migration failed. A notification, not an alarm of CloudWatch. */
  public static readonly MIGRATION_FAILED = BackendAlarm.of('migration-failed');

  /**
   * An alarm that has no name here.
   *
   * @param section its section in the runbook, in lower case with hyphens, such as `service-cpu`
   * @throws InvalidBackendError for a section of another form
   */
  public static of(section: string): BackendAlarm {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(section)) {
      throw new InvalidBackendError('BackendAlarm.of()', 'BackendAlarm.section', `A section of the runbook must be lower case with hyphens, like 'service-cpu', got '${section}'.`);
    }
    return new BackendAlarm(section);
  }

  private constructor(
    /** Section of the runbook that says what to do. */
    public readonly section: string,
  ) {}
}
