import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { MonitoredCluster } from './monitored-cluster';
import { BackendAlarm, BackendMonitoring, Posture, type MonitorPostgresOptions } from '../../../src';
import type { ClusterNodes } from '../../../src/postgres/self-hosted/private/cluster-symptoms';
import { sequence, type Sample } from '../../monitoring/alarm-rows';
import { simulate, type SimulatedAlarm } from '../../monitoring/alarm-simulator';
import { alarmsOf } from '../../monitoring/monitoring-fixtures';
import { newServer } from '../postgres-fixtures';

function synth(nodes: ClusterNodes, options?: MonitorPostgresOptions): Template {
  const { stack, postgres } = newServer({}, Posture.development());
  new BackendMonitoring(stack, 'Monitoring', { alarms: true }).monitorPostgres(new MonitoredCluster(stack, 'Nodes', postgres, nodes), options);
  return Template.fromStack(stack);
}

/** Alarms of a cluster, by their section of the runbook; those of a node with its number. */
function alarms(nodes: ClusterNodes, options?: MonitorPostgresOptions): Record<string, SimulatedAlarm> {
  const found = Object.values(synth(nodes, options).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  return Object.fromEntries(found.map((alarm) => {
    const node = alarm.Dimensions.find(({ Name }: { Name: string }) => Name === 'Node')?.Value;
    return [`${alarm.AlarmDescription.split('#')[1]}${node === undefined ? '' : ` ${node}`}`, alarm];
  }));
}

const THREE = alarms({ nodes: 3, restoreDrills: true });

/** Messages after the first OK. */
function told(section: BackendAlarm, ...parts: Array<[number, Sample]>): string[] {
  return simulate(THREE[section.section], sequence([10, parts[0][1]], ...parts)).told.slice(1);
}

describe('alarms of a cluster', () => {
  test('are of the whole cluster, and of each node whether it can ask the others', () => {
    expect(Object.keys(THREE).sort()).toEqual([
      'database-archive', 'database-archive-backlog', 'database-backup-age', 'database-certificate', 'database-peers 1', 'database-peers 2', 'database-peers 3', 'database-redundancy',
      'database-replication-lag', 'database-restore-drill', 'database-timeline', 'database-wal-conflict', 'database-write-latency', 'database-writes',
    ]);
  });

  test('of one node without drills watch no other nodes and no drills', () => {
    expect(Object.keys(alarms({ nodes: 1 })).filter((section) => /peers|redundancy|lag|drill/.test(section))).toEqual([]);
  });

  test('do not wait for a node that is stopped on purpose', () => {
    const template = synth({ nodes: 3, stoppedNodes: [2] });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'StreamingReplicas', Threshold: 1, ComparisonOperator: 'LessThanThreshold' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'UnreachablePeers', Threshold: 2, Dimensions: Match.arrayWith([{ Name: 'Node', Value: '1' }]) });
    expect(Object.keys(alarms({ nodes: 3, stoppedNodes: [2] })).filter((section) => section.startsWith('database-peers'))).toEqual(['database-peers 1', 'database-peers 3']);
  });

  test('of two stopped nodes watch no standby, for there is none', () => {
    expect(Object.keys(alarms({ nodes: 3, stoppedNodes: [1, 2] })).filter((section) => /redundancy|lag/.test(section))).toEqual([]);
  });

  test('have limits that an operator sets', () => {
    const template = synth({ nodes: 3, restoreDrills: true }, { maxBackupAge: Duration.hours(48), maxRestoreDrillAge: Duration.days(15), maxReplicationLag: Duration.millis(1500), maxWriteLatency: Duration.seconds(3) });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'BackupAge', Threshold: 172800, AlarmDescription: Match.stringLikeRegexp('48 hours old or older') });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'RestoreDrillAge', Threshold: 1296000, AlarmDescription: Match.stringLikeRegexp('succeeded for 15 days') });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ReplicationLag', Threshold: 1.5 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'WriteLatency', Threshold: 3 });
  });

  test.each(['maxBackupAge', 'maxReplicationLag', 'maxRestoreDrillAge', 'maxWriteLatency'])('fail on a %s of nothing', (name) => {
    expect(() => synth({ nodes: 3, restoreDrills: true }, { [name]: Duration.seconds(0) })).toThrow(`\`${name}\` must be longer than 0 seconds, got 0 seconds.`);
  });

  test('are left out where they are excluded', () => {
    const template = synth({ nodes: 3 }, { exclude: [BackendAlarm.DATABASE_PEERS, BackendAlarm.DATABASE_TIMELINE] });
    expect(Object.keys(alarmsOf(template)).filter((name) => /peers|timeline/.test(name))).toEqual([]);
  });
});

