/** Metrics that a server may have, by what they measure. */
export interface ServerMetricNames {
  readonly cpu?: string;
  readonly connections?: string;
  readonly memory?: string;
  readonly storage?: string;
}

/** Where the metrics of a server are. A name that is missing is a metric that never has data, so nothing may watch it. */
export interface ServerMetrics {
  readonly namespace: string;
  readonly dimensions: { [name: string]: string };
  readonly names: ServerMetricNames;
}

const RDS_CLUSTER: ServerMetricNames = { cpu: 'CPUUtilization', connections: 'DatabaseConnections', memory: 'FreeableMemory' };
const RDS_INSTANCE: ServerMetricNames = { ...RDS_CLUSTER, storage: 'FreeStorageSpace' };

/** Metrics of an RDS instance. @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
export function rdsInstanceMetrics(identifier: string): ServerMetrics {
  return { namespace: 'AWS/RDS', dimensions: { DBInstanceIdentifier: identifier }, names: RDS_INSTANCE };
}

/** Metrics of an Aurora cluster, whose storage grows by itself. @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html */
export function rdsClusterMetrics(identifier: string): ServerMetrics {
  return { namespace: 'AWS/RDS', dimensions: { DBClusterIdentifier: identifier }, names: RDS_CLUSTER };
}
