import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { capacityReadiness } from './capacity-rules';
import { findCircularAlarms, mayRunNoMore, renderDeployment } from './deployment-rules';
import { type DiscoveredService, discoveryOf, joinDiscovery, shareDiscovery } from './discovery';
import { allowExecuteCommand, grantExecuteCommand, shellCommandOf } from './execute-command';
import type { RehearsalPlan } from './plans';
import { Rehearsal } from './rehearsal';
import { planRehearsal, validateRehearsedBinding, validateRehearsedSidecar } from './rehearsal-rules';
import { grantRestart, restartCommandOf } from './restart';
import { createConnections } from './service-network';
import { type ServiceKind, type ServicePlan, isScaling, leastTasksOf, peakTasksOf, planService } from './service-plan';
import { TaskScaling } from './service-scaling';
import { CONTAINER_NAME, containerOf, createLogGroup, createTask, serviceContainer } from './service-task';
import { Sidecars } from './sidecars';
import { TaskBindings } from './task-bindings';
import { TaskContainers } from './task-containers';
import { requireTaskProps } from './task-props';
import { TaskVariables } from './task-variables';
import { TaskVolumes } from './task-volumes';
import type { IMonitoredService, IRestartableService, IServiceBinding, IWorkload, SidecarOptions } from '../../binding';
import { networkReadiness } from '../../network/shared/network-readiness';
import { describe } from '../../posture/shared/describe';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError } from '../../private/errors';
import { refuseMisnomers } from '../../private/misnomers';
import { dependOnStackOf } from '../../private/stack-order';
import type { Monitoring, Monitored } from '../../symptoms/shared/monitored';
import type { CommonServiceProps } from '../common-service-props';
import type { MonitorServiceOptions } from '../monitor-service-options';
import { VOLUMES } from '../shared/init-containers';
import { serviceMonitoring } from '../shared/service-monitoring';
import { tagTasks } from '../shared/task-tag';

const MISNOMERS = { desiredCount: 'Set `minTasks: 2` and `maxTasks: 2`, with the number that you want.' };

const ONE_MINUTE = Duration.minutes(1);

/** What the parts of a service need of each other. */
export interface ServiceParts {
  readonly plan: ServicePlan;
  readonly task: ecs.FargateTaskDefinition;
  readonly variables: TaskVariables;
  readonly containers: TaskContainers;
  readonly fargateService: ecs.FargateService;
  readonly resource: ecs.CfnService;
  readonly scaling?: TaskScaling;
  /** How others find the service, where they can. */
  readonly discovered?: DiscoveredService;
}

/**
 * What services have in common, whether they listen or not.
 *
 * @internal
 */
export abstract class ServiceBase extends Construct implements IMonitoredService, IRestartableService, IWorkload, Monitored, ec2.IConnectable, iam.IGrantable {
  /** The network that the tasks run in. */
  public readonly vpc: ec2.IVpc;
  /** The security groups of the tasks; the default port is that of the service, where it has one. */
  public readonly connections: ec2.Connections;
  /** The cluster that the tasks run in. */
  public readonly cluster: ecs.ICluster;
  /** The ECS service. */
  public readonly service: ecs.IFargateService;
  /** The task definition. */
  public readonly taskDefinition: ecs.IFargateTaskDefinition;
  /** The log group of all containers. */
  public readonly logGroup: logs.ILogGroup;
  /** The role that the tasks themselves have in AWS. */
  public readonly taskRole: iam.IRole;
  /** The role with which ECS starts tasks: it pulls images, reads secrets and writes logs. */
  public readonly executionRole: iam.IRole;
  /** The principal that permissions are granted to: the task role. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** AWS CLI command that opens a shell in a running task, where `enableExecuteCommand` is set; see `grantExecuteCommand`. */
  public readonly shellCommand: string;

  /** AWS CLI command that replaces all tasks by new ones of the same version, which read their secrets again; see `grantRestart`. */
  public readonly restartCommand: string;

  /** @internal */
  protected readonly _parts: ServiceParts;

  private readonly sidecars: Sidecars;
  private readonly volumes: TaskVolumes;
  private readonly bindings: TaskBindings;
  /** Whether there is a rehearsal for which nobody has asked. */
  private readonly isRehearsedByDefault: boolean;

