/** What `BackendMonitoring` tells about. The value is the section of the runbook. */
export enum BackendAlarm {
  /** The tasks of a service use nearly all of their CPU. */
  SERVICE_CPU = 'service-cpu',
  /** The tasks of a service use nearly all of their memory. */
  SERVICE_MEMORY = 'service-memory',
  /** ECS gave up a deployment of a service. A notification, not an alarm of CloudWatch. */
  SERVICE_DEPLOYMENT = 'service-deployment',
  /** The load balancer itself answers with 5xx. */
  EDGE_ERRORS = 'edge-errors',
  /** The targets of a route answer with 5xx. */
  ROUTE_ERRORS = 'route-errors',
  /** The slowest hundredth of the answers of a route takes too long. */
  ROUTE_LATENCY = 'route-latency',
  /** Targets of a route fail their health check. */
  ROUTE_UNHEALTHY = 'route-unhealthy',
  /** A database server uses nearly all of its processors. */
  DATABASE_CPU = 'database-cpu',
  /** A database server has hardly any memory left. */
  DATABASE_MEMORY = 'database-memory',
  /** A database server has nearly all the connections that it accepts. */
  DATABASE_CONNECTIONS = 'database-connections',
  /** A database server has hardly any storage left. */
  DATABASE_STORAGE = 'database-storage',
  /** A cache uses nearly all of its engine's thread. */
  CACHE_CPU = 'cache-cpu',
  /** A cache uses nearly all of its memory. */
  CACHE_MEMORY = 'cache-memory',
  /** A cache drops keys because its memory is full. */
  CACHE_EVICTIONS = 'cache-evictions',
  /** A serverless cache refuses commands for a while. */
  CACHE_THROTTLED = 'cache-throttled',
  /** Messages wait in a queue for too long. */
  QUEUE_AGE = 'queue-age',
  /** A migration failed. A notification, not an alarm of CloudWatch. */
  MIGRATION_FAILED = 'migration-failed',
}
