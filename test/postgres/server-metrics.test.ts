import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ForeignPostgres, newApp, newServer } from './postgres-fixtures';
import { BackendMonitoring, Posture, PostgresCapacity } from '../../src';
import type { ServerMetrics } from '../../src/postgres/private/server-metrics';

/** Its agent reports processors and nothing else, to a namespace of its own. */
const OF_AGENT: ServerMetrics = { namespace: 'Agent', dimensions: { Cluster: 'orders' }, names: { cpu: 'cpu_used' } };

test('a server is watched by the metrics that its kind has, where its kind has them', () => {
  // GIVEN
  const { stack, postgres } = newServer({}, Posture.development());
  const monitoring = new BackendMonitoring(stack, 'Monitoring', { alarms: true });

  // WHEN
  monitoring.monitorPostgres(new ForeignPostgres(stack, 'Agent', postgres, OF_AGENT));

  // THEN
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Agent', MetricName: 'cpu_used', Dimensions: [{ Name: 'Cluster', Value: 'orders' }], AlarmDescription: Match.stringLikeRegexp('#database-cpu$') });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Agent', MetricName: 'cpu_used', Statistic: 'SampleCount', AlarmDescription: Match.stringLikeRegexp('#database-gone$') });
});

test('fails to give a metric that a kind of server does not have', () => {
  const { postgres } = newServer({ capacity: PostgresCapacity.serverless({ min: 0.5, max: 1 }) });
  expect(() => postgres.metricFreeStorageSpace()).toThrow("This server doesn't report a metric for its storage, so there would never be data. Use `postgres.metric('…')` with the name of a metric that the server reports. (at 'Backend/Postgres')");
  const { stack, postgres: instance } = newServer();
  expect(() => new ForeignPostgres(stack, 'Agent', instance, OF_AGENT).metricDatabaseConnections()).toThrow("This server doesn't report a metric for its connections");
});

test('any metric can be asked for by its name', () => {
  const stack = new Stack(newApp(), 'Backend');
  const { postgres } = newServer();
  expect(new ForeignPostgres(stack, 'Agent', postgres, OF_AGENT).metric('wal_bytes')).toMatchObject({ namespace: 'Agent', metricName: 'wal_bytes', dimensions: { Cluster: 'orders' } });
});
