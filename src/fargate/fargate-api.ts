import { Duration, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FargateApiProps } from './fargate-api-props';
import type { IEdgeRoute, IEdgeTarget } from '../edge';
import { hardenedContainer } from './private/hardened-container';
import { deliverCertificateAuthorities, mountExecuteCommandPaths, mountWritablePaths } from './private/init-containers';
import { openPath } from './private/open-path';
import { type ServiceInputs, collectInputs } from './private/service-inputs';
import { TaskScaling } from './private/service-scaling';
import { type TaskSize, validateTaskSize } from './private/task-size';
import { type CheckedService, adviseOnService, validateService } from './private/validate-service';
import { EXEC_SERVICES } from '../network/private/endpoint-services';
import { networkReadiness } from '../network/private/network-readiness';
import { type TaskPlacement, placeTask, requireTaskEndpoints } from '../network/private/placement';
import { Posture } from '../posture';
import { referWeakly } from '../private/cross-stack';
import { dataRemovalPolicy } from '../private/data-removal';
import { InvalidBackendError } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';

/** Name of the service's own container; init containers have names of their own. */
const CONTAINER_NAME = 'Service';

/** Target groups that one ECS service may have. */
const MAX_ROUTES = 5;

/**
 * An HTTP service on Fargate: private until an edge routes to it, hardened, and rolled back when it does not start.
 *
 * ## What it makes
 * A task definition with two roles, a Fargate service, a security group, a log group, and scaling where `maxTasks` is
 * greater than `minTasks`. With a binding that brings a certificate authority, a second container that writes it to
 * `/run/cdk-private-backend/ca/ca.pem` and ends before the service starts.
 *
 * ## Defaults that matter
 * ARM64, 256 CPU units and 512 MiB. Port 8080, given as `PORT`; the balancer asks `/healthz`. A deployment keeps all tasks
 * healthy (100 to 200 %) and is rolled back after three failed tasks. Task count, scaling and log retention by posture.
 * A binding's environment and secrets arrive as environment variables; a name given twice is an error. Where CloudWatch Logs
 * is slow, 25 MiB of log lines wait for it, and more are dropped: the service never waits.
 *
 * ## Security considerations
 * The root file system is read-only but for `/tmp`, the process is not root and has no Linux capability. Nothing may
 * connect to it but routes and what you allow; it may connect to what it is bound to, and to TCP 443 anywhere, which AWS's
 * own endpoints need. The task role has no permissions until you grant some. Secrets are read by the agent when a task
 * starts and stand in no template; a new value needs a new task.
 *
 * ## Cost
 * About 7.20 USD a month for each task of the default size in us-east-1 (0.25 vCPU × 23.64 + 0.5 GB × 2.60, ARM64), and
 * 3.65 for its public IPv4 address where it has one.
 *
 * @see https://aws.amazon.com/fargate/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendCluster, BackendNetwork, FargateApi, PublicEdge, ServiceImage } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc });
 * const api = new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('service') });
 * new PublicEdge(stack, 'Edge', { vpc }).addRoute('Api', { paths: ['/*'], target: api });
 */
export class FargateApi extends Construct implements IEdgeTarget, iam.IGrantable {
  /** The network that the tasks run in. */
  public readonly vpc: ec2.IVpc;
  /** The TCP port that the service listens on. */
  public readonly port: number;
  /** The path that the load balancer asks. */
  public readonly healthCheckPath: string;
  /** The time that running requests have to finish when a task stops. */
  public readonly deregistrationDelay: Duration;
  /** The security groups of the tasks; the default port is that of the service. */
  public readonly connections: ec2.Connections;
  /** The ECS service. */
  public readonly service: ecs.IFargateService;
  /** The task definition. */
  public readonly taskDefinition: ecs.IFargateTaskDefinition;
  /** The log group of all containers. */
  public readonly logGroup: logs.ILogGroup;
  /** The principal that permissions are granted to: the task role. */
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly cluster: ecs.ICluster;
  private readonly fargateService: ecs.FargateService;
  private readonly resource: ecs.CfnService;
  private readonly healthCheckGracePeriod: Duration;
  private readonly taskScaling?: TaskScaling;
  private routes = 0;

