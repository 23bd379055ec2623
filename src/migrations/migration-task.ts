import { CustomResource, Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import type { MigrationSourceConfig } from './migration-source';
import type { MigrationTaskProps } from './migration-task-props';
import type { ILogicalDatabase, IServicePrerequisite } from '../binding';
import { type ContainerConnection, containerVariables } from './private/container-variables';
import { migrationFailed } from './private/migration-failure';
import { claimHistory } from './private/one-history';
import { resourceOf, waitFor } from './private/run-before';
import { validateLimits, validateUser, type TaskLimits } from './private/task-limits';
import { isMigratable } from './shared/migratable';
import { requireClusterHere } from '../fargate/shared/cluster-here';
import { adviseOnContainer } from '../fargate/shared/container-advice';
import { hardenedContainer } from '../fargate/shared/hardened-container';
import { deliverCertificateAuthorities } from '../fargate/shared/init-containers';
import type { RunTarget } from '../fargate/shared/run-permissions';
import { runProperties, type RunNetwork } from '../fargate/shared/run-properties';
import { CLOSING_SECONDS, MIGRATION_RESOURCE_TYPE, STOP_TIMEOUT_SECONDS, type TaskRunProperties } from '../fargate/shared/run-task.contract';
import { taskFamily } from '../fargate/shared/task-family';
import { narrowTrust, taskRoleOf } from '../fargate/shared/task-role';
import { TaskRunner } from '../fargate/shared/task-runner';
import { validateEphemeralStorage, validateTaskSize, type TaskSize } from '../fargate/shared/task-size';
import { TaskStarter } from '../fargate/shared/task-starter';
import { tagTasks } from '../fargate/shared/task-tag';
import { connectionsIn } from '../network/shared/connections';
import { portsOf } from '../network/shared/endpoint-ports';
import { openHttps } from '../network/shared/endpoints-only';
import { networkReadiness } from '../network/shared/network-readiness';
import { openPath } from '../network/shared/open-path';
import { placeTask, requireTaskEndpoints, type TaskPlacement } from '../network/shared/placement';
import { Posture } from '../posture';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { CLUSTER, DATABASE, requireKind } from '../private/props';
import { dependOnStackOf } from '../private/stack-order';
import type { Monitoring, Monitored } from '../symptoms/shared/monitored';

/** Name of the container whose exit code decides, and the first part of the name of its log streams. */
const CONTAINER = 'migrate';
const STREAM_PREFIX = 'migration';

const DEFAULT_TIMEOUT = Duration.minutes(30);
const DEFAULT_RETRIES = 2;

/**
 * Runs migrations inside the deployment, before new code starts, or stops the deployment.
 *
 * The migrations run when their content changes: the files, the engine and its version, the image or the command; or when the
 * database is another. If they fail, the resource fails, with the exit code and the container's last log lines as the reason, and
 * nothing that waits for it (`runBefore`) is deployed.
 *
 * ## What it makes
 *
 * A Fargate task definition with one container and a log group; a security group; and a custom resource. One function in each stack starts
 * such tasks, follows them and answers CloudFormation, with a log group and a role. Nothing runs between deployments. `grantRun` and `runCommand`
 * add a second function, with a log group and a role, which starts the task for people.
 *
 * ## Defaults that matter
 *
 * - `timeout` is 30 minutes and can be 55 at most, because CloudFormation gives up after an hour. For longer work (backfills) start
 *   a task of your own after the deployment (`runCommand`), in steps.
 * - A task that failed to start is started again twice; a migration that failed never is.
 * - The task waits for all users, databases and extensions that are declared on its database in the same stack, so a migration may
 *   say `GRANT … TO`.
 * - **A rollback does not migrate back.** It leaves the schema as it is and starts the old code on it. So does any deployment: old
 *   code serves during and after a migration. Write migrations in two deployments: *expand* (add what new code needs, old code must
 *   not notice), and, once no old code runs, *contract* (remove what nothing uses).
 * - **`cdk deploy --hotswap` starts new code without migrating.** Do not use it where migrations are pending.
 * - A run fails where an index that a file names is `INVALID`, also when `IF NOT EXISTS` took it for made.
 * - Deleting this construct stops a running task, and changes nothing in the database.
 * - The `PRE_SCALE_UP` lifecycle hook of ECS is not used. It escapes CloudFormation's hour, but runs for each service and at every
 *   deployment.
 *
 * ## Security considerations
 *
 * The task runs as the owner of the database, without root, capabilities or a writable file system but `/tmp`, with no AWS
 * permissions of its own, and gets the password from Secrets Manager. The function is outside the VPC and has no access to secrets;
 * it may start the task families that it has in its stack, each in its cluster with its two roles, stop tasks of its stack, and read their logs.
 * Credentials in log lines are blanked out before they reach CloudFormation, and with goose and dbmate before they reach the log. `grantRun` gives
 * neither `ecs:RunTask` nor `iam:PassRole`, with which anybody could run any program as the owner.
 *
 * ## Cost
 *
 * About 0.0004 USD for each minute that a migration runs (0.00017 the task of the default size, 0.0002 the function), and nothing when
 * none runs. The owner of the database has a secret: 0.40 USD a month.
 *
 * @see https://github.com/cdk-private-backend/cdk-private-backend/blob/main/docs/migrations.md
 * @example
 * import type { Stack } from 'aws-cdk-lib';
 * import type * as ecs from 'aws-cdk-lib/aws-ecs';
 * import { MigrationSource, MigrationTask, type PrivatePostgres } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ecs.ICluster;
 * declare const postgres: PrivatePostgres;
 * declare const service: ecs.FargateService;
 * const migrations = new MigrationTask(stack, 'Migrations', {
 *   cluster,
 *   database: postgres.database,
 *   source: MigrationSource.goose('migrations'),
 * });
 * migrations.runBefore(service);
 */
export class MigrationTask extends Construct implements IServicePrerequisite, Monitored, ec2.IConnectable, iam.IGrantable {
  /** The task that migrates. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  /** Where the task writes its log. */
  public readonly logGroup: logs.ILogGroup;

  /** Network paths of the task. That to the database is open. */
  public readonly connections: ec2.Connections;

  /** The role that the task itself has in AWS, for migrations that call it. It has no permissions unless you grant some. */
  public readonly taskRole: iam.IRole;

  /** The role with which ECS starts the task: it pulls the image, reads secrets and writes logs. */
  public readonly executionRole: iam.IRole;

  /** The principal that permissions are granted to: the task role. */
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly cluster: ecs.ICluster;
  private readonly database: ILogicalDatabase;
  private readonly placement: TaskPlacement;
  private readonly resource: CustomResource;
  private starter?: TaskStarter;

  /**
   * Declares the migrations of a database.
   *
   * @throws InvalidBackendError when the migrations cannot work, when another task has migrations of the same engine for the database,
   * when Fargate does not offer the size, when `timeout` or `retries` is out of range, when `user` is no number, when `securityGroups` is empty, when
   * `ephemeralStorage` is out of range, when `removalPolicy` is snapshot, when
   * `environment` or `secrets` has a name that the connection or the engine needs, when there are no fitting subnets, or when the
   * stack of the database or of the cluster depends on this one
   */
  constructor(scope: Construct, id: string, props: MigrationTaskProps) {
    super(scope, id);
    requireKind(this, 'database', props.database, DATABASE);
    requireKind(this, 'cluster', props.cluster, CLUSTER);
    const size = { cpu: props.cpu ?? 256, memoryLimitMiB: props.memoryLimitMiB ?? 512 };
    const limits = { timeout: props.timeout ?? DEFAULT_TIMEOUT, retries: props.retries ?? DEFAULT_RETRIES };
    [props.database, props.cluster].forEach((used) => dependOnStackOf(this, used, 'Migrations must be in the same stack as their database and their cluster, or in a later one.'));
    requireClusterHere(this, props.cluster);
    validateTaskSize(this, size);
    validateLimits(this, limits);
    validateUser(this, props.user);
    validateEphemeralStorage(this, props.ephemeralStorage);
    this.cluster = props.cluster;
    this.database = props.database;
    const architecture = props.architecture ?? ecs.CpuArchitecture.ARM64;
    const source = props.source.bind(this, { architecture, database: props.database });
    claimHistory(this, this.database, source);
    adviseOnContainer(this, 'MigrationTask', { image: source.image, user: props.user });
    this.placement = placeTask(this, props.cluster.vpc, props.vpcSubnets);
    this.logGroup = this.createLogGroup(props);
    this.taskDefinition = this.createTaskDefinition(props, architecture, size);
    this.taskRole = this.taskDefinition.taskRole;
    this.executionRole = this.taskDefinition.obtainExecutionRole();
    this.grantPrincipal = this.taskRole;
    const connection = containerVariables(this, props, source);
    this.addContainer(props, connection, source);
    this.permit(connection);
    this.connections = this.createConnections(connection, props.securityGroups);
    this.resource = this.createResource(source, limits);
    this.waitForDatabase(connection);
    describe(this, this.resource, () => ({ kind: 'migrations', cluster: this.cluster, container: CONTAINER, database: this.database, logGroup: this.logGroup }));
  }

  /**
   * Makes one service, and nothing else, wait until the migrations have run. Its security groups, roles and everything else are
   * made meanwhile.
   *
   * @param service an ECS service, or any construct whose main resource is one
   * @throws InvalidBackendError when the construct has no main resource, is something that the migrations themselves wait for, or is in
   * a stack that they depend on
   */
  public runBefore(service: IConstruct): void {
    waitFor(this, resourceOf(this, service), resourceOf(this, this.resource), [this, this.database, this.database.server, this.cluster, this.cluster.vpc]);
  }

  /**
   * AWS CLI command that runs the migrations by hand, for whom `grantRun` allows. It prints the ARN of the task, and where its log is; where a
   * task of these migrations runs already, it starts none and prints that one.
   *
   * The first reading of this property, or the first `grantRun`, adds the function that the command invokes.
   */
  public get runCommand(): string {
    return this.obtainStarter().command;
  }

  /**
   * Lets a principal run the migrations by hand, with `runCommand`, and nothing else as the owner of the database.
   *
   * The principal may invoke one function, which starts the task as it is declared and reads nothing of what it is sent; see and stop tasks of
   * these migrations, those of a deployment too; and read their log. There are no overrides: no other command, variable, role or network. What remains: the
   * migrations run at any time and as often as the principal likes; a run can be stopped, and a deployment that waits for it fails; and what the migrations log is read.
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    return this.obtainStarter().grantRun(grantee);
  }

  /** @internal */
  public _monitor(): Monitoring {
    const log = { logGroup: this.logGroup, streamPrefix: STREAM_PREFIX, containerName: CONTAINER };
    return { symptoms: [], failures: [migrationFailed(this.taskDefinition.family, log)] };
  }

  private get runTarget(): RunTarget {
    return { cluster: this.cluster, taskDefinition: this.taskDefinition, logGroup: this.logGroup };
  }

  private get runNetwork(): RunNetwork {
    const securityGroupIds = this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId);
    return { vpc: this.cluster.vpc, placement: this.placement, securityGroupIds };
  }

  private obtainStarter(): TaskStarter {
    this.starter ??= new TaskStarter(this, 'Starter', { ...this.runTarget, ...this.runNetwork, container: CONTAINER, logStreamPrefix: STREAM_PREFIX, exclusive: true });
    return this.starter;
  }

  private createLogGroup({ logRetention, removalPolicy }: MigrationTaskProps): logs.ILogGroup {
    const logGroup = new logs.LogGroup(this, 'LogGroup', { retention: logRetention ?? Posture.of(this).logRetention, removalPolicy: dataRemovalPolicy(this, removalPolicy) });
    referWeakly(logGroup);
    return logGroup;
  }

  private createTaskDefinition(props: MigrationTaskProps, cpuArchitecture: ecs.CpuArchitecture, size: TaskSize): ecs.FargateTaskDefinition {
    const taskDefinition = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      // Tasks of earlier deployments are found by it.
      family: taskFamily(this),
      runtimePlatform: { cpuArchitecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
      ...size,
      ephemeralStorageGiB: props.ephemeralStorage?.toGibibytes(),
      taskRole: taskRoleOf(this, props.taskRole),
    });
    narrowTrust(taskDefinition);
    tagTasks(this, taskDefinition.node.defaultChild as ecs.CfnTaskDefinition);
    referWeakly(...(props.taskRole === undefined ? [taskDefinition.taskRole] : []), taskDefinition.obtainExecutionRole());
    return taskDefinition;
  }

  private addContainer(props: MigrationTaskProps, { environment, secrets, certificateAuthorities }: ContainerConnection, source: MigrationSourceConfig): void {
    const container = this.taskDefinition.addContainer(CONTAINER, {
      ...hardenedContainer(this, 'LinuxParameters', { logGroup: this.logGroup, streamPrefix: STREAM_PREFIX, user: props.user }),
      environment,
      secrets,
      image: source.image,
      entryPoint: source.entryPoint,
      command: source.command,
      essential: true,
      stopTimeout: Duration.seconds(STOP_TIMEOUT_SECONDS),
    });
    deliverCertificateAuthorities(container, certificateAuthorities, this.logGroup);
  }

  /** What the owner brings besides variables. */
  private permit({ permissions, services }: ContainerConnection): void {
    permissions?.grantTo(this.taskRole);
    requireTaskEndpoints(this, this.cluster.vpc, this.placement, services);
  }

  private createConnections({ targets }: ContainerConnection, securityGroups?: ec2.ISecurityGroup[]): ec2.Connections {
    if (securityGroups?.length === 0) {
      throw new InvalidBackendError(this, 'MigrationTask.securityGroups', '`securityGroups` is empty, so the task would get the default security group of the VPC. Remove `securityGroups` for a new group, or pass at least one.');
    }
    const connections = connectionsIn(this, this.cluster.vpc, { securityGroups: securityGroups ?? [this.createSecurityGroup()] });
    const path = { description: 'Migrations to the database', what: `'${this.node.path}'` };
    new Set([this.database.server, ...targets]).forEach((target) => portsOf(target).forEach((port) => openPath(this, connections, target, { ...path, port })));
    return connections;
  }

  private createSecurityGroup(): ec2.ISecurityGroup {
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.cluster.vpc,
      description: 'Migrations: nothing in, HTTPS and the database out',
      allowAllOutbound: false,
    });
    openHttps(securityGroup, this.cluster.vpc, 'Images, secrets and logs');
    referWeakly(securityGroup);
    return securityGroup;
  }

  private createResource(source: MigrationSourceConfig, limits: TaskLimits): CustomResource {
    const runner = TaskRunner.of(this).allow(this, this.runTarget);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: MIGRATION_RESOURCE_TYPE,
      serviceToken: runner.serviceToken,
      // Nothing can be added to an unresolved number: then CloudFormation's own hour holds.
      serviceTimeout: limits.timeout.isUnresolved() ? undefined : Duration.seconds(limits.timeout.toSeconds() + CLOSING_SECONDS),
      properties: { ...this.renderProperties(source, limits) },
    });
    const { vpc } = this.cluster;
    const { subnets } = vpc.selectSubnets(this.placement.vpcSubnets);
    const network = networkReadiness(this, { vpc, subnets, securityGroups: this.connections.securityGroups });
    resource.node.addDependency(...runner.dependencies, this.taskDefinition, this.taskRole, this.logGroup, network);
    return resource;
  }

  private renderProperties(source: MigrationSourceConfig, limits: TaskLimits): Omit<TaskRunProperties, 'ServiceToken'> {
    const { server, databaseName } = this.database;
    return {
      Revision: source.revision,
      Database: `${server.endpoint}:${Tokenization.stringifyNumber(server.port)}/${databaseName}`,
      ...runProperties(this.runTarget, this.runNetwork),
      Container: CONTAINER,
      LogStreamPrefix: STREAM_PREFIX,
      TimeoutSeconds: Tokenization.stringifyNumber(limits.timeout.toSeconds()),
      Retries: Tokenization.stringifyNumber(limits.retries),
    };
  }

  /** Only the resources themselves: waiting for constructs would take all that is below them along. */
  private waitForDatabase({ dependencies }: ContainerConnection): void {
    const resource = resourceOf(this, this.resource);
    resource.node.addDependency(...dependencies);
    if (isMigratable(this.database)) {
      this.database._onResourceDeclared((declared) => {
        if (Stack.of(declared) === Stack.of(this)) {
          resource.addResourceDependency(declared);
        }
      });
    }
  }
}