  constructor(scope: Construct, id: string, props: CommonServiceProps, kind: ServiceKind) {
    super(scope, id);
    refuseMisnomers(this, props, MISNOMERS);
    requireTaskProps(this, props);
    this.cluster = props.cluster;
    dependOnStackOf(this, this.cluster, 'Services depend on their cluster, never the reverse.');
    shareDiscovery(this, discoveryOf(this.cluster));
    this.vpc = props.cluster.vpc;
    const plan = planService(this, props, kind);

    this.logGroup = createLogGroup(this, props);
    const variables = new TaskVariables(this, kind.environment(plan), props);
    this.bindings = new TaskBindings(this, variables, peakTasksOf(plan));
    this.bindings.askAll(props.connectTo);
    const task = createTask(this, { props, plan, variables, logGroup: this.logGroup, container: containerOf(props, plan) });
    this.taskDefinition = task;
    this.taskRole = task.taskRole;
    this.executionRole = task.obtainExecutionRole();
    this.grantPrincipal = this.taskRole;
    this.connections = createConnections(this, props, plan.port);
    this.volumes = new TaskVolumes({ scope: this, task, connections: this.connections, vpc: this.vpc, plan, logGroup: this.logGroup });
    this.volumes.mount(serviceContainer(task), { ...props, initId: VOLUMES });
    const containers = new TaskContainers(this, task);
    this.sidecars = this.createSidecars(props, plan, task, containers);
    const fargateService = this.createService(props, plan, task);
    this.service = fargateService;
    this._parts = {
      plan,
      task,
      variables,
      containers,
      fargateService,
      resource: this.renderResource(props, plan, fargateService),
      scaling: this.createScaling(plan),
      discovered: joinDiscovery(this, this.cluster, { fargateService, plan, logGroup: this.logGroup, name: discoveryOf(this.cluster) && kind.discoveryName?.(this) }),
    };
    this.shellCommand = shellCommandOf(this, this.cluster, this.service.serviceName, CONTAINER_NAME);
    this.restartCommand = restartCommandOf(this, this.cluster, this.service.serviceName);
    this.attachBindings();
    this.waitFor(props);
    if (props.enableExecuteCommand === true) {
      allowExecuteCommand(this, { cluster: this.cluster, task, logGroup: this.logGroup, placement: plan.placement });
    }
    const rehearsal = planRehearsal(this, props, { plan, bindings: this.bindings });
    this.isRehearsedByDefault = rehearsal !== undefined && props.rehearsal === undefined;
    this.rehearse(rehearsal);
  }

  /**
   * Connects the service to something, as `connectTo` among its properties does, up to synth: to something that is made later, or that connects
   * itself. The same binding once more changes nothing. Services that are connected to each other are an error at synth, with a way out.
   *
   * @throws InvalidBackendError for whatever `connectTo` among the properties is refused for, and for a binding that takes work or writes to
   * shared files where the rehearsal is on by default: name such a binding among the properties, or set `rehearsal`
   */
  public connectTo(binding: IServiceBinding): void {
    const connected = this.bindings.connect(binding);
    if (this.isRehearsedByDefault && connected !== undefined) {
      validateRehearsedBinding(this, connected);
    }
  }

  /**
   * Adds a container to the tasks, as hardened as the service's own: a proxy, an agent, or something that runs once before.
   *
   * @param id name of the container, unique in its service
   * @throws InvalidBackendError for an id or a port that is taken, a value out of its range, and containers that wait for each other
   */
  public addSidecar(id: string, options: SidecarOptions): ecs.ContainerDefinition {
    if (this.isRehearsedByDefault) {
      validateRehearsedSidecar(this, id, options);
    }
    return this.sidecars.add(id, options);
  }

  /**
   * Adds an environment variable to the container, as `environment` does. Anyone who may describe the task definition can read it.
   *
   * @throws InvalidBackendError for a name that is none, or that has another value already
   */
  public addEnvironment(name: string, value: string): void {
    this._parts.variables.addEnvironment(name, value);
  }

  /**
   * Adds an environment variable from Secrets Manager or Systems Manager to the container, as `secrets` does: it is read when a task starts.
   *
   * @throws InvalidBackendError for a name that is none, or that has another value already
   */
  public addSecret(name: string, secret: ecs.Secret): void {
    this._parts.variables.addSecret(name, secret);
  }

  /**
   * Lets a principal run commands with ECS Exec, such as `shellCommand`, in all containers of the tasks of this service. Commands run as root, with the
   * secrets and the task role of the service. The principal can list the ARNs of all tasks of the cluster, and nothing else of them.
   *
   * @throws InvalidBackendError where `enableExecuteCommand` is not set
   */
  public grantExecuteCommand(grantee: iam.IGrantable): iam.Grant {
    if (this._parts.resource.enableExecuteCommand !== true) {
      throw new InvalidBackendError(this, 'Service.executeCommandDisabled', 'People can\'t run commands in the containers of this service, because ECS Exec is off. Set `enableExecuteCommand: true`.');
    }
    return grantExecuteCommand(this, this.cluster, grantee);
  }

  /**
   * Lets a principal restart the service, such as with `restartCommand`, so that new tasks read their secrets again. The principal can't set another task
   * definition, network, capacity or volumes, nor turn on ECS Exec, Service Connect or VPC Lattice. IAM has no condition for the rest of an update: the number of
   * tasks, load balancers, the platform version, and settings of deployments.
   */
  public grantRestart(grantee: iam.IGrantable): iam.Grant {
    return grantRestart(this.service, this._parts.resource.enableExecuteCommand === true, grantee);
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

  /**
   * Number of tasks that run. Default: over one minute, in which each task reports once; over longer times it counts reports.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html#cw_running_task_count
   */
  public metricRunningTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('CPUUtilization', { statistic: cloudwatch.Stats.SAMPLE_COUNT, period: ONE_MINUTE, label: 'Running tasks', ...options });
  }

