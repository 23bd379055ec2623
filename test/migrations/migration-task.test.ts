import { join } from 'path';
import { Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { backend, dependenciesOf, FixedSource, migrate, only, resourcesOf } from './migration-task-fixtures';
import { MigrationSource, MigrationTask, Posture, ServiceImage } from '../../src';

const SECRET = { 'Fn::Join': ['', [Match.anyValue(), Match.stringLikeRegexp('^:[a-z]+::$')]] };

describe('what a migration task makes', () => {
  test('by default it is a hardened ARM64 task of the smallest size, with a blocking log', () => {
    const made = backend();
    migrate(made);

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '256',
      Memory: '512',
      NetworkMode: 'awsvpc',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      ContainerDefinitions: [Match.objectLike({
        Name: 'migrate',
        Essential: true,
        User: '1000:1000',
        Privileged: false,
        ReadonlyRootFilesystem: true,
        LinuxParameters: Match.objectLike({ Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true, Tmpfs: [Match.objectLike({ ContainerPath: '/tmp' })] }),
        StopTimeout: 60,
      })],
    });
  });

  test('pitfall 8: the log driver blocks, so that the last lines are not lost', () => {
    const made = backend();
    migrate(made);

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ LogConfiguration: { LogDriver: 'awslogs', Options: Match.objectLike({ 'mode': 'blocking', 'awslogs-stream-prefix': 'migration' }) } })],
    });
    expect(only(made.stack, 'Custom::Migration').Properties.LogStreamPrefix).toBe('migration');
  });

  test('both log groups have the retention of the posture', () => {
    const made = backend();
    migrate(made);

    expect(only(made.stack, 'AWS::Logs::LogGroup', 'MigrationsLogGroup').Properties.RetentionInDays).toBe(7);
    expect(only(made.stack, 'AWS::Logs::LogGroup', 'TaskRunner').Properties.RetentionInDays).toBe(7);
  });

  test('the runner gets the connection of the owner, and no second copy of the password', () => {
    const made = backend();
    migrate(made);

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({
        Secrets: ['DATABASE_CA', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER'].map((Name) => ({ Name, ValueFrom: SECRET })),
        Environment: [{ Name: 'MIGRATION_LOCK_TIMEOUT', Value: '5000ms' }],
      })],
    });
  });

  test('an image without the runner is connected like a service, with the certificate authorities as a file', () => {
    const made = backend();
    migrate(made, { source: MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('flyway@sha256:1'), command: ['migrate'], revision: 'abc' }) });

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({
        Name: 'migrate',
        Command: ['migrate'],
        Environment: Match.arrayWith([{ Name: 'PGSSLMODE', Value: 'verify-full' }, { Name: 'PGSSLROOTCERT', Value: '/run/cdk-private-backend/ca/ca.pem' }]),
        Secrets: Match.arrayWith([{ Name: 'DATABASE_URL', ValueFrom: SECRET }]),
        MountPoints: [Match.objectLike({ ContainerPath: '/run/cdk-private-backend/ca', ReadOnly: true })],
        DependsOn: [Match.objectLike({ Condition: 'SUCCESS' })],
      })]),
    });
    expect(only(made.stack, 'Custom::Migration').Properties.Container).toBe('migrate');
  });

  test('the security group lets nothing in, and out only HTTPS and the path to the database, which the database lets in', () => {
    const made = backend();
    migrate(made);

    const group = only(made.stack, 'AWS::EC2::SecurityGroup', 'Migrations');
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(group.Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })]);
    const server = only(made.stack, 'AWS::EC2::SecurityGroup', 'PostgresSecurityGroup');
    Template.fromStack(made.stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: { 'Fn::GetAtt': [server.id, 'GroupId'] },
      SourceSecurityGroupId: { 'Fn::GetAtt': [group.id, 'GroupId'] },
      IpProtocol: 'tcp',
      FromPort: 5432,
      ToPort: 5432,
    });
  });

  test('pitfall 15: the function that starts tasks is outside the VPC', () => {
    const made = backend();
    migrate(made);

    expect(only(made.stack, 'AWS::Lambda::Function', 'TaskRunner').Properties).not.toHaveProperty('VpcConfig');
  });

  test('pitfall 1: CloudFormation waits longer than the own deadline, and never longer than it can', () => {
    const made = backend();
    migrate(made);
    migrate(made, { timeout: Duration.minutes(55), database: made.postgres.addDatabase('Other') }, 'Long');

    expect(only(made.stack, 'Custom::Migration', 'Migrations').Properties).toMatchObject({ TimeoutSeconds: '1800', ServiceTimeout: '2100' });
    expect(only(made.stack, 'Custom::Migration', 'Long').Properties).toMatchObject({ TimeoutSeconds: '3300', ServiceTimeout: '3600' });
    expect(only(made.stack, 'AWS::Lambda::Function', 'TaskRunner').Properties.Timeout).toBe(900);
  });

  test('pitfall 9: what decides over running again is the revision of the source, and the database', () => {
    const revisions = ['r1', 'r1', 'r2'].map((revision) => {
      const made = backend();
      migrate(made, { source: new FixedSource({ revision }) });
      return only(made.stack, 'Custom::Migration').Properties;
    });

    expect(revisions[0]).toEqual(revisions[1]);
    expect(revisions[2]).toEqual({ ...revisions[0], Revision: 'r2' });
    expect(revisions[0].Database).toEqual({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^Postgres/), 'Endpoint.Address'] }, ':5432/app']] });
  });

  test('pitfall 5: the tasks may start in every selected zone, on demand capacity', () => {
    const made = backend();
    migrate(made);

    expect(only(made.stack, 'Custom::Migration').Properties.Subnets).toHaveLength(2);
    Template.fromStack(made.stack).resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
  });

  test('two in one stack have families of their own', () => {
    const made = backend();
    migrate(made);
    migrate(made, { database: made.postgres.addDatabase('Orders', { databaseName: 'orders' }) }, 'OrdersMigrations');

    const families = ['Migrations', 'OrdersMigrations'].map((id) => only(made.stack, 'AWS::ECS::TaskDefinition', `${id}TaskDefinition`).Properties.Family);
    expect(new Set(families).size).toBe(2);
  });

  test('the same construct path in stacks of different names has different families', () => {
    const family = (stackName: string) => {
      const made = backend();
      const stack = new Stack(made.app, `Id${stackName}`, { stackName });
      new MigrationTask(stack, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() });
      return only(stack, 'AWS::ECS::TaskDefinition').Properties.Family;
    };

    expect(family('blue')).toMatch(/^blue-Migrations-[0-9a-f]{8}$/);
    expect(family('green')).toMatch(/^green-Migrations-/);
  });

  test('the printed command invokes a function that starts the task in the same network', () => {
    const made = backend();
    const { runCommand } = migrate(made);

    const starter = only(made.stack, 'AWS::Lambda::Function', 'MigrationsStarter');
    expect(JSON.stringify(made.stack.resolve(runCommand))).toContain(`--function-name ",{"Ref":"${starter.id}"}`);
    const resource = only(made.stack, 'Custom::Migration').Properties;
    const { Variables } = starter.Properties.Environment as { Variables: Record<string, unknown> };
    expect(Variables).toMatchObject({
      TASK_CLUSTER: resource.Cluster,
      TASK_DEFINITION: resource.TaskDefinition,
      TASK_CONTAINER: resource.Container,
      TASK_ASSIGN_PUBLIC_IP: 'DISABLED',
      TASK_LOG_GROUP: resource.LogGroup,
      TASK_LOG_STREAM_PREFIX: resource.LogStreamPrefix,
      TASK_EXCLUSIVE: 'true',
    });
    expect(Variables.TASK_SUBNETS).toEqual({ 'Fn::Join': [',', resource.Subnets] });
    expect(Variables.TASK_SECURITY_GROUPS).toEqual((resource.SecurityGroups as object[])[0]);
    expect(Variables).not.toHaveProperty('TASK_CAPACITY_PROVIDERS');
  });

  test('nothing is published as an output', () => {
    const made = backend();
    migrate(made);

    expect(Template.fromStack(made.stack).toJSON().Outputs).toBeUndefined();
  });
});

