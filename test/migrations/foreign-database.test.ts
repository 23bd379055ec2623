import { CfnResource } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type Backend, backend, dependenciesOf, migrate, only } from './migration-task-fixtures';
import { DatabaseEngine, type ILogicalDatabase, type IDatabaseServer, type IDatabaseUser, MigrationSource, type ServiceBindingConfig, ServiceVolume } from '../../src';

const COMMAND = MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('example/flyway@sha256:1'), command: ['flyway', 'migrate'], revision: 'r1', protectedTables: ['flyway_schema_history'] });

class ForeignServer extends Construct implements IDatabaseServer {
  public readonly endpoint = 'db.example.internal';
  public readonly port = 1521;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, public readonly vpc: ec2.IVpc) {
    super(scope, id);
    const securityGroups = [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, allowAllOutbound: false })];
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(1521) });
  }
}

class ForeignUser extends Construct implements IDatabaseUser {
  public readonly username = 'owner';
  /** What it brings besides. */
  public brings: ServiceBindingConfig = {};
  public readonly secret?: secretsmanager.ISecret = new secretsmanager.Secret(this, 'Secret');
  public readonly ready = new CfnResource(this, 'Ready', { type: 'Custom::ForeignUser' });

  public bindToService(): ServiceBindingConfig {
    return { environment: { ORACLE_USER: 'owner' }, secrets: { ORACLE_PASSWORD: ecs.Secret.fromSecretsManager(this.secret!) }, dependencies: [this.ready], ...this.brings };
  }
}

/** A database as somebody else could make one: it has all that is public. */
class ForeignDatabase extends Construct implements ILogicalDatabase {
  public readonly engine = DatabaseEngine.of('Oracle');
  public readonly databaseName = 'ORDERS';
  public readonly server: IDatabaseServer;
  public readonly owner = new ForeignUser(this, 'Owner');

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    this.server = new ForeignServer(this, 'Server', vpc);
  }
}

function withForeign(): Backend & { readonly database: ForeignDatabase } {
  const made = backend();
  return { ...made, database: new ForeignDatabase(made.stack, 'Foreign', made.vpc) };
}

describe('a database of another engine', () => {
  test('is migrated by a command, which gets what its owner gives, and waits for it', () => {
    const made = withForeign();
    migrate(made, { database: made.database, source: COMMAND });
    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({
        Command: ['flyway', 'migrate'],
        Environment: [{ Name: 'ORACLE_USER', Value: 'owner' }],
        Secrets: [Match.objectLike({ Name: 'ORACLE_PASSWORD' })],
      })],
    });
    const task = only(made.stack, 'Custom::Migration');
    expect(task.Properties.Database).toBe('db.example.internal:1521/ORDERS');
    expect(dependenciesOf(task)).toContain(only(made.stack, 'Custom::ForeignUser').id);
    Template.fromStack(made.stack).hasResourceProperties('AWS::EC2::SecurityGroupEgress', { FromPort: 1521, ToPort: 1521 });
  });

  test('is reached at all that its owner names, and the task may do what the owner grants before it runs', () => {
    // GIVEN
    const made = withForeign();
    const { stack, database } = made;
    const wallet = new ForeignServer(stack, 'Wallet', made.vpc);
    database.owner.brings = {
      targets: [database.server, { endpoint: 'wallet.example.internal', port: 2484, additionalPorts: [2500], connections: wallet.connections }],
      permissions: { grantTo: (grantee) => iam.Grant.addToPrincipal({ grantee, actions: ['rds-db:connect'], resourceArns: ['*'] }) },
    };

    // WHEN
    migrate(made, { database, source: COMMAND });

    // THEN
    const template = Template.fromStack(stack);
    [1521, 2484, 2500].forEach((port) => template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupEgress', { FromPort: port, ToPort: port }, 1));
    const [policy] = Object.keys(template.findResources('AWS::IAM::Policy', { Properties: { PolicyDocument: { Statement: [Match.objectLike({ Action: 'rds-db:connect' })] } } }));
    expect(dependenciesOf(only(stack, 'Custom::Migration'))).toContain(policy);
  });

  test.each<[string, ServiceBindingConfig, RegExp]>([
    ['a sidecar', { sidecars: { Proxy: { image: ecs.ContainerImage.fromRegistry('example/proxy') } } }, /The owner of the database brings the sidecar 'Proxy', and migrations run in one container/],
    ['a volume', { volumes: [ServiceVolume.ephemeral('Wallet', { mountPath: '/wallet' })] }, /The owner of the database brings the volume 'Wallet'/],
  ])('fails where its owner brings %s, which the task does not have', (_, brings, message) => {
    const made = withForeign();
    made.database.owner.brings = brings;
    expect(() => migrate(made, { database: made.database, source: COMMAND })).toThrow(message);
  });

  test.each([['goose', MigrationSource.goose('examples/01-private-backend/migrations')], ['dbmate', MigrationSource.dbmate('examples/02-hello-birthday/migrations')]])('fails with %s, which does not speak with it', (_, source) => {
    const made = withForeign();
    expect(() => migrate(made, { database: made.database, source })).toThrow(
      "goose and dbmate can't migrate database 'Backend/Foreign', because this library can't connect them to its engine 'Oracle'. Use `MigrationSource.command`. (at 'Backend/Migrations')",
    );
  });
});

test('the database and the owner of PostgreSQL are such interfaces', () => {
  const { postgres: { database } } = backend();
  const any: ILogicalDatabase = database;
  expect([any.engine.engineName, any.databaseName, any.owner.username, any.server.endpoint]).toEqual(['PostgreSQL', 'app', 'app_migrator', database.server.endpoint]);
  expect(any.owner.secret).toBeDefined();
});