  /**
   * @throws InvalidBackendError for a CPU and memory pair that Fargate does not offer, a value out of its range, or a
   * variable that is given twice
   */
  constructor(scope: Construct, id: string, props: FargateApiProps) {
    super(scope, id);
    this.cluster = props.cluster;
    dependOnStackOf(this, this.cluster, 'Services depend on their cluster, never the reverse.');
    this.vpc = props.cluster.vpc;
    this.port = props.port ?? 8080;
    this.healthCheckPath = props.healthCheckPath ?? '/healthz';
    this.healthCheckGracePeriod = props.healthCheckGracePeriod ?? Duration.seconds(60);
    this.deregistrationDelay = props.deregistrationDelay ?? Duration.seconds(30);
    const plan = this.planService(props);

    this.logGroup = this.createLogGroup(props);
    const inputs = collectInputs(this, { ...props, port: this.port });
    const task = this.createTaskDefinition(props, plan, inputs);
    this.taskDefinition = task;
    this.grantPrincipal = task.taskRole;
    this.connections = this.createConnections(props);
    this.fargateService = this.createService(props, plan, task);
    this.service = this.fargateService;
    this.resource = this.renderResource(props, plan);
    this.taskScaling = this.createScaling(plan);
    this.connect(inputs, props);
    this.waitFor(inputs, plan, task);
    this.allowExecuteCommand(props, plan, task);
  }

  /**
   * Registers the service with a route's target group and makes it wait for the route. Edges call this.
   *
   * @throws InvalidBackendError for a sixth route, more than ECS allows
   */
  public attachToEdge(route: IEdgeRoute): void {
    this.routes += 1;
    if (this.routes > MAX_ROUTES) {
      throw new InvalidBackendError(this, `An ECS service can have at most ${MAX_ROUTES} routes, and this is number ${this.routes}. Give one route several paths instead.`);
    }
    this.fargateService.loadBalancerTarget({ containerName: CONTAINER_NAME, containerPort: this.port }).attachToApplicationTargetGroup(route.targetGroup);
    this.resource.node.addDependency(route);
    this.resource.healthCheckGracePeriodSeconds = this.healthCheckGracePeriod.toSeconds();
    this.taskScaling?.addRequestScaling(route.node.id, route.resourceLabel);
  }