describe('options', () => {
  test('entry point, command and variables of the source', () => {
    const made = backend();
    migrate(made, { source: new FixedSource({ entryPoint: ['/bin/tool'], command: ['up'], environment: { TOOL: 'x' } }) });

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ EntryPoint: ['/bin/tool'], Command: ['up'], Environment: Match.arrayWith([{ Name: 'TOOL', Value: 'x' }]) })],
    });
  });

  test('size, architecture, user, timeout and retries', () => {
    const made = backend();
    migrate(made, { cpu: 1024, memoryLimitMiB: 4096, architecture: ecs.CpuArchitecture.X86_64, user: '70', timeout: Duration.minutes(5), retries: 0 });

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024', Memory: '4096', RuntimePlatform: Match.objectLike({ CpuArchitecture: 'X86_64' }), ContainerDefinitions: [Match.objectLike({ User: '70' })],
    });
    expect(only(made.stack, 'Custom::Migration').Properties).toMatchObject({ TimeoutSeconds: '300', Retries: '0', ServiceTimeout: '600' });
  });

  test('environment and secrets are added in the order of their names', () => {
    const made = backend();
    const secret = ecs.Secret.fromSecretsManager(new secretsmanager.Secret(made.stack, 'Extra'));
    migrate(made, { environment: { ZONE: 'z', AREA: 'a' }, secrets: { API_KEY: secret } });

    const [container] = only(made.stack, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions as { Environment: { Name: string }[]; Secrets: { Name: string }[] }[];
    expect(container.Environment.map(({ Name }) => Name)).toEqual(['AREA', 'MIGRATION_LOCK_TIMEOUT', 'ZONE']);
    expect(container.Secrets.map(({ Name }) => Name)).toEqual(['API_KEY', 'DATABASE_CA', 'PGDATABASE', 'PGHOST', 'PGPASSWORD', 'PGPORT', 'PGUSER']);
  });

  test('public subnets give the task a public address', () => {
    const made = backend();
    migrate(made, { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });

    expect(only(made.stack, 'Custom::Migration').Properties.AssignPublicIp).toBe('ENABLED');
  });

  test('given security groups get the path to the database, and no other is made', () => {
    const made = backend();
    const group = new ec2.SecurityGroup(made.stack, 'Mine', { vpc: made.vpc, allowAllOutbound: false });
    migrate(made, { securityGroups: [group] });

    const { id } = only(made.stack, 'AWS::EC2::SecurityGroup', 'Mine');
    expect(Object.keys(resourcesOf(made.stack)).filter((name) => name.startsWith('MigrationsSecurityGroup'))).toEqual([]);
    Template.fromStack(made.stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: { 'Fn::GetAtt': [id, 'GroupId'] }, FromPort: 5432 });
  });

  test('an imported VPC and cluster, and an unresolved database name, subnet list, timeout and number of retries', () => {
    const made = backend();
    const vpc = ec2.Vpc.fromVpcAttributes(made.stack, 'ImportedVpc', {
      vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: Fn.split(',', Fn.importValue('subnets'), 2), privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
    });
    const cluster = ecs.Cluster.fromClusterAttributes(made.stack, 'ImportedCluster', { clusterName: 'main', vpc, securityGroups: [] });
    const database = made.postgres.addDatabase('Other', { databaseName: Fn.importValue('name') });

    const { runCommand } = migrate(made, { cluster, database, timeout: Duration.seconds(Token.asNumber(Fn.importValue('timeout'))), retries: Token.asNumber(Fn.importValue('retries')) });

    const { Properties } = only(made.stack, 'Custom::Migration');
    expect(Properties.Subnets).toHaveLength(2);
    expect(Properties.TimeoutSeconds).toEqual({ 'Fn::ImportValue': 'timeout' });
    expect(Properties).not.toHaveProperty('ServiceTimeout');
    expect(Properties.Retries).toEqual({ 'Fn::ImportValue': 'retries' });
    expect(JSON.stringify(Properties.Database)).toContain('{"Fn::ImportValue":"name"}');
    expect(JSON.stringify(made.stack.resolve(runCommand))).toContain('aws lambda invoke');
    const { Variables } = only(made.stack, 'AWS::Lambda::Function', 'MigrationsStarter').Properties.Environment as { Variables: Record<string, unknown> };
    expect(JSON.stringify(Variables.TASK_CLUSTER)).toContain('cluster/main');
    expect(JSON.stringify(Variables.TASK_SUBNETS)).toContain('{"Fn::ImportValue":"subnets"}');
  });

  test('wait and size come with the posture\'s lock timeout', () => {
    const made = backend();
    const stack = new Stack(made.app, 'Own');
    Posture.production({ lockTimeout: Duration.seconds(2) }).applyTo(stack);
    new MigrationTask(stack, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() });

    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: [{ Name: 'MIGRATION_LOCK_TIMEOUT', Value: '2000ms' }] })],
    });
  });
});

