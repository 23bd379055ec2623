import { CfnResource, CustomResource, Duration, type IResolveContext, Lazy, Stack, Tokenization } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct, type IDependable } from 'constructs';
import type { RehearsalPlan } from './plans';
import { REHEARSAL_COMMAND, RehearsalVariable } from './rehearsal-command';
import type { ServicePlan } from './service-plan';
import { CONTAINER_NAME } from './service-task';
import { MAX_CONTAINERS, type TaskContainers } from './task-containers';
import { problem } from '../../private/errors';
import { lazyDependable } from '../../private/lazy-dependable';
import { sortedByName } from '../../private/sorted';
import { hardenedContainer } from '../shared/hardened-container';
import { smallImage, TRUST_USER } from '../shared/init-containers';
import type { RunTarget } from '../shared/run-permissions';
import { runProperties } from '../shared/run-properties';
import { CLOSING_SECONDS, REHEARSAL_CONTAINER, REHEARSAL_RESOURCE_TYPE, type TaskRunProperties } from '../shared/run-task.contract';
import { taskFamily } from '../shared/task-family';
import { TaskRunner } from '../shared/task-runner';
import { tagTasks } from '../shared/task-tag';

/** Tells the containers that they are not in a service. */
const REHEARSAL_ENVIRONMENT = { name: 'BACKEND_REHEARSAL', value: 'true' };

/** Left for finding room for the task, pulling images, and trying that again. */
const START_SECONDS = 600;
const RETRIES = 2;

/** No request is under way in a rehearsal, so nothing has to be ended in peace. */
const STOP_SECONDS = 10;

/** The service that is rehearsed. */
export interface RehearsedService {
  readonly plan: ServicePlan;
  readonly rehearsal: RehearsalPlan;
  readonly cluster: ecs.ICluster;
  readonly task: ecs.FargateTaskDefinition;
  readonly containers: TaskContainers;
  readonly logGroup: logs.ILogGroup;
  readonly securityGroupIds: () => string[];
  readonly fargateService: ecs.FargateService;
  /** The path that an ingress asks by HTTP/1.1 without TLS; none where no ingress does. */
  readonly healthPath: () => string | undefined;
}

/** Listeners and rules of load balancers, whatever their kind. */
const LEADS_REQUESTS = /^AWS::ElasticLoadBalancingV2::Listener(Rule)?$/;

type Containers = ecs.CfnTaskDefinition.ContainerDefinitionProperty[];

/**
 * One task of a new version, which must become healthy before ECS touches the service. What may still be added to the service until the app is
 * synthesised is looked up then: sidecars, variables, routes, and what the service waits for.
 */
export class Rehearsal extends Construct {
  private readonly taskDefinition: ecs.FargateTaskDefinition;
  private readonly original: ecs.CfnTaskDefinition;
  private readonly serviceResource: ecs.CfnService;

  constructor(private readonly service: Construct, id: string, private readonly props: RehearsedService) {
    super(service, id);
    this.original = props.task.node.defaultChild as ecs.CfnTaskDefinition;
    this.serviceResource = props.fargateService.node.defaultChild as ecs.CfnService;
    this.taskDefinition = this.createTaskDefinition();
    this.addContainer();
    this.copyContainers();
    const resource = this.createResource();
    resource.node.addDependency(this.whatServiceWaitsFor(resource));
    this.serviceResource.addResourceDependency(resource);
    this.node.addValidation({ validate: () => this.validateCount() });
  }

  private createTaskDefinition(): ecs.FargateTaskDefinition {
    const { plan, task } = this.props;
    const definition = new ecs.FargateTaskDefinition(this, 'TaskDefinition', {
      family: `${taskFamily(this.service)}-rehearsal`,
      cpu: plan.cpu,
      memoryLimitMiB: plan.memoryLimitMiB,
      ephemeralStorageGiB: plan.ephemeralStorage?.toGibibytes(),
      taskRole: task.taskRole,
      executionRole: task.obtainExecutionRole(),
    });
    const copy = definition.node.defaultChild as ecs.CfnTaskDefinition;
    tagTasks(this, copy);
    copy.runtimePlatform = this.original.runtimePlatform;
    copy.cpu = Lazy.string({ produce: () => this.original.cpu });
    copy.memory = Lazy.string({ produce: () => this.original.memory });
    copy.volumes = Lazy.any({ produce: () => this.original.volumes });
    return definition;
  }

  /** The container whose end decides. */
  private addContainer(): void {
    this.taskDefinition.addContainer(REHEARSAL_CONTAINER, {
      image: smallImage(),
      essential: true,
      entryPoint: ['sh', '-c'],
      command: [REHEARSAL_COMMAND],
      environment: this.renderEnvironment(),
      stopTimeout: Duration.seconds(2),
      ...hardenedContainer(this.taskDefinition, `${REHEARSAL_CONTAINER}Linux`, { logGroup: this.props.logGroup, streamPrefix: REHEARSAL_CONTAINER, user: TRUST_USER }),
    });
  }

  private renderEnvironment(): { [name: string]: string } {
    const { plan: { port }, rehearsal: { timeout, stableTime } } = this.props;
    return sortedByName({
      [RehearsalVariable.CHECK]: Lazy.string({ produce: () => this.check }),
      ...(port === undefined ? {} : { [RehearsalVariable.PORT]: Tokenization.stringifyNumber(port) }),
      [RehearsalVariable.PATH]: Lazy.string({ produce: () => this.props.healthPath() ?? '/' }),
      [RehearsalVariable.TIMEOUT]: Tokenization.stringifyNumber(timeout.toSeconds()),
      [RehearsalVariable.STABLE]: Tokenization.stringifyNumber(stableTime.toSeconds()),
    });
  }

