import { type CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, Dependable, type IConstruct, type IDependable } from 'constructs';
import { noteWaiter, refuseCircularWaits } from './circular-waits';
import { openTargets } from './service-network';
import type { TaskPlan } from './service-plan';
import type { Sidecars } from './sidecars';
import type { TaskContainers } from './task-containers';
import type { TaskVariables } from './task-variables';
import type { TaskVolumes } from './task-volumes';
import type { IRestartableService, IServiceBinding, ServiceBindingConfig, ServiceVolume } from '../../binding';
import { requireTaskEndpoints } from '../../network/shared/placement';
import { InvalidBackendError } from '../../private/errors';
import { deliverCertificateAuthorities, VOLUMES } from '../shared/init-containers';

/** The task that bindings are connected to, with all that belongs to it. */
export interface BoundTask {
  readonly container: ecs.ContainerDefinition;
  readonly task: ecs.FargateTaskDefinition;
  readonly plan: TaskPlan;
  readonly vpc: ec2.IVpc;
  readonly connections: ec2.Connections;
  readonly logGroup: logs.ILogGroup;
  readonly volumes: TaskVolumes;
  readonly sidecars: Sidecars;
  readonly containers: TaskContainers;
  /** The resource that starts tasks, which waits for what bindings name. */
  readonly starter: CfnResource;
  /** The service, where it runs on while secrets change. */
  readonly restartable?: IRestartableService;
}

/** What a binding brought. */
export interface Connected extends ServiceBindingConfig {
  /** Where the binding was named, and which construct it is where it is one, for messages. */
  readonly origin: string;
}

/**
 * The bindings of a service or job: those among its props, and those of `connectTo()`, up to synth. All are asked and applied here, so a binding brings
 * the same whenever it comes. Bindings of the props are asked before there is a task, which is made with their variables.
 */
export class TaskBindings {
  private readonly connected = new Map<IServiceBinding, Connected>();
  private readonly waiting: Connected[] = [];
  private readonly needed: IConstruct[] = [];
  private task?: BoundTask;

  /** @param maxTasks tasks that run at most, outside of deployments */
  constructor(private readonly scope: Construct, private readonly variables: TaskVariables, private readonly maxTasks: number) {}

  /** Asks the bindings of the props. */
  public askAll(bindings: IServiceBinding[] = []): void {
    bindings.forEach((binding, index) => this.ask(binding, `connectTo[${index}]`));
  }

  /** Applies what bindings brought, from now on at once. */
  public attach(task: BoundTask): void {
    const readiness: IDependable = {};
    Dependable.implement(readiness, { dependencyRoots: this.needed });
    task.starter.node.addDependency(readiness);
    noteWaiter({ scope: this.scope, resource: task.starter, waitsFor: readiness });
    this.task = task;
    this.waiting.splice(0).forEach((connected) => this.apply(task, connected));
  }

  /** Connects a binding and answers with what it brings that is new: one that is connected already stays as it is. */
  public connect(binding: IServiceBinding): Connected | undefined {
    return this.ask(binding, 'connectTo()');
  }

  /** Whether a task takes work as soon as it runs. */
  public get consumes(): boolean {
    return [...this.connected.values()].some(({ _consumes }) => _consumes === true);
  }

  /** All volumes that bindings mount somewhere. */
  public get mounted(): ServiceVolume[] {
    return [...this.connected.values()].flatMap(volumesOf);
  }

  /** @param prop where the binding was named */
  private ask(binding: IServiceBinding, prop: string): Connected | undefined {
    const { scope, maxTasks } = this;
    // Not every language checks types: a server or database instead of its user is the likely mistake.
    if (typeof binding?.bindToService !== 'function') {
      throw new InvalidBackendError(scope, 'Service.connectTo', `\`${prop}\` is ${explainMistake(scope, (binding as Mistaken | undefined) ?? {})}`);
    }
    if (this.connected.has(binding)) {
      return undefined;
    }
    if (binding as unknown === scope) {
      throw new InvalidBackendError(scope, 'Service.connectToItself', `\`${prop}\` connects '${scope.node.path}' to itself, and a service can't wait for itself. Pass another service, or use \`ServiceBinding.withoutWaiting(api)\` for the URL of this service.`);
    }
    const connected = { ...binding.bindToService(scope, { maxTasks }), origin: `\`${prop}\`${Construct.isConstruct(binding) ? ` ('${binding.node.path}')` : ''}` };
    this.connected.set(binding, connected);
    this.variables.add(prop, connected.environment);
    this.variables.add(prop, connected.secrets);
    if (this.task === undefined) {
      this.waiting.push(connected);
    } else {
      this.apply(this.task, connected);
      refuseCircularWaits(Stack.of(scope));
    }
    return connected;
  }

  private apply(task: BoundTask, connected: Connected): void {
    const { permissions, targets = [], dependencies = [], rotation, _services = [] } = connected;
    permissions?.grantTo(task.task.taskRole);
    requireTaskEndpoints(this.scope, task.vpc, task.plan.placement, _services);
    this.needed.push(...openTargets(this.scope, task.connections, targets), ...dependencies);
    addContainers(task, connected);
    if (task.restartable !== undefined) {
      rotation?.restartAfterRotation(task.restartable);
    }
  }
}

function addContainers({ container, logGroup, plan: { user }, ...task }: BoundTask, { origin, certificateAuthority, volumes, sidecars = {} }: Connected): void {
  deliverCertificateAuthorities(container, certificateAuthority === undefined ? [] : [certificateAuthority], logGroup);
  task.volumes.mount(container, { volumes, user, initId: VOLUMES });
  task.sidecars.addAll(sidecars, origin);
  task.containers.note(origin);
}

/** All volumes that a binding mounts somewhere. */
export function volumesOf({ volumes = [], sidecars = {} }: ServiceBindingConfig): ServiceVolume[] {
  return [...volumes, ...Object.values(sidecars).flatMap((sidecar) => sidecar.volumes ?? [])];
}

/** What servers, databases, caches and queues have, of which this room knows none but queues. */
type Mistaken = Partial<Record<'addUser' | 'addDatabase' | 'engine', unknown> & Pick<IQueue, 'grantConsumeMessages'>>;

function explainMistake({ node: { id } }: IConstruct, given: Mistaken): string {
  if (typeof given.grantConsumeMessages === 'function') {
    return 'a queue, which a service consumes or sends to. Use `connectTo: [QueueBinding.consume(queue)]` or `connectTo: [QueueBinding.send(queue)]`.';
  }
  if (typeof given.addUser !== 'function') {
    return `not an \`IServiceBinding\`. Pass a user of a database or cache, a \`QueueBinding\` or a \`FargateApi\`, for example \`connectTo: [postgres.addUser('${id}')]\`.`;
  }
  const [what, name] = given.addDatabase !== undefined ? ['database server', 'postgres'] : given.engine !== undefined ? ['database', 'database'] : ['cache', 'cache'];
  return `a ${what}; a service connects as a user. Use \`connectTo: [${name}.addUser('${id}')]\`.`;
}