describe('refusals and advice', () => {
  test.each([
    [{ timeout: Duration.minutes(56) }, /`timeout` must be from 1 to 55 minutes, in whole seconds, got 56 minutes\. CloudFormation waits 60 minutes, of which 5/],
    [{ timeout: Duration.seconds(59) }, /`timeout` must be from 1 to 55 minutes, in whole seconds, got 59 seconds/],
    [{ timeout: Duration.millis(90_500) }, /in whole seconds/],
    [{ securityGroups: [] }, /`securityGroups` is empty/],
    [{ user: 'postgres' }, /`user` must be a numeric 'uid' or 'uid:gid', such as '1000:1000', got 'postgres'/],
    [{ retries: 6 }, /`retries` must be a whole number from 0 to 5, got 6/],
    [{ retries: 1.5 }, /`retries` must be a whole number from 0 to 5, got 1.5/],
    [{ cpu: 300 }, /`cpu` must be one of .*got 300/],
    [{ memoryLimitMiB: 8192 }, /`memoryLimitMiB` \(8192\) can't be used with `cpu` \(256\)/],
    [{ environment: { DATABASE_CA: 'x' } }, /`environment` sets 'DATABASE_CA', which .* sets already/],
    [{ environment: { PGHOST: 'elsewhere' } }, /'PGHOST' can't be in `environment` or `secrets`, because this library sets the connection/],
    [{ environment: { GOOSE_TABLE: 'versions' } }, /'GOOSE_TABLE' can't be in .* because this library sets .*MigrationSource\.command/],
    [{ secrets: { DATABASE_URL: ecs.Secret.fromSsmParameter({ parameterArn: 'x' } as never) } }, /'DATABASE_URL' can't be in .* because this library sets/],
    [{ secrets: { MIGRATION_LOCK_TIMEOUT: ecs.Secret.fromSsmParameter({ parameterArn: 'x' } as never) } }, /`secrets` sets 'MIGRATION_LOCK_TIMEOUT', which .* sets already/],
    [{ environment: { A: 'a' }, secrets: { A: ecs.Secret.fromSsmParameter({ parameterArn: 'x' } as never) } }, /`secrets` sets 'A', which/],
  ])('fails for %j', (props, message) => {
    expect(() => migrate(backend(), props)).toThrow(message);
  });

  test('fails for a second directory with the same version table in one database, in any stack', () => {
    const made = backend();
    migrate(made);
    const stack = new Stack(made.app, 'Later');

    expect(() => new MigrationTask(stack, 'More', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource({ revision: 'r2' }) }))
      .toThrow(/'Backend\/Migrations' already migrates database 'Backend\/Postgres\/Database' with the same engine.*'goose_db_version'.*\(at 'Later\/More'\)/);
  });

  test('takes two engines, or several commands, for one database', () => {
    const made = backend();
    const command = () => MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('flyway@sha256:1'), command: ['migrate'], revision: 'a', protectedTables: ['schema_migrations'] });

    expect(() => {
      migrate(made);
      migrate(made, { source: new FixedSource({ protectedTables: ['schema_migrations'] }) }, 'Dbmate');
      migrate(made, { source: command() }, 'Before');
      migrate(made, { source: command() }, 'After');
    }).not.toThrow();
  });

  test('a command may have any settings of its engine', () => {
    const made = backend();
    const source = MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('goose@sha256:1'), command: ['goose', 'up'], revision: 'a' });
    expect(() => migrate(made, { source, environment: { PGHOST: 'elsewhere' } }, 'Elsewhere')).toThrow(/`environment` sets 'PGHOST', which .* sets already/);

    const twice = MigrationSource.command({ image: ecs.ContainerImage.fromRegistry('goose@sha256:1'), command: ['goose', 'up'], revision: 'a', environment: { PGUSER: 'me' } });
    expect(() => migrate(made, { source: twice }, 'Twice')).toThrow(/`environment` sets 'PGUSER', which .* sets already/);

    migrate(made, { source, environment: { GOOSE_TABLE: 'versions' } });

    Template.fromStack(made.stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Environment: Match.arrayWith([{ Name: 'GOOSE_TABLE', Value: 'versions' }]) })]),
    });
  });

  test('warns about an image that is built for the machine that builds it', () => {
    const made = backend();
    const directory = join(__dirname, '..', '..', 'examples', 'services', 'go-api');
    const source = (image: ecs.ContainerImage) => MigrationSource.command({ image, command: ['migrate'], revision: 'a' });
    migrate(made, { source: source(ecs.ContainerImage.fromAsset(directory)) }, 'Host');
    migrate(made, { source: source(ServiceImage.fromDirectory(directory)) }, 'Task');

    Annotations.fromStack(made.stack).hasWarning('/Backend/Host', Match.stringLikeRegexp('exec format error'));
    Annotations.fromStack(made.stack).hasNoWarning('/Backend/Task', Match.anyValue());
  });

  test('warns about root', () => {
    const made = backend();
    migrate(made, { user: '0:0' });

    Annotations.fromStack(made.stack).hasWarning('/Backend/Migrations', Match.stringLikeRegexp("runs as '0:0'"));
  });

  test('fails where the stack of the database depends on this one', () => {
    const made = backend();
    const network = new Stack(made.app, 'Network');
    made.stack.addStackDependency(network);

    expect(() => new MigrationTask(network, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() }))
      .toThrow(/'Backend\/Postgres\/Database' can't be used here: its stack 'Backend' depends on this stack 'Network'/);
  });

  test('fails where the stack of the cluster depends on this one', () => {
    const made = backend();
    const later = new Stack(made.app, 'Later');
    later.addStackDependency(made.stack);
    const cluster = new ecs.Cluster(later, 'Cluster', { vpc: made.vpc });

    expect(() => migrate({ ...made, cluster }))
      .toThrow(/'Later\/Cluster' can't be used here: its stack 'Later' depends on this stack 'Backend'.*Migrations must be in the same stack as their database and their cluster, or in a later one/);
  });

  test('warns about a history that users may change', () => {
    const made = backend();
    migrate(made, { source: new FixedSource({ protectedTables: ['flyway_schema_history'] }) });

    Annotations.fromStack(made.stack).hasWarning('/Backend/Migrations', Match.stringLikeRegexp('flyway_schema_history.*protectedTables'));
  });

  test('warns about nothing by default', () => {
    const made = backend();
    migrate(made);

    expect(Annotations.fromStack(made.stack).findWarning('/Backend/Migrations', Match.anyValue())).toEqual([]);
  });
});

describe('dependencies of the function', () => {
  test('the function does not wait for the policy that names it', () => {
    const made = backend();
    migrate(made);

    const waitsFor = dependenciesOf(only(made.stack, 'AWS::Lambda::Function', 'TaskRunner'));
    expect(waitsFor.filter((id) => id.includes('Policy'))).toEqual([]);
  });
});
