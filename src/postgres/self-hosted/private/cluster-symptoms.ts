import { Duration } from 'aws-cdk-lib';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { BackendAlarm } from '../../../symptoms';
import { seconds } from '../../../symptoms/shared/limits';
import type { Symptom } from '../../../symptoms/shared/symptom';
import type { MonitorPostgresOptions } from '../../monitor-postgres-options';
import type { PostgresServer } from '../../private/postgres-server';

/** Nodes of a cluster. */
export interface ClusterNodes {
  readonly nodes: number;
  /** Numbers of the nodes that are stopped on purpose. */
  readonly stoppedNodes?: number[];
  /** Whether there are restore drills. */
  readonly restoreDrills?: boolean;
}

const MINUTE = Duration.minutes(1);
const { BREACHING, MISSING } = TreatMissingData;
/** A node that a deployment replaces is away for some minutes. */
const QUARTER_OF_AN_HOUR = { evaluationPeriods: 3 };

/**
 * Symptoms of a cluster that takes no writes, or that has lost something that clients do not notice yet. The primary reports of the cluster, and each node of
 * itself. Missing data is trouble too where no other symptom shows it, because nobody knows then.
 */
export function clusterSymptoms(server: PostgresServer, { nodes, stoppedNodes = [], restoreDrills = false }: ClusterNodes, options: MonitorPostgresOptions): Symptom[] {
  const running = Array.from({ length: nodes }, (_, index) => index + 1).filter((node) => !stoppedNodes.includes(node));
  return [
    writesSymptom(server),
    writeLatencySymptom(server, options),
    timelineSymptom(server),
    backupAgeSymptom(server, options),
    archiveSymptom(server),
    backlogSymptom(server),
    conflictSymptom(server),
    certificateSymptom(server),
    ...(restoreDrills ? [drillSymptom(server, options)] : []),
    ...(running.length > 1 ? [redundancySymptom(server, running.length - 1), lagSymptom(server, options)] : []),
    ...(nodes > 1 ? running.map((node) => peersSymptom(server, node, stoppedNodes.length)) : []),
  ];
}

function writesSymptom(server: PostgresServer): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_WRITES,
    title: 'Writes of the heartbeat',
    description: 'No write has succeeded for 5 minutes: no node is a primary that takes any',
    metric: server.metric('WritesSucceeded', { statistic: Stats.MAXIMUM, period: MINUTE }),
    threshold: 1,
    below: true,
    // A failover takes less than a minute.
    evaluationPeriods: 5,
    treatMissingData: BREACHING,
  };
}

function writeLatencySymptom(server: PostgresServer, { maxWriteLatency = Duration.seconds(1) }: MonitorPostgresOptions): Symptom {
  const threshold = seconds(server, 'maxWriteLatency', maxWriteLatency);
  return {
    alarm: BackendAlarm.DATABASE_WRITE_LATENCY,
    title: 'Time of a write (seconds)',
    description: `Two writes, one after the other, have taken ${threshold} s or more each`,
    metric: server.metric('WriteLatency', { statistic: Stats.MAXIMUM, period: MINUTE }),
    threshold,
    evaluationPeriods: 1,
    treatMissingData: MISSING,
  };
}

function timelineSymptom(server: PostgresServer): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_TIMELINE,
    title: 'Change of the timeline',
    description: 'Another node became the primary within the last 10 minutes',
    metric: server.metric('TimelineChanged', { statistic: Stats.MAXIMUM }),
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: MISSING,
  };
}

function backupAgeSymptom(server: PostgresServer, { maxBackupAge = Duration.hours(30) }: MonitorPostgresOptions): Symptom {
  const threshold = seconds(server, 'maxBackupAge', maxBackupAge);
  return {
    alarm: BackendAlarm.DATABASE_BACKUP_AGE,
    title: 'Age of the newest good backup (seconds)',
    description: `The newest good backup is ${threshold / 3600} hours old or older, or nobody knows for 15 minutes`,
    metric: server.metric('BackupAge', { statistic: Stats.MAXIMUM }),
    threshold,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: BREACHING,
  };
}

