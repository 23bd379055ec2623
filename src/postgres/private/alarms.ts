import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { PostgresServer } from './postgres-server';
import type { ServerSettings } from './server-settings';

/** Alarms on what makes a server fail slowly. They have no actions: subscribe to their state changes. */
export function createAlarms(server: PostgresServer, settings: ServerSettings): void {
  const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
  new cloudwatch.Alarm(server, 'CpuAlarm', {
    alarmDescription: 'The PostgreSQL server has used 90 % of its processors for 15 minutes',
    metric: server.metricCpuUtilization(),
    comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 90,
    evaluationPeriods: 3,
  });
  if (settings.maxConnections !== undefined) {
    new cloudwatch.Alarm(server, 'ConnectionsAlarm', {
      alarmDescription: 'The PostgreSQL server has 80 % of the connections it accepts',
      metric: server.metricDatabaseConnections(),
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: Math.floor(settings.maxConnections * 0.8),
      evaluationPeriods: 1,
    });
  }
  if (settings.capacity.serverlessLimits === undefined && !settings.allocatedStorage.isUnresolved()) {
    new cloudwatch.Alarm(server, 'StorageAlarm', {
      alarmDescription: 'The PostgreSQL server has less than 10 % of the storage it was given left',
      metric: server.metricFreeStorageSpace(),
      comparisonOperator: LESS_THAN_THRESHOLD,
      threshold: settings.allocatedStorage.toBytes() / 10,
      evaluationPeriods: 1,
    });
  }
}
