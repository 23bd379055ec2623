import { Duration, Stack, type CustomResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import type { ByHandDatabase } from './by-hand-database';
import { BundledFunction, createCustomResource, createGroup, createLogGroup, createTaskDefinition, hardened, openPath, secretsOf, USER_FIELDS } from './by-hand-parts';
import type { Inputs } from './shape';

export interface ByHandMigrationProps {
  readonly vpc: ec2.IVpc;
  readonly subnetType: ec2.SubnetType;
  readonly assignPublicIp: boolean;
  readonly cluster: ecs.Cluster;
  readonly database: ByHandDatabase;
  readonly databaseName: string;
  readonly owner: CustomResource;
  readonly inputs: Inputs;
  readonly network: IConstruct[];
}

/** A task that migrates, and the function that runs it during a deployment. */
export class ByHandMigration extends Construct {
  public readonly resource: CustomResource;

  constructor(scope: Construct, id: string, private readonly props: ByHandMigrationProps) {
    super(scope, id);
    const { vpc, subnetType, assignPublicIp, cluster, database, databaseName, network } = props;
    const group = createGroup(this, 'Group', vpc, 'Migrations', 'Images, secrets and logs');
    const rules = openPath(group, database.group, 5432, 'Migrations to the database');
    const logGroup = createLogGroup(this, 'Logs');
    const task = this.createTask(logGroup);
    const runner = this.createRunner(task, logGroup.logGroupArn);
    this.resource = createCustomResource(this, 'Resource', {
      serviceToken: runner.function.functionArn,
      serviceTimeout: Duration.seconds(2100),
      resourceType: 'Custom::Migration',
      properties: {
        Revision: '1',
        Database: `${database.server.endpoint}:5432/${databaseName}`,
        Cluster: cluster.clusterArn,
        TaskDefinition: task.taskDefinitionArn,
        Family: task.family,
        Container: 'migrate',
        Subnets: vpc.selectSubnets({ subnetType }).subnetIds,
        SecurityGroups: [group.securityGroupId],
        AssignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED',
        LogGroup: logGroup.logGroupName,
        LogStreamPrefix: 'migration',
        TimeoutSeconds: '1800',
        Retries: '2',
      },
    }, ...rules, ...runner.all, logGroup, task, ...network, ...database.ready);
  }

  private createTask(logGroup: ReturnType<typeof createLogGroup>): ecs.FargateTaskDefinition {
    const task = createTaskDefinition(this, 'Task');
    const secret = secretsmanager.Secret.fromSecretCompleteArn(this, 'OwnerSecret', this.props.owner.getAttString('SecretArn'));
    task.addContainer('migrate', {
      ...hardened(task, 'Linux', logGroup, 'migration'),
      image: ecs.ContainerImage.fromAsset(this.props.inputs.migrationImage, { platform: Platform.LINUX_ARM64 }),
      environment: { MIGRATION_CA_FILE: '/opt/runner/rds-roots.pem', MIGRATION_DIRECTORY: '/opt/runner/migrations', MIGRATION_ENGINE: 'goose', MIGRATION_LOCK_TIMEOUT: '5000ms' },
      secrets: secretsOf(secret, { DATABASE_CA: 'ca', ...USER_FIELDS }),
      stopTimeout: Duration.minutes(1),
    });
    return task;
  }

  private createRunner(task: ecs.FargateTaskDefinition, logGroupArn: string): BundledFunction {
    const { cluster, inputs } = this.props;
    const stack = Stack.of(this);
    const runner = new BundledFunction(this, 'Runner', inputs.root, 'fargate/run-task.lambda', { description: 'Runs migrations' });
    const inCluster = { conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } } };
    runner.allow(['ecs:RunTask'], [stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${task.family}:*` })], inCluster);
    runner.allow(['ecs:DescribeTasks', 'ecs:StopTask'], [stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` })], inCluster);
    runner.allow(['ecs:ListTasks'], ['*'], inCluster);
    runner.allow(['iam:PassRole'], [task.taskRole.roleArn, task.obtainExecutionRole().roleArn], { conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } });
    runner.allow(['logs:GetLogEvents'], [logGroupArn]);
    runner.allow(['cloudformation:DescribeStacks'], [stack.stackId]);
    runner.allow(['lambda:InvokeFunction'], [runner.function.functionArn]);
    return runner;
  }
}
