import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { idOf, newApp, newServer, newVpc, onlyProperties } from './postgres-fixtures';
import { PostgresCapacity, PostgresDatabase, Posture, PrivatePostgres, type PrivatePostgresProps } from '../../src';

const SERVERLESS = PostgresCapacity.serverless({ min: 0.5, max: 4 });

function exported(props: Partial<PrivatePostgresProps> = {}, posture = Posture.production()) {
  const { stack, postgres } = newServer(props, posture);
  postgres.addDatabase('orders');
  new PostgresDatabase(stack, 'Late', { server: postgres, databaseName: 'late' });
  const template = Template.fromStack(stack);
  const declared = (databaseName: string) => onlyOf(template, databaseName);
  return { template, declared };
}

function onlyOf(template: Template, databaseName: string): { [name: string]: any } {
  const [found] = Object.values(template.findResources('Custom::PostgresDatabase', { Properties: { DatabaseName: databaseName } }));
  return found.Properties;
}

const logsStatement = (template: Template) => Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
  .filter(({ Action }) => [Action].flat().includes('logs:PutRetentionPolicy'));

test.each([
  ['an instance', undefined, 'AWS::RDS::DBInstance', 'instance', ['postgresql', 'upgrade']],
  ['a serverless cluster', SERVERLESS, 'AWS::RDS::DBCluster', 'cluster', ['postgresql']],
])('the groups of %s get the retention of the posture with the first database, and with no other', (_, capacity, type, kind, names) => {
  const { template, declared } = exported({ capacity });
  const server = idOf(template, type);
  expect(declared('app')).toMatchObject({ LogGroups: names.map((name) => ({ 'Fn::Join': ['', [`/aws/rds/${kind}/`, { Ref: server }, `/${name}`]] })), LogRetention: '90' });
  for (const other of ['orders', 'late']) {
    expect(declared(other)).not.toHaveProperty('LogGroups');
    expect(declared(other)).not.toHaveProperty('LogRetention');
  }
  template.hasResourceProperties(type, { EnableCloudwatchLogsExports: names });
});

test('the conductor may make these groups and set their retention, and touches no other group', () => {
  const { template } = exported();
  const server = idOf(template, 'AWS::RDS::DBInstance');
  const arn = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':log-group:/aws/rds/instance/', { Ref: server }, `/${name}`]] });
  expect(logsStatement(template)).toEqual([{ Action: ['logs:CreateLogGroup', 'logs:DeleteRetentionPolicy', 'logs:PutRetentionPolicy'], Effect: 'Allow', Resource: ['postgresql', 'postgresql:*', 'upgrade', 'upgrade:*'].map(arn) }]);
});

test('no identifier is given to the server for it', () => {
  expect(onlyProperties(exported().template, 'AWS::RDS::DBInstance')).not.toHaveProperty('DBInstanceIdentifier');
  exported({ capacity: SERVERLESS }).template.hasResourceProperties('AWS::RDS::DBCluster', { DBClusterIdentifier: Match.absent() });
});

test('a server that exports nothing has no groups and no permission', () => {
  const { template, declared } = exported({}, Posture.development());
  expect(declared('app')).not.toHaveProperty('LogGroups');
  expect(logsStatement(template)).toEqual([]);
});

test('the retention can be another, and none', () => {
  expect(exported({ cloudwatchLogsRetention: RetentionDays.FIVE_YEARS }).declared('app').LogRetention).toBe('1827');
  expect(exported({ cloudwatchLogsExport: true, cloudwatchLogsRetention: RetentionDays.INFINITE }, Posture.development()).declared('app').LogRetention).toBe('9999');
});

test('a server of others has no groups', () => {
  const app = newApp(Posture.production());
  const stack = new Stack(app, 'Backend', { terminationProtection: true });
  const vpc = newVpc(stack);
  const { database, adminSecret, connections } = new PrivatePostgres(stack, 'Postgres', { vpc });
  const imported = PrivatePostgres.fromPrivatePostgresAttributes(stack, 'Imported', { vpc, endpoint: 'db.example.internal', securityGroups: connections.securityGroups, adminSecret, caCertificates: undefined });
  imported.addDatabase('legacy');
  expect(onlyOf(Template.fromStack(stack), database.databaseName)).toHaveProperty('LogGroups');
  expect(onlyOf(Template.fromStack(stack), 'legacy')).not.toHaveProperty('LogGroups');
});