function archiveSymptom(server: PostgresServer): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_ARCHIVE,
    title: 'Failures of the archive',
    description: 'WAL could not be archived, in each of 3 periods of 5 minutes',
    metric: server.metric('ArchiveFailures', { statistic: Stats.SUM }),
    threshold: 1,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: MISSING,
  };
}

function backlogSymptom(server: PostgresServer): Symptom {
  const files = 64;
  return {
    alarm: BackendAlarm.DATABASE_ARCHIVE_BACKLOG,
    title: 'WAL that waits for the archive (files)',
    description: `${files} files of WAL or more have waited for the archive for 15 minutes`,
    metric: server.metric('ArchiveBacklog', { statistic: Stats.MINIMUM }),
    threshold: files,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: MISSING,
  };
}

function conflictSymptom(server: PostgresServer): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_WAL_CONFLICT,
    title: 'WAL that the repository has otherwise',
    description: 'The repository has WAL of the same name with other bytes (error 45): two primaries wrote it',
    metric: server.metric('WalConflicts', { statistic: Stats.MAXIMUM, period: MINUTE }),
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: MISSING,
  };
}

function certificateSymptom(server: PostgresServer): Symptom {
  const days = 5;
  return {
    alarm: BackendAlarm.DATABASE_CERTIFICATE,
    title: 'Lifetime of the certificates (seconds)',
    description: `The certificate of a node has less than ${days} days left and was not renewed`,
    metric: server.metric('CertificateLifetime', { statistic: Stats.MINIMUM }),
    threshold: Duration.days(days).toSeconds(),
    below: true,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: MISSING,
  };
}

function drillSymptom(server: PostgresServer, { maxRestoreDrillAge = Duration.days(8) }: MonitorPostgresOptions): Symptom {
  const threshold = seconds(server, 'maxRestoreDrillAge', maxRestoreDrillAge);
  return {
    alarm: BackendAlarm.DATABASE_RESTORE_DRILL,
    title: 'Time since a restore drill succeeded (seconds)',
    description: `No restore drill has succeeded for ${threshold / 86_400} days, or nobody knows for 15 minutes`,
    metric: server.metric('RestoreDrillAge', { statistic: Stats.MAXIMUM }),
    threshold,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: BREACHING,
  };
}

function redundancySymptom(server: PostgresServer, standbys: number): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_REDUNDANCY,
    title: 'Standbys that stream',
    description: `Less than ${standbys === 1 ? '1 standby has' : `${standbys} standbys have`} streamed from the primary for 15 minutes`,
    metric: server.metric('StreamingReplicas', { statistic: Stats.MAXIMUM }),
    threshold: standbys,
    below: true,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: BREACHING,
  };
}

function lagSymptom(server: PostgresServer, { maxReplicationLag = Duration.seconds(1) }: MonitorPostgresOptions): Symptom {
  const threshold = seconds(server, 'maxReplicationLag', maxReplicationLag);
  return {
    alarm: BackendAlarm.DATABASE_REPLICATION_LAG,
    title: 'Lag of the slowest standby (seconds)',
    description: `The slowest standby has WAL safe ${threshold} s after the primary or later, in each of three looks`,
    metric: server.metric('ReplicationLag', { statistic: Stats.MAXIMUM, period: MINUTE }),
    threshold,
    evaluationPeriods: 1,
    treatMissingData: MISSING,
  };
}

/** Peers ask each other before one of them becomes the primary: without an answer there is no failover, and nothing else shows it. */
function peersSymptom(server: PostgresServer, node: number, stopped: number): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_PEERS,
    part: String(node),
    title: `Nodes that node ${node} cannot ask`,
    description: `Node ${node} cannot ask ${stopped === 0 ? 'each of the others' : 'the others that run'}, or reports nothing, for 15 minutes`,
    metric: server.metric('UnreachablePeers', { statistic: Stats.MINIMUM, dimensionsMap: { ...server._metrics().dimensions, Node: String(node) } }),
    threshold: stopped + 1,
    ...QUARTER_OF_AN_HOUR,
    treatMissingData: BREACHING,
  };
}
