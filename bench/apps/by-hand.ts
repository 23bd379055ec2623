import * as path from 'path';
import { CfnOutput, Duration, Stack, type App, type CustomResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { ByHandBastion } from './by-hand-bastion';
import { ByHandDatabase } from './by-hand-database';
import { BundledFunction, createCustomResource, createGroup, createLogGroup, hardened, openPath } from './by-hand-parts';
import { APIS_PER_USER, apiName, apiPath, type Inputs } from './shape';

const CA_DIRECTORY = '/run/certificates';
const CA_FILE = `${CA_DIRECTORY}/ca.pem`;
const USER_FIELDS = { PGDATABASE: 'dbname', PGHOST: 'host', PGPASSWORD: 'password', PGPORT: 'port', PGUSER: 'username' };

/** The resources of example 01 in development, written with CDK's own constructs: as many of each type, with the properties that matter. */
export class ByHandStack extends Stack {
  private readonly vpc: ec2.Vpc;
  private readonly cluster: ecs.Cluster;
  private readonly database: ByHandDatabase;
  private readonly edgeGroup: ec2.SecurityGroup;
  private readonly listener: elbv2.ApplicationListener;
  private readonly migration: CustomResource;
  private readonly users: CustomResource[] = [];

  constructor(app: App, id: string, private readonly inputs: Inputs, apis: number) {
    super(app, id);
    this.vpc = this.createVpc();
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.DISABLED });
    this.database = new ByHandDatabase(this, 'Database', this.vpc, inputs.root);
    this.edgeGroup = createGroup(this, 'EdgeGroup', this.vpc, 'Load balancer');
    this.listener = this.createListener();
    const owner = this.database.addUser('Owner', 'OWNER');
    for (let index = 0; index < apis; index += APIS_PER_USER) {
      this.users.push(this.database.addUser(apiName(index), 'READ_WRITE'));
    }
    this.migration = this.createMigration(owner);
    for (let index = 0; index < apis; index++) {
      this.createApi(apiName(index), index);
    }
    const { tunnel } = new ByHandBastion(this, 'Bastion', this.vpc, this.database, inputs.root);
    ['Url', 'ConnectCommand', 'MigrateCommand', 'UserSecret'].forEach((output) => new CfnOutput(this, output, { value: tunnel.ref }));
  }

  private createVpc(): ec2.Vpc {
    return new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: false },
        { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
  }

  private createListener(): elbv2.ApplicationListener {
    const balancer = new elbv2.ApplicationLoadBalancer(this, 'Balancer', {
      vpc: this.vpc,
      internetFacing: true,
      securityGroup: this.edgeGroup,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
      http2Enabled: true,
      deletionProtection: false,
    });
    this.edgeGroup.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(80), 'HTTP');
    const defaultAction = elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
    return balancer.addListener('Http', { port: 80, open: false, defaultAction });
  }

  private secretOf(user: CustomResource, id: string): secretsmanager.ISecret {
    return secretsmanager.Secret.fromSecretCompleteArn(this, id, user.getAttString('SecretArn'));
  }

  private createTaskDefinition(id: string): ecs.FargateTaskDefinition {
    return new ecs.FargateTaskDefinition(this, id, {
      cpu: 256,
      memoryLimitMiB: 512,
      runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    });
  }

  /** What tasks need to start: routes and the endpoint. */
  private get network(): IConstruct[] {
    return [this.vpc.internetConnectivityEstablished as IConstruct, this.vpc.node.findChild('S3')];
  }

  private createMigration(owner: CustomResource): CustomResource {
    const group = createGroup(this, 'MigrationGroup', this.vpc, 'Migrations', 'Images, secrets and logs');
    const rules = openPath(group, this.database.group, 5432, 'Migrations to the database');
    const logGroup = createLogGroup(this, 'MigrationLogs');
    const task = this.createTaskDefinition('MigrationTask');
    const secret = this.secretOf(owner, 'OwnerSecret');
    task.addContainer('migrate', {
      ...hardened(task, 'Linux', logGroup, 'migration'),
      image: ecs.ContainerImage.fromAsset(this.inputs.migrationImage, { platform: Platform.LINUX_ARM64 }),
      environment: { MIGRATION_CA_FILE: '/opt/runner/rds-roots.pem', MIGRATION_DIRECTORY: '/opt/runner/migrations', MIGRATION_ENGINE: 'goose', MIGRATION_LOCK_TIMEOUT: '5000ms' },
      secrets: secretsOf(secret, { DATABASE_CA: 'ca', ...USER_FIELDS }),
      stopTimeout: Duration.minutes(1),
    });
    const runner = this.createRunner(task, logGroup.logGroupArn);
    const { subnetIds } = this.vpc.selectSubnets({ subnetType: ec2.SubnetType.PUBLIC });
    return createCustomResource(this, 'Migration', {
      serviceToken: runner.function.functionArn,
      serviceTimeout: Duration.seconds(2100),
      resourceType: 'Custom::Migration',
      properties: {
        Revision: '1',
        Database: `${this.database.server.attrEndpointAddress}:5432/app`,
        Cluster: this.cluster.clusterArn,
        TaskDefinition: task.taskDefinitionArn,
        Family: task.family,
        Container: 'migrate',
        Subnets: subnetIds,
        SecurityGroups: [group.securityGroupId],
        AssignPublicIp: 'ENABLED',
        LogGroup: logGroup.logGroupName,
        LogStreamPrefix: 'migration',
        TimeoutSeconds: '1800',
        Retries: '2',
      },
    }, ...rules, ...runner.all, logGroup, task, ...this.network, ...this.database.ready);
  }

  private createRunner(task: ecs.FargateTaskDefinition, logGroupArn: string): BundledFunction {
    const runner = new BundledFunction(this, 'Runner', this.inputs.root, 'migrations/run-migration.lambda', { description: 'Runs migrations' });
    const inCluster = { conditions: { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } } };
    runner.allow(['ecs:RunTask'], [this.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${task.family}:*` })], inCluster);
    runner.allow(['ecs:DescribeTasks', 'ecs:StopTask'], [this.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.cluster.clusterName}/*` })], inCluster);
    runner.allow(['ecs:ListTasks'], ['*'], inCluster);
    runner.allow(['iam:PassRole'], [task.taskRole.roleArn, task.obtainExecutionRole().roleArn], { conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } });
    runner.allow(['logs:GetLogEvents'], [logGroupArn]);
    runner.allow(['cloudformation:DescribeStacks'], [this.stackId]);
    runner.allow(['lambda:InvokeFunction'], [runner.function.functionArn]);
    return runner;
  }

  private createApi(id: string, index: number): void {
    const group = createGroup(this, `${id}Group`, this.vpc, `Tasks of ${id}`, 'AWS and other HTTPS services');
    const rules = openPath(group, this.database.group, 5432, `${id} to the database`);
    const user = this.users[Math.floor(index / APIS_PER_USER)];
    const task = this.createApiTask(id, user);
    const service = new ecs.FargateService(this, `${id}Service`, {
      cluster: this.cluster,
      taskDefinition: task,
      assignPublicIp: true,
      securityGroups: [group],
      desiredCount: 1,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      deploymentController: { type: ecs.DeploymentControllerType.ECS },
      platformVersion: ecs.FargatePlatformVersion.LATEST,
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
    const resource = service.node.defaultChild as ecs.CfnService;
    resource.node.addDependency(this.migration.node.defaultChild!, task.obtainExecutionRole(), ...rules, ...this.network);
    const targets = this.createTargets(id, service);
    new elbv2.ApplicationListenerRule(this, `${id}Rule`, {
      listener: this.listener, priority: index + 1, conditions: [elbv2.ListenerCondition.pathPatterns([apiPath(index)])], action: elbv2.ListenerAction.forward([targets]),
    });
  }

  private createTargets(id: string, service: ecs.FargateService): elbv2.ApplicationTargetGroup {
    const targets = new elbv2.ApplicationTargetGroup(this, `${id}Targets`, {
      vpc: this.vpc,
      port: 80,
      protocol: elbv2.ApplicationProtocol.HTTP,
      protocolVersion: elbv2.ApplicationProtocolVersion.HTTP1,
      targetType: elbv2.TargetType.IP,
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        path: '/healthz',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
        healthyHttpCodes: '200-299',
      },
    });
    service.attachToApplicationTargetGroup(targets);
    return targets;
  }

  private createApiTask(id: string, user: CustomResource): ecs.FargateTaskDefinition {
    const logGroup = createLogGroup(this, `${id}Logs`);
    const task = this.createTaskDefinition(`${id}Task`);
    const secret = this.secretOf(user, `${id}Secret`);
    task.addVolume({ name: 'certificates' });
    const service = task.addContainer('Service', {
      ...hardened(task, 'ServiceLinux', logGroup, 'Service'),
      image: ecs.ContainerImage.fromAsset(path.join(this.inputs.root, 'examples/services/go-api'), { platform: Platform.LINUX_ARM64 }),
      portMappings: [{ containerPort: 8080, protocol: ecs.Protocol.TCP }],
      environment: {
        PORT: '8080',
        DATABASE_POOL_SIZE: '5',
        DATABASE_SECRET_VERSION: user.getAttString('SecretVersionId'),
        NODE_EXTRA_CA_CERTS: CA_FILE,
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: CA_FILE,
      },
      secrets: secretsOf(secret, { DATABASE_URL: 'url', JDBC_DATABASE_URL: 'jdbcUrl', ...USER_FIELDS }),
      stopTimeout: Duration.minutes(1),
    });
    const certificates = task.addContainer('Certificates', {
      ...hardened(task, 'CertificatesLinux', logGroup, 'Certificates'),
      image: ecs.ContainerImage.fromAsset(path.join(this.inputs.root, 'lib/fargate/trust-image'), { platform: Platform.LINUX_ARM64 }),
      essential: false,
      user: '65532:65532',
      secrets: secretsOf(secret, { CA_0: 'ca' }),
      entryPoint: ['sh', '-c'],
      command: [`set -eu; umask 022; printf '%s\\n' "$CA_0" > ${CA_FILE}.new; mv ${CA_FILE}.new ${CA_FILE}`],
    });
    certificates.addMountPoints({ containerPath: CA_DIRECTORY, sourceVolume: 'certificates', readOnly: false });
    service.addMountPoints({ containerPath: CA_DIRECTORY, sourceVolume: 'certificates', readOnly: true });
    service.addContainerDependencies({ container: certificates, condition: ecs.ContainerDependencyCondition.SUCCESS });
    return task;
  }
}

function secretsOf(secret: secretsmanager.ISecret, fields: Record<string, string>): Record<string, ecs.Secret> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, ecs.Secret.fromSecretsManager(secret, field)]));
}