describe('in normal life nobody hears', () => {
  test('of writes, when a failover takes a minute or two', () => {
    expect(told(BackendAlarm.DATABASE_WRITES, [5, 1], [2, undefined], [1, 0], [20, 1])).toEqual([]);
  });

  test('of standbys and peers, when a deployment replaces one node after the other', () => {
    const replaced: Array<[number, Sample]> = [[2, 1], [2, 2], [2, 1], [2, 2], [2, 1], [5, 2]];
    expect(told(BackendAlarm.DATABASE_REDUNDANCY, [2, 2], ...replaced)).toEqual([]);
    const asked = simulate(THREE['database-peers 1'], sequence([5, 0], [2, 1], [3, 0], [2, 1], [3, 0], [2, undefined], [5, 0]));
    expect(asked.told).toEqual(['OK']);
  });

  test('of the archive, when a new primary fails a few times before it knows the stanza', () => {
    expect(told(BackendAlarm.DATABASE_ARCHIVE, [2, 0], [2, 3], [10, 0])).toEqual([]);
  });

  test('of backups, when the check of a new primary takes two periods', () => {
    expect(told(BackendAlarm.DATABASE_BACKUP_AGE, [3, 3600], [2, undefined], [10, 3600])).toEqual([]);
  });
});

describe('in trouble', () => {
  test('a cluster without a primary rings, whether somebody cannot write or nobody reports, for which CloudWatch waits two more minutes', () => {
    expect(told(BackendAlarm.DATABASE_WRITES, [5, 1], [7, undefined])).toEqual(['ALARM']);
    expect(told(BackendAlarm.DATABASE_WRITES, [5, 1], [5, 0])).toEqual(['ALARM']);
  });

  test('a slow zone and a conflict in the archive ring in the first minute', () => {
    expect(told(BackendAlarm.DATABASE_WRITE_LATENCY, [5, 0.01], [1, 2.1])).toEqual(['ALARM']);
    expect(told(BackendAlarm.DATABASE_REPLICATION_LAG, [5, 0.01], [1, 2.1])).toEqual(['ALARM']);
    expect(told(BackendAlarm.DATABASE_WAL_CONFLICT, [5, 0], [1, 1])).toEqual(['ALARM']);
  });

  test('backups of an unknown age ring like backups that are too old', () => {
    expect(told(BackendAlarm.DATABASE_BACKUP_AGE, [5, 3600], [5, undefined])).toEqual(['ALARM']);
    expect(told(BackendAlarm.DATABASE_BACKUP_AGE, [5, 3600], [3, 31 * 3600])).toEqual(['ALARM']);
  });

  test('a node that cannot ask one peer rings, and so does one that reports nothing', () => {
    const of = (sample: Sample) => simulate(THREE['database-peers 3'], sequence([10, 0], [5, sample])).told.slice(1);
    expect(of(1)).toEqual(['ALARM']);
    expect(of(undefined)).toEqual(['ALARM']);
  });

  test('a change of the timeline rings once, and is over by itself', () => {
    expect(told(BackendAlarm.DATABASE_TIMELINE, [5, 0], [2, 1], [5, 0])).toEqual(['ALARM', 'OK']);
  });
});
