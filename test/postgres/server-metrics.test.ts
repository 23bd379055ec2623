import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { newApp, newServer } from './postgres-fixtures';
import { BackendMonitoring, Posture, PostgresCapacity, type PostgresDatabase, type PrivatePostgres } from '../../src';
import { PostgresServer } from '../../src/postgres/private/postgres-server';

/** A server of another kind: its agent reports processors and nothing else, to a namespace of its own. */
class ServerOfAgent extends PostgresServer {
  public readonly endpoint = 'db.example.internal';
  public readonly port = 5432;
  public readonly vpc: ec2.IVpc;
  public readonly database: PostgresDatabase;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, { vpc, database, connections }: PrivatePostgres) {
    super(scope, id);
    this.vpc = vpc;
    this.database = database;
    this.connections = connections;
  }

  public _metrics() {
    return { namespace: 'Agent', dimensions: { Cluster: 'orders' }, names: { cpu: 'cpu_used' } };
  }
}

test('a server is watched by the metrics that its kind has, where its kind has them', () => {
  // GIVEN
  const { stack, postgres } = newServer({}, Posture.development());
  const monitoring = new BackendMonitoring(stack, 'Monitoring', { alarms: true });

  // WHEN
  monitoring.watchPostgres(new ServerOfAgent(stack, 'Agent', postgres));

  // THEN
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Agent', MetricName: 'cpu_used', Dimensions: [{ Name: 'Cluster', Value: 'orders' }], AlarmDescription: Match.stringLikeRegexp('#database-cpu$') });
});

test('fails to give a metric that a kind of server does not have', () => {
  const { postgres } = newServer({ capacity: PostgresCapacity.serverless({ min: 0.5, max: 1 }) });
  expect(() => postgres.metricFreeStorageSpace()).toThrow("This server has no metric of its storage, so there would never be data. Use metric() with the name of one that it has. (at 'Backend/Postgres')");
  const { stack, postgres: instance } = newServer();
  expect(() => new ServerOfAgent(stack, 'Agent', instance).metricDatabaseConnections()).toThrow('This server has no metric of its connections');
});

test('any metric can be asked for by its name', () => {
  const stack = new Stack(newApp(), 'Backend');
  const { postgres } = newServer();
  expect(new ServerOfAgent(stack, 'Agent', postgres).metric('wal_bytes')).toMatchObject({ namespace: 'Agent', metricName: 'wal_bytes', dimensions: { Cluster: 'orders' } });
});