  /** @internal */
  public _monitor(options: MonitorServiceOptions): Monitoring {
    const log = { logGroup: this.logGroup, streamPrefix: CONTAINER_NAME, containerName: CONTAINER_NAME };
    return serviceMonitoring(this, options, { leastTasks: leastTasksOf(this._parts.plan), log });
  }

  /**
   * The path that an ingress asks by HTTP/1.1 without TLS, where one does.
   *
   * @internal
   */
  protected get _healthPath(): string | undefined {
    return undefined;
  }

  /** @internal */
  protected _describe(kind: 'api' | 'worker'): void {
    describe(this, this.service, () => ({ kind, cluster: this.cluster, container: CONTAINER_NAME, logGroup: this.logGroup, rehearsal: this.node.tryFindChild('Rehearsal') }));
  }

  private rehearse(rehearsal?: RehearsalPlan): void {
    if (rehearsal === undefined) {
      return;
    }
    new Rehearsal(this, 'Rehearsal', {
      ...this._parts,
      rehearsal,
      cluster: this.cluster,
      logGroup: this.logGroup,
      securityGroupIds: () => this.connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
      healthPath: () => this._healthPath,
    });
  }

  private createService(props: CommonServiceProps, plan: ServicePlan, taskDefinition: ecs.FargateTaskDefinition): ecs.FargateService {
    return new ecs.FargateService(this, 'Resource', {
      cluster: props.cluster,
      taskDefinition,
      // With scaling the count belongs to it: a number here would undo it at each deployment.
      desiredCount: isScaling(plan) ? undefined : plan.minTasks,
      vpcSubnets: plan.placement.vpcSubnets,
      assignPublicIp: plan.placement.assignPublicIp,
      securityGroups: this.connections.securityGroups,
      capacityProviderStrategies: plan.capacityProviders,
      minHealthyPercent: plan.deployment.minHealthyPercent,
      maxHealthyPercent: plan.deployment.maxHealthyPercent,
      circuitBreaker: { enable: true, rollback: true },
      deploymentController: { type: ecs.DeploymentControllerType.ECS },
      platformVersion: ecs.FargatePlatformVersion.LATEST,
      // Rebalancing starts a task beside the others, which ECS refuses where none may run beside them.
      availabilityZoneRebalancing: mayRunNoMore(plan.deployment) ? ecs.AvailabilityZoneRebalancing.DISABLED : ecs.AvailabilityZoneRebalancing.ENABLED,
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
  }

  private renderResource(props: CommonServiceProps, plan: ServicePlan, fargateService: ecs.FargateService): ecs.CfnService {
    const resource = fargateService.node.defaultChild as ecs.CfnService;
    resource.deploymentConfiguration = renderDeployment(plan.deployment, plan.deploymentFailureThreshold);
    this.node.addValidation({ validate: () => findCircularAlarms(resource, plan.deployment.alarms) });
    resource.enableExecuteCommand = props.enableExecuteCommand ?? false;
    tagTasks(this, resource);
    referWeakly(resource);
    return resource;
  }

  private createScaling(plan: ServicePlan): TaskScaling | undefined {
    return isScaling(plan) ? new TaskScaling(this, 'Scaling', { ...plan, cluster: this.cluster, serviceName: this.service.serviceName }) : undefined;
  }

  private createSidecars(props: CommonServiceProps, plan: ServicePlan, task: ecs.FargateTaskDefinition, containers: TaskContainers): Sidecars {
    const { logGroup, volumes } = this;
    containers.note('the service itself');
    const host = { scope: this, task, container: serviceContainer(task), plan, logGroup, volumes, containers, enableExecuteCommand: props.enableExecuteCommand ?? false };
    return new Sidecars(host, props.containerHealthCheck);
  }

  private attachBindings(): void {
    const { connections, logGroup, sidecars, volumes, vpc, _parts: { task, plan, resource: starter, containers } } = this;
    this.bindings.attach({ container: serviceContainer(task), task, plan, vpc, connections, logGroup, volumes, sidecars, containers, starter, restartable: this });
  }

  private waitFor({ migrations = [] }: CommonServiceProps): void {
    const { plan, task, resource } = this._parts;
    migrations.forEach((migration) => migration.runBefore(this.service));
    // A first task without its permissions or its way to AWS would count as a failed one.
    const { subnets } = this.vpc.selectSubnets(plan.placement.vpcSubnets);
    const network = networkReadiness(this, { vpc: this.vpc, subnets, securityGroups: this.connections.securityGroups });
    resource.node.addDependency(task.obtainExecutionRole(), network, this.volumes.readiness);
    if (plan.capacityProviders !== undefined) {
      resource.node.addDependency(capacityReadiness(this.cluster));
    }
  }
}
