import * as path from 'path';
import { CfnOutput, CustomResource, Duration, RemovalPolicy, Stack, type App } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { APIS_PER_USER, apiName, apiPath, type Inputs } from './shape';

/** The resources of example 01 in development, written with CDK's own constructs. */
export class ByHandStack extends Stack {
  private readonly vpc: ec2.Vpc;
  private readonly cluster: ecs.Cluster;
  private readonly database: rds.DatabaseInstance;
  private readonly listener: elbv2.ApplicationListener;
  private readonly edgeGroup: ec2.SecurityGroup;
  private readonly users: CustomResource[] = [];
  private conductor!: lambda.Function;
  private migration!: CustomResource;

  constructor(app: App, id: string, private readonly inputs: Inputs, apis: number) {
    super(app, id);
    this.vpc = this.createVpc();
    this.cluster = new ecs.Cluster(this, 'Cluster', { vpc: this.vpc, containerInsightsV2: ecs.ContainerInsights.DISABLED });
    this.database = this.createDatabase();
    this.createBroker();
    this.edgeGroup = new ec2.SecurityGroup(this, 'EdgeGroup', { vpc: this.vpc, allowAllOutbound: false });
    this.listener = this.createListener();
    this.createMigration();
    for (let index = 0; index < apis; index++) {
      this.createApi(apiName(index), index);
    }
    this.createBastion();
  }

  private createVpc(): ec2.Vpc {
    return new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 20 },
        { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
  }

  private createDatabase(): rds.DatabaseInstance {
    const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
    const instance = new rds.DatabaseInstance(this, 'Database', {
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      engine,
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', { engine, parameters: { 'rds.force_ssl': '1', 'log_lock_waits': '1' } }),
      credentials: rds.Credentials.fromPassword('postgres', secretsmanager.Secret.fromSecretNameV2(this, 'Admin', 'admin').secretValue),
      allocatedStorage: 20,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      backupRetention: Duration.days(7),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return instance;
  }

  private createBroker() {
    const sqlGroup = new ec2.SecurityGroup(this, 'SqlGroup', { vpc: this.vpc, allowAllOutbound: false });
    this.open(sqlGroup, 'Sql');
    const sql = this.createFunction('Sql', 'postgres/broker/sql.lambda', {
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [sqlGroup],
      initialPolicy: [new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        actions: ['ec2:CreateNetworkInterface'],
        resources: ['*'],
        conditions: { ArnEquals: { 'lambda:SourceFunctionArn': this.formatArn({ service: 'lambda', resource: 'function', resourceName: '*' }) } },
      })],
    });
    this.conductor = this.createFunction('Conductor', 'postgres/broker/conductor.lambda', {
      environment: { SQL_FUNCTION: sql.functionName, HOST: this.database.dbInstanceEndpointAddress, PORT: '5432' }, retryAttempts: 0, maxEventAge: Duration.minutes(5),
    });
    sql.grantInvoke(this.conductor);
    const logical = new CustomResource(this, 'LogicalDatabase', {
      serviceToken: this.conductor.functionArn, resourceType: 'Custom::PostgresDatabase', properties: { DatabaseName: 'app', Extensions: ['pgcrypto'] },
    });
    logical.node.addDependency(this.database);
    this.createUser('Owner', 'OWNER').node.addDependency(logical);
  }

  private createUser(id: string, access: string): CustomResource {
    const secret = new secretsmanager.CfnSecret(this, `${id}Secret`, {});
    const policy = new iam.Policy(this, `${id}Policy`, {
      roles: [this.conductor.role!],
      statements: [new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'], resources: [secret.ref] })],
    });
    const user = new CustomResource(this, `${id}User`, {
      serviceToken: this.conductor.functionArn,
      resourceType: 'Custom::PostgresUser',
      properties: { Username: id.toLowerCase(), DatabaseName: 'app', Access: access, SecretArn: secret.ref },
    });
    user.node.addDependency(policy);
    user.node.addDependency(...this.users.slice(-1));
    this.users.push(user);
    return user;
  }

  private createFunction(id: string, asset: string, options: Partial<lambda.FunctionProps> = {}): lambda.Function {
    const logGroup = new logs.LogGroup(this, `${id}Logs`, { retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY });
    return new lambda.Function(this, `${id}Function`, {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(path.join(this.inputs.root, 'assets', asset)),
      timeout: Duration.minutes(15),
      logGroup,
      ...options,
    });
  }

  private createListener(): elbv2.ApplicationListener {
    const balancer = new elbv2.ApplicationLoadBalancer(this, 'Balancer', { vpc: this.vpc, internetFacing: true, securityGroup: this.edgeGroup, dropInvalidHeaderFields: true });
    return balancer.addListener('Http', { port: 80, open: true, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
  }

  private createTask(id: string, user: CustomResource, image: ecs.ContainerImage, certificates: boolean) {
    const task = new ecs.FargateTaskDefinition(this, `${id}Task`, { runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX } });
    const logGroup = new logs.LogGroup(this, `${id}TaskLogs`, { retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY });
    const secret = secretsmanager.Secret.fromSecretCompleteArn(this, `${id}Imported`, user.getAttString('SecretArn'));
    const secrets = Object.fromEntries(['url', 'jdbcUrl', 'host', 'port', 'dbname', 'username', 'password'].map((field) => [field.toUpperCase(), ecs.Secret.fromSecretsManager(secret, field)]));
    const add = (name: string, options: Partial<ecs.ContainerDefinitionOptions>) => task.addContainer(name, {
      image, readonlyRootFilesystem: true, logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: name }), ...options,
    });
    const main = add('Main', { secrets, user: '1000:1000', portMappings: certificates ? [{ containerPort: 8080 }] : [], environment: { PORT: '8080', PGSSLMODE: 'verify-full' } });
    if (certificates) {
      task.addVolume({ name: 'certificates' });
      const writer = add('Certificates', {
        image: ecs.ContainerImage.fromAsset(path.join(this.inputs.root, 'lib/fargate/trust-image'), { platform: Platform.LINUX_ARM64 }),
        essential: false,
        secrets: { CA_0: ecs.Secret.fromSecretsManager(secret, 'ca') },
        entryPoint: ['sh', '-c'],
        command: ['printf %s "$CA_0" > /run/ca/ca.pem'],
      });
      writer.addMountPoints({ containerPath: '/run/ca', sourceVolume: 'certificates', readOnly: false });
      main.addMountPoints({ containerPath: '/run/ca', sourceVolume: 'certificates', readOnly: true });
      main.addContainerDependencies({ container: writer, condition: ecs.ContainerDependencyCondition.SUCCESS });
    }
    return task;
  }