  /** What tells whether the service is healthy. */
  private get check(): 'health' | 'http' | 'port' | 'time' {
    if (this.containers.some(({ name, healthCheck }) => name === CONTAINER_NAME && healthCheck !== undefined)) {
      return 'health';
    }
    if (this.props.plan.port === undefined) {
      return 'time';
    }
    return this.props.healthPath() === undefined ? 'port' : 'http';
  }

  /** The containers of the service, as they are by now. */
  private get containers(): Containers {
    return Stack.of(this).resolve(this.original.containerDefinitions) as Containers;
  }

  /** The containers of the service, and after them the one that decides. */
  private copyContainers(): void {
    const copy = this.taskDefinition.node.defaultChild as ecs.CfnTaskDefinition;
    const own = copy.containerDefinitions;
    copy.containerDefinitions = Lazy.uncachedAny({
      produce: (context: IResolveContext) => {
        const containers = context.resolve(this.original.containerDefinitions) as Containers;
        const [decisive] = context.resolve(own) as Containers;
        return [...containers.map(rehearsed), { ...decisive, dependsOn: containers.filter(isEssential).map(waitsFor) }];
      },
    });
  }

  private createResource(): CfnResource {
    const runner = TaskRunner.of(this).allow(this.service, this.runTarget);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: REHEARSAL_RESOURCE_TYPE,
      serviceToken: runner.serviceToken,
      serviceTimeout: this.props.rehearsal.timeout.isUnresolved() ? undefined : Duration.seconds(this.timeoutSeconds + CLOSING_SECONDS),
      properties: { ...this.renderProperties() },
    });
    resource.node.addDependency(...runner.dependencies);
    return resource.node.defaultChild as CfnResource;
  }

  private get runTarget(): RunTarget {
    const { cluster, logGroup } = this.props;
    return { cluster, taskDefinition: this.taskDefinition, logGroup };
  }

  private get timeoutSeconds(): number {
    return this.props.rehearsal.timeout.toSeconds() + START_SECONDS;
  }

  private renderProperties(): Omit<TaskRunProperties, 'ServiceToken'> {
    const { cluster: { vpc }, plan: { placement }, rehearsal: { timeout } } = this.props;
    return {
      Revision: this.taskDefinition.taskDefinitionArn,
      Service: this.service.node.path,
      ...runProperties(this.runTarget, { vpc, placement, securityGroupIds: Lazy.list({ produce: () => this.props.securityGroupIds() }) }),
      Container: REHEARSAL_CONTAINER,
      Essential: Lazy.list({ produce: () => this.containers.filter(isEssential).map(({ name }) => String(name)) }),
      // Nothing can be added to an unresolved number: then it is the time for all.
      TimeoutSeconds: Tokenization.stringifyNumber(timeout.isUnresolved() ? timeout.toSeconds() : this.timeoutSeconds),
      Retries: String(RETRIES),
    };
  }

  /**
   * All that the service waits for, but for the listeners and rules that lead requests to it: they must be there before the service, not before its rehearsal.
   * Looked up when the app is synthesised, because migrations and others may be added at any time before.
   */
  private whatServiceWaitsFor(own: CfnResource): IDependable {
    const { serviceResource, props: { fargateService } } = this;
    return lazyDependable(() => {
      const roots = [...fargateService.node.dependencies, ...serviceResource.node.dependencies, ...serviceResource.obtainDependencies()] as IConstruct[];
      return [...new Set(roots)].filter((root) => root !== own && !leadsRequests(root));
    });
  }

  /** Where there are more, these are too many without a rehearsal too. */
  private validateCount(): string[] {
    return this.containers.length !== MAX_CONTAINERS ? [] : [problem('ServiceRehearsal.tooManyContainers',
      `The tasks have ${MAX_CONTAINERS} containers, and their rehearsal one more, but ECS allows ${MAX_CONTAINERS}: ${this.props.containers.list}. Remove a sidecar or a binding, or set \`rehearsal: ServiceRehearsal.disabled()\`.`)];
  }
}

function isEssential({ essential }: Containers[0]): boolean {
  return essential !== false;
}

/** A container in a rehearsal. */
function rehearsed(container: Containers[0]): Containers[0] {
  const environment = (container.environment ?? []) as ecs.CfnTaskDefinition.KeyValuePairProperty[];
  return {
    ...container,
    environment: [...environment.filter(({ name }) => name !== REHEARSAL_ENVIRONMENT.name), REHEARSAL_ENVIRONMENT],
    stopTimeout: Math.min(container.stopTimeout ?? STOP_SECONDS, STOP_SECONDS),
    logConfiguration: waitingForLogs(container.logConfiguration as ecs.CfnTaskDefinition.LogConfigurationProperty | undefined),
  };
}

/** The last lines say why a container failed: a rehearsal must not lose them, while a service must not wait for them. */
function waitingForLogs(log?: ecs.CfnTaskDefinition.LogConfigurationProperty): ecs.CfnTaskDefinition.LogConfigurationProperty | undefined {
  const options = log?.options as { [name: string]: string } | undefined;
  if (log === undefined || options?.mode !== 'non-blocking') {
    return log;
  }
  const { 'max-buffer-size': _, ...others } = options;
  return { ...log, options: { ...others, mode: 'blocking' } };
}

function waitsFor({ name, healthCheck }: Containers[0]): ecs.CfnTaskDefinition.ContainerDependencyProperty {
  return { containerName: name, condition: healthCheck === undefined ? 'START' : 'HEALTHY' };
}

function leadsRequests(construct: IConstruct): boolean {
  return construct.node.findAll().some((child) => CfnResource.isCfnResource(child) && LEADS_REQUESTS.test(child.cfnResourceType));
}
