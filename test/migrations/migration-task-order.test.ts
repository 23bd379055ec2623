import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as flags from 'aws-cdk-lib/recommended-feature-flags.json';
import { Construct } from 'constructs';
import { backend, dependenciesOf, FixedSource, migrate, only, resourcesOf, type Backend } from './migration-task-fixtures';
import { Egress, FargateApi, MigrationTask, PostgresUser } from '../../src';
import { type IServicePrerequisite } from '../../src/binding';

function addService(scope: Construct, cluster: ecs.ICluster, id = 'Service'): ecs.FargateService {
  const taskDefinition = new ecs.FargateTaskDefinition(scope, `${id}Task`);
  taskDefinition.addContainer('App', { image: ecs.ContainerImage.fromRegistry('example') });
  return new ecs.FargateService(scope, id, { cluster, taskDefinition });
}

function migrationIn(stack: Stack, made: Backend): MigrationTask {
  return new MigrationTask(stack, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() });
}

/** Logical ids that the migration waits for. */
function waitsFor(stack: Stack): string[] {
  return dependenciesOf(only(stack, 'Custom::Migration'));
}

describe('pitfall 4: what the task needs to start', () => {
  test('pitfall 4: it waits for the log group, the roles with their policies, and the function with its policy', () => {
    const made = backend();
    migrate(made);

    const ids = waitsFor(made.stack);
    for (const [type, prefix] of [
      ['AWS::Logs::LogGroup', 'MigrationsLogGroup'],
      ['AWS::IAM::Policy', 'MigrationsTaskDefinitionExecutionRoleDefaultPolicy'],
      ['AWS::IAM::Policy', 'TaskRunnerPolicy'],
      ['AWS::Lambda::Function', 'TaskRunner'],
    ]) {
      expect(ids).toContain(only(made.stack, type, prefix).id);
    }
  });

  test('pitfall 4: it waits for both security group rules of its path, and for rules that are added later', () => {
    const made = backend();
    const migration = migrate(made);
    const cache = new ec2.SecurityGroup(made.stack, 'Cache', { vpc: made.vpc, allowAllOutbound: false });
    migration.connections.allowTo(cache, ec2.Port.tcp(6379));

    const rules = Object.entries(resourcesOf(made.stack))
      .filter(([, { Type, Properties }]) => /SecurityGroup(Ingress|Egress)$/.test(Type) && JSON.stringify(Properties).includes('MigrationsSecurityGroup'));
    expect(rules).toHaveLength(4);
    expect(waitsFor(made.stack)).toEqual(expect.arrayContaining(rules.map(([id]) => id)));
  });

  test('pitfall 4: it does not wait for the rules of others', () => {
    const made = backend();
    migrate(made);
    const service = addService(made.stack, made.cluster);
    service.connections.allowTo(made.postgres, ec2.Port.tcp(5432));

    const others = Object.entries(resourcesOf(made.stack)).filter(([id, { Type }]) => Type === 'AWS::EC2::SecurityGroupIngress' && id.includes('Service'));
    expect(others).toHaveLength(1);
    expect(waitsFor(made.stack)).not.toContain(others[0][0]);
  });

  test('pitfall 4: it waits for the routes of its subnets and their associations', () => {
    const made = backend();
    migrate(made);

    const ids = waitsFor(made.stack);
    for (const prefix of ['NetworkPrivateSubnet1DefaultRoute', 'NetworkPrivateSubnet2DefaultRoute', 'NetworkPrivateSubnet1RouteTableAssociation', 'NetworkPrivateSubnet2RouteTableAssociation']) {
      expect(ids.filter((id) => id.startsWith(prefix))).toHaveLength(1);
    }
    expect(ids.filter((id) => id.startsWith('NetworkPublicSubnet1DefaultRoute'))).toEqual([]);
  });

  test('pitfall 4: it waits for the endpoints of a network without egress, also for those that are added later', () => {
    const made = backend({ egress: Egress.vpcEndpoints() });
    migrate(made);
    new ec2.InterfaceVpcEndpoint(made.stack, 'Later', { vpc: made.vpc, service: ec2.InterfaceVpcEndpointAwsService.SQS });

    const endpoints = Object.entries(resourcesOf(made.stack)).filter(([, { Type }]) => Type === 'AWS::EC2::VPCEndpoint').map(([id]) => id);
    expect(endpoints.length).toBeGreaterThan(4);
    expect(waitsFor(made.stack)).toEqual(expect.arrayContaining(endpoints));
  });

  test('pitfall 4: it waits for the resources of its database, and of users declared before and after it, so that it may grant them rights', () => {
    const made = backend();
    made.postgres.database.addUser('Before');
    migrate(made);
    made.postgres.database.addUser('After');
    made.postgres.addDatabase('Other').addUser('Elsewhere');

    const users = Object.entries(resourcesOf(made.stack)).filter(([, { Type }]) => Type === 'Custom::PostgresUser');
    const own = users.filter(([id]) => !id.includes('Elsewhere')).map(([id]) => id);
    expect(own).toHaveLength(3);
    expect(waitsFor(made.stack)).toEqual(expect.arrayContaining(own));
    expect(waitsFor(made.stack).filter((id) => id.includes('Elsewhere'))).toEqual([]);
  });

  test('pitfall 4: users of other stacks are not waited for', () => {
    const made = backend();
    migrate(made);
    const other = new Stack(made.app, 'Service');
    new PostgresUser(other, 'Api', { database: made.postgres.database });

    expect(() => made.app.synth()).not.toThrow();
    expect(made.stack.dependencies).not.toContain(other);
  });
});