  /**
   * A metric of this service from ECS.
   *
   * @param metricName name of the metric in namespace `AWS/ECS`
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/ECS',
      metricName,
      dimensionsMap: { ClusterName: this.cluster.clusterName, ServiceName: this.service.serviceName },
      statistic: cloudwatch.Stats.AVERAGE,
      ...options,
    }).attachTo(this);
  }

  /** CPU that the tasks use, in percent of what they have. Default: average over five minutes. */
  public metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('CPUUtilization', options);
  }

  /** Memory that the tasks use, in percent of what they have. Default: average over five minutes. */
  public metricMemoryUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('MemoryUtilization', options);
  }

  private planService(props: FargateApiProps): ServicePlan {
    const posture = Posture.of(this);
    const plan: ServicePlan = {
      port: this.port,
      healthCheckPath: this.healthCheckPath,
      deregistrationDelay: this.deregistrationDelay,
      stopTimeout: props.stopTimeout ?? Duration.seconds(60),
      failureThreshold: props.failureThreshold ?? 3,
      minTasks: props.minTasks ?? posture.minTasks,
      maxTasks: props.maxTasks ?? posture.maxTasks,
      scaling: { cpuUtilizationPercent: props.scaling?.cpuUtilizationPercent ?? 60, requestsPerTarget: props.scaling?.requestsPerTarget ?? 1000 },
      writablePaths: props.writablePaths ?? [],
      user: props.user,
      tmpSize: props.tmpSize ?? Size.mebibytes(64),
      cpu: props.cpu ?? 256,
      memoryLimitMiB: props.memoryLimitMiB ?? 512,
      placement: placeTask(this, this.vpc, props.vpcSubnets),
    };
    validateTaskSize(this, plan);
    validateService(this, plan);
    adviseOnService(this, this.port, props.user, props.image);
    return plan;
  }

  private createLogGroup(props: FargateApiProps): logs.LogGroup {
    const posture = Posture.of(this);
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: props.logRetention ?? posture.logRetention,
      removalPolicy: dataRemovalPolicy(this, props.removalPolicy),
    });
    referWeakly(...logGroup.node.children);
    return logGroup;
  }

  private createTaskDefinition(props: FargateApiProps, plan: ServicePlan, inputs: ServiceInputs): ecs.FargateTaskDefinition {
    const task = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      cpu: plan.cpu,
      memoryLimitMiB: plan.memoryLimitMiB,
      taskRole: props.taskRole,
      runtimePlatform: {
        cpuArchitecture: props.architecture ?? ecs.CpuArchitecture.ARM64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
    });
    const container = task.addContainer(CONTAINER_NAME, {
      image: props.image,
      essential: true,
      entryPoint: props.entryPoint,
      command: props.command,
      environment: inputs.environment,
      secrets: inputs.secrets,
      healthCheck: props.containerHealthCheck,
      stopTimeout: plan.stopTimeout,
      portMappings: [{ containerPort: this.port, protocol: ecs.Protocol.TCP }],
      ...hardenedContainer(task, `${CONTAINER_NAME}Linux`, {
        logGroup: this.logGroup,
        streamPrefix: CONTAINER_NAME,
        user: props.user,
        tmpSize: plan.tmpSize,
        loseLogsBeforeBlocking: true,
      }),
    });
    deliverCertificateAuthorities(container, inputs.certificateAuthorities, this.logGroup);
    mountWritablePaths(container, plan.writablePaths, this.logGroup);
    if (props.enableExecuteCommand === true) {
      mountExecuteCommandPaths(container);
    }
    return task;
  }

  private createConnections(props: FargateApiProps): ec2.Connections {
    if (props.securityGroups?.length === 0) {
      throw new InvalidBackendError(this, 'securityGroups is empty, so tasks would get the default group of the VPC. Leave it out for a new one, or give at least one.');
    }
    return new ec2.Connections({
      securityGroups: props.securityGroups ?? [this.createSecurityGroup()],
      defaultPort: ec2.Port.tcp(this.port),
    });
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'Tasks of a service: nothing may connect but routes and what was allowed',
      allowAllOutbound: false,
    });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS and other HTTPS services');
    referWeakly(...group.node.children);
    return group;
  }

  private createService(props: FargateApiProps, plan: ServicePlan, taskDefinition: ecs.FargateTaskDefinition): ecs.FargateService {
    return new ecs.FargateService(this, 'Resource', {
      cluster: props.cluster,
      taskDefinition,
      // With scaling the count belongs to it: a number here would undo it at each deployment.
      desiredCount: isScaling(plan) ? undefined : plan.minTasks,
      vpcSubnets: plan.placement.vpcSubnets,
      assignPublicIp: plan.placement.assignPublicIp,
      securityGroups: this.connections.securityGroups,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      deploymentController: { type: ecs.DeploymentControllerType.ECS },
      platformVersion: ecs.FargatePlatformVersion.LATEST,
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
  }

  private renderResource(props: FargateApiProps, plan: ServicePlan): ecs.CfnService {
    const resource = this.fargateService.node.defaultChild as ecs.CfnService;
    resource.deploymentConfiguration = {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration: { type: 'COUNT', value: plan.failureThreshold } },
    };
    resource.enableExecuteCommand = props.enableExecuteCommand ?? false;
    referWeakly(resource);
    return resource;
  }

  private createScaling(plan: ServicePlan): TaskScaling | undefined {
    return isScaling(plan) ? new TaskScaling(this, 'Scaling', { ...plan, cluster: this.cluster, serviceName: this.service.serviceName }) : undefined;
  }

  private connect(inputs: ServiceInputs, props: FargateApiProps): void {
    for (const target of inputs.targets) {
      target.connections.securityGroups.forEach((group) => dependOnStackOf(this, group, 'Services depend on what they are connected to, never the reverse.'));
      const rules = openPath(this.connections, target, ec2.Port.tcp(target.port), 'Service to what it is connected to');
      this.resource.node.addDependency(...rules);
    }
    (props.migrations ?? []).forEach((migration) => migration.runBefore(this.service));
  }

  private waitFor(inputs: ServiceInputs, plan: ServicePlan, task: ecs.FargateTaskDefinition): void {
    // A first task without its permissions or its way to AWS would count as a failed one.
    const { subnets } = this.vpc.selectSubnets(plan.placement.vpcSubnets);
    const network = networkReadiness(this, { vpc: this.vpc, subnets, securityGroups: this.connections.securityGroups });
    this.resource.node.addDependency(task.obtainExecutionRole(), network, ...inputs.dependencies);
  }

  private allowExecuteCommand(props: FargateApiProps, plan: ServicePlan, task: ecs.FargateTaskDefinition): void {
    if (props.enableExecuteCommand !== true) {
      return;
    }
    task.addToTaskRolePolicy(new iam.PolicyStatement({
      actions: ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
      resources: ['*'],
    }));
    task.addToTaskRolePolicy(new iam.PolicyStatement({ actions: ['logs:DescribeLogGroups'], resources: ['*'] }));
    this.logGroup.grant(task.taskRole, 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents');
    requireTaskEndpoints(this, this.vpc, plan.placement, EXEC_SERVICES);
  }
}

interface ServicePlan extends CheckedService, TaskSize {
  readonly placement: TaskPlacement;
}

function isScaling(plan: ServicePlan): boolean {
  return plan.maxTasks !== plan.minTasks;
}