  private createMigration() {
    const group = new ec2.SecurityGroup(this, 'MigrationGroup', { vpc: this.vpc });
    this.open(group, 'Migration');
    const image = ecs.ContainerImage.fromAsset(this.inputs.migrationImage, { platform: Platform.LINUX_ARM64 });
    const task = this.createTask('Migration', this.users[0], image, false);
    const runner = this.createFunction('Runner', 'migrations/run-migration.lambda');
    task.grantRun(runner);
    this.migration = new CustomResource(this, 'Migration', {
      serviceToken: runner.functionArn, resourceType: 'Custom::Migration', properties: { Cluster: this.cluster.clusterArn, TaskDefinition: task.taskDefinitionArn, Revision: '1' },
    });
    this.migration.node.addDependency(this.users[0], group);
  }

  private createApi(id: string, index: number) {
    const group = new ec2.SecurityGroup(this, `${id}Group`, { vpc: this.vpc });
    this.open(group, id);
    const user = index % APIS_PER_USER === 0 ? this.createUser(id, 'READ_WRITE') : this.users[this.users.length - 1];
    const image = ecs.ContainerImage.fromAsset(path.join(this.inputs.root, 'examples/services/go-api'), { platform: Platform.LINUX_ARM64 });
    const service = new ecs.FargateService(this, `${id}Service`, {
      cluster: this.cluster,
      taskDefinition: this.createTask(id, user, image, true),
      assignPublicIp: true,
      securityGroups: [group],
      desiredCount: 1,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
    });
    (service.node.defaultChild as ecs.CfnService).node.addDependency(this.migration.node.defaultChild!);
    const targetGroup = new elbv2.ApplicationTargetGroup(this, `${id}Targets`, { vpc: this.vpc, port: 80, targets: [service], healthCheck: { path: '/healthz' } });
    new elbv2.ApplicationListenerRule(this, `${id}Rule`, {
      listener: this.listener, priority: index + 1, conditions: [elbv2.ListenerCondition.pathPatterns([apiPath(index)])], action: elbv2.ListenerAction.forward([targetGroup]),
    });
  }

  private createBastion() {
    const group = new ec2.SecurityGroup(this, 'BastionGroup', { vpc: this.vpc });
    this.open(group, 'Bastion');
    const role = new iam.Role(this, 'BastionRole', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ssm:UpdateInstanceInformation', 'ssmmessages:OpenDataChannel'], resources: ['*'] }));
    new ec2.Instance(this, 'Bastion', {
      vpc: this.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      instanceType: new ec2.InstanceType('t4g.nano'),
      machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
      securityGroup: group,
      role,
      requireImdsv2: true,
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true }) }],
    });
    const document = (id: string, content: object) => new ssm.CfnDocument(this, id, { content, documentType: 'Session' });
    document('Shell', { schemaVersion: '1.0', sessionType: 'Standard_Stream' });
    const tunnel = document('Tunnel', { schemaVersion: '1.0', sessionType: 'Port', properties: { host: this.database.dbInstanceEndpointAddress, portNumber: '5432' } });
    ['Url', 'ConnectCommand', 'MigrateCommand', 'UserSecret'].forEach((output) => new CfnOutput(this, output, { value: tunnel.ref }));
  }

  /** Both rules as resources of their own, as between stacks. */
  private open(from: ec2.SecurityGroup, id: string, scope: Construct = this) {
    const [peer] = this.database.connections.securityGroups;
    const rule = { ipProtocol: 'tcp', fromPort: 5432, toPort: 5432 };
    new ec2.CfnSecurityGroupIngress(scope, `${id}Ingress`, { ...rule, groupId: peer.securityGroupId, sourceSecurityGroupId: from.securityGroupId });
    new ec2.CfnSecurityGroupEgress(scope, `${id}Egress`, { ...rule, groupId: from.securityGroupId, destinationSecurityGroupId: peer.securityGroupId });
  }
}