describe('pitfall 12: only the service waits', () => {
  test('pitfall 12: the service resource waits for the migration, and none of its security groups and roles does', () => {
    const made = backend();
    const migration = migrate(made);
    migration.runBefore(addService(made.stack, made.cluster));

    const { id } = only(made.stack, 'Custom::Migration');
    const waiting = Object.entries(resourcesOf(made.stack)).filter(([, resource]) => dependenciesOf(resource).includes(id));
    expect(waiting.map(([, { Type }]) => Type)).toEqual(['AWS::ECS::Service']);
  });

  test('pitfall 12: two-way network paths between service and migration end in no cycle', () => {
    const made = backend();
    const migration = migrate(made);
    const service = addService(made.stack, made.cluster);
    migration.connections.allowTo(service, ec2.Port.tcp(80));
    service.connections.allowTo(migration, ec2.Port.tcp(81));
    migration.runBefore(service);

    // Template.fromStack refuses cycles.
    expect(() => Template.fromStack(made.stack)).not.toThrow();
  });

  test('pitfall 12: a FargateApi takes it as its migrations, users and all in one stack', () => {
    const made = backend();
    const migration: IServicePrerequisite = migrate(made);
    new FargateApi(made.stack, 'Api', {
      cluster: made.cluster, image: ecs.ContainerImage.fromRegistry('api'), connectTo: [made.postgres.database.addUser('Api')], migrations: [migration],
    });

    expect(dependenciesOf(only(made.stack, 'AWS::ECS::Service'))).toContain(only(made.stack, 'Custom::Migration').id);
  });

  test('several services, one of them twice, and a construct whose main resource is a service', () => {
    const made = backend();
    const migration = migrate(made);
    const [first, second] = [addService(made.stack, made.cluster, 'First'), addService(made.stack, made.cluster, 'Second')];
    migration.runBefore(first);
    migration.runBefore(first);
    migration.runBefore(second.node.defaultChild!);

    const { id } = only(made.stack, 'Custom::Migration');
    for (const prefix of ['First', 'Second']) {
      expect(dependenciesOf(only(made.stack, 'AWS::ECS::Service', prefix)).filter((name) => name === id)).toHaveLength(1);
    }
  });

  test('fails for what the migration itself needs, and for itself', () => {
    const made = backend();
    const migration = migrate(made);

    expect(() => migration.runBefore(made.postgres)).toThrow(/'Backend\/Postgres' can't wait for the migrations, because the migrations themselves need 'Backend\/Postgres'/);
    expect(() => migration.runBefore(made.cluster)).toThrow(/themselves need 'Backend\/Cluster'/);
    expect(() => migration.runBefore(migration)).toThrow(/themselves need 'Backend\/Migrations'/);
  });

  test('fails for a construct without a main resource', () => {
    const made = backend();
    const plain = new Construct(made.stack, 'Plain');
    new CfnResource(plain, 'Something', { type: 'AWS::SNS::Topic' });

    expect(() => migrate(made).runBefore(plain)).toThrow(/'Backend\/Plain' can't wait for migrations, because .* with the service itself\. \(at 'Backend\/Migrations'\)/);
  });
});

describe('spread over stacks', () => {
  test('database, migration and service in three stacks depend in this order', () => {
    const made = backend();
    const [middle, top] = [new Stack(made.app, 'Schema'), new Stack(made.app, 'Service')];
    migrationIn(middle, made).runBefore(addService(top, made.cluster));

    made.app.synth();
    expect(middle.dependencies).toContain(made.stack);
    expect(top.dependencies).toContain(middle);
    expect(made.stack.dependencies).toEqual([]);
  });

  test('the rule that lets the task in is made in the stack of the task, and waited for', () => {
    const made = backend();
    const middle = new Stack(made.app, 'Schema');
    migrationIn(middle, made);

    made.app.synth();
    const rule = only(middle, 'AWS::EC2::SecurityGroupIngress');
    expect(waitsFor(middle)).toContain(rule.id);
    expect(Object.keys(resourcesOf(made.stack)).filter((id) => id.includes('Schema'))).toEqual([]);
  });

  test('no export blocks the removal of the stack of the migration', () => {
    const made = backend();
    migrationIn(new Stack(made.app, 'Schema'), made);

    made.app.synth();
    const outputs = Object.values(Template.fromStack(made.stack).toJSON().Outputs ?? {}) as { Export?: object; Value: object }[];
    const exported = JSON.stringify(outputs.filter(({ Export }) => Export !== undefined).map(({ Value }) => Value));
    // What other people's L2 constructs (the cluster) export is theirs to decide.
    expect(exported).not.toMatch(/Postgres/);
  });

  test('people of another stack may run it, without an export', () => {
    const made = backend();
    const migration = migrate(made);
    const people = new Stack(made.app, 'People');
    migration.grantRun(new iam.Role(people, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));

    made.app.synth();
    const outputs = Object.values(Template.fromStack(made.stack).toJSON().Outputs ?? {}) as { Export?: object; Value: object }[];
    expect(JSON.stringify(outputs.filter(({ Export }) => Export !== undefined))).not.toMatch(/Migrations/);
  });

  test('a cache of another stack may let it in, without an export', () => {
    const made = backend();
    const migration = migrate(made);
    const other = new Stack(made.app, 'Other');
    new ec2.SecurityGroup(other, 'Cache', { vpc: made.vpc }).connections.allowFrom(migration, ec2.Port.tcp(6379));

    made.app.synth();
    const outputs = Object.values(Template.fromStack(made.stack).toJSON().Outputs ?? {}) as { Export?: object; Value: object }[];
    expect(JSON.stringify(outputs.filter(({ Export }) => Export !== undefined))).not.toMatch(/Migrations/);
    expect(JSON.stringify(resourcesOf(other))).toMatch(/MigrationsSecurityGroup/);
  });

  test('a service in a nested stack waits too', () => {
    const made = backend();
    const nested = new NestedStack(made.stack, 'Nested');
    migrate(made).runBefore(addService(nested, made.cluster));

    made.app.synth();
    expect(dependenciesOf(only(made.stack, 'AWS::CloudFormation::Stack'))).toContain(only(made.stack, 'Custom::Migration').id);
  });

  test('a migration in a nested stack has a family of its own', () => {
    const made = backend();
    const [nested, twin] = ['Nested', 'Twin'].map((id) => new NestedStack(made.stack, id));
    new MigrationTask(nested, 'Migrations', { cluster: made.cluster, database: made.postgres.database, source: new FixedSource() });
    new MigrationTask(twin, 'Migrations', { cluster: made.cluster, database: made.postgres.addDatabase('Twin'), source: new FixedSource() });

    made.app.synth();
    expect(only(nested, 'AWS::ECS::TaskDefinition').Properties.Family).toMatch(/^Backend-Migrations-\w{8}$/);
    expect(only(nested, 'AWS::ECS::TaskDefinition').Properties.Family).not.toBe(only(twin, 'AWS::ECS::TaskDefinition').Properties.Family);
  });

  test('fails for a service in the stack of the database when the migration is in a later one', () => {
    const made = backend();
    const later = new Stack(made.app, 'Schema');
    const migration = migrationIn(later, made);
    const service = addService(made.stack, made.cluster);

    expect(() => migration.runBefore(service)).toThrow(
      /'Backend\/Service\/Service' can't wait for the migrations, because their stack 'Schema' uses 'Backend\/Postgres\/Database' of stack 'Backend'/,
    );
  });

  test('fails for a service in a stack that the migration\'s stack depends on', () => {
    const made = backend();
    const migration = migrate(made);
    const before = new Stack(made.app, 'Before');
    made.stack.addStackDependency(before);

    expect(() => migration.runBefore(addService(before, ecs.Cluster.fromClusterAttributes(before, 'Imported', { clusterName: 'x', vpc: made.vpc, securityGroups: [] }))))
      .toThrow(/their stack 'Backend' depends on stack 'Before'/);
  });

  test('a cluster imported in the stack of the service is no obstacle', () => {
    const made = backend();
    const [schema, top] = [new Stack(made.app, 'Schema'), new Stack(made.app, 'Service')];
    const cluster = ecs.Cluster.fromClusterAttributes(top, 'Imported', { clusterName: 'x', vpc: made.vpc, securityGroups: [] });
    const migration = new MigrationTask(schema, 'Migrations', { cluster, database: made.postgres.database, source: new FixedSource() });

    expect(() => migration.runBefore(addService(top, cluster))).not.toThrow();
  });
});

describe('environments and flags', () => {
  test('all in one stack synthesises without account and region', () => {
    const made = backend();
    migrate(made).runBefore(addService(made.stack, made.cluster));

    expect(() => made.app.synth()).not.toThrow();
  });

  test('logical ids are the same with all recommended feature flags', () => {
    const ids = [{}, { ...flags }].map((context) => {
      const made = backend({ app: { context } });
      migrate(made);
      return Object.entries(resourcesOf(made.stack)).filter(([id]) => id.startsWith('Migrations')).map(([id, { Type }]) => `${Type} ${id}`).sort();
    });

    expect(ids[1]).toEqual(ids[0]);
  });
});
