import { isMap, resourceOf, type ModelResource, type TemplateModel } from '../../../private/model';
import { HOURS, type Ledger, type Pricer } from '../ledger';

/** Storage that every task has without charge, in GiB. */
const FREE_STORAGE = 20;

const SCALING = new WeakMap<TemplateModel, Map<ModelResource, ModelResource>>();

/** Tasks on demand and on Spot. */
interface Tasks {
  readonly onDemand: number;
  readonly spot: number;
}

const service: Pricer = (resource, ledger) => {
  const { onDemand, spot } = tasksOf(resource, ledger);
  const tasks = onDemand + spot;
  if (tasks === 0) {
    return;
  }
  const definition = resourceOf(resource.value('TaskDefinition'));
  if (definition === undefined) {
    ledger.leaveOpen(resource, 'The task definition is not in the templates, so its tasks are not in the totals.');
    return;
  }
  if (definition.text('RuntimePlatform.OperatingSystemFamily')?.startsWith('WINDOWS') === true) {
    ledger.leaveOpen(resource, 'Tasks on Windows have no price in the table and are not in the totals.');
    return;
  }
  const architecture = definition.text('RuntimePlatform.CpuArchitecture') === 'ARM64' ? 'arm64' : 'x86';
  const processors = size(definition, 'Cpu', ledger);
  const memory = size(definition, 'Memory', ledger);
  for (const [kind, count] of [['fargate', onDemand], ['fargate-spot', spot]] as const) {
    ledger.charge(resource, `${kind}-${architecture}-vcpu`, { quantity: count * processors * HOURS, idle: 0 });
    ledger.charge(resource, `${kind}-${architecture}-memory`, { quantity: count * memory * HOURS, idle: 0 });
  }
  const storage = ledger.count(definition, 'EphemeralStorage.SizeInGiB', FREE_STORAGE);
  ledger.charge(resource, 'fargate-ephemeral-storage', { quantity: tasks * Math.max(0, storage - FREE_STORAGE) * HOURS, idle: 0 });
  if (resource.text('NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp') === 'ENABLED') {
    ledger.charge(resource, 'public-ipv4', { quantity: tasks * HOURS, idle: 0 });
  }
  ledger.assume('Idle, services have no task.');
};

function tasksOf(resource: ModelResource, ledger: Ledger): Tasks {
  const strategy = strategyOf(resource, ledger);
  if (strategy !== undefined) {
    return shares(desiredCount(resource, ledger), strategy);
  }
  // Without a launch type tasks run on instances, which are charged as such.
  const launchType = resource.value('LaunchType') === undefined ? 'EC2' : ledger.literal(resource, 'LaunchType', 'FARGATE is assumed') ?? 'FARGATE';
  return { onDemand: launchType === 'FARGATE' ? desiredCount(resource, ledger) : 0, spot: 0 };
}

interface StrategyItem {
  readonly provider: string;
  readonly weight: number;
  readonly base: number;
}

/** The service's own capacity provider strategy, or its cluster's where it names no launch type. */
function strategyOf(resource: ModelResource, ledger: Ledger): StrategyItem[] | undefined {
  const own = resource.list('CapacityProviderStrategy');
  const cluster = resourceOf(resource.value('Cluster'));
  const ofCluster = resource.value('LaunchType') !== undefined || cluster === undefined ? [] : [
    ...ledger.model.ofType('AWS::ECS::ClusterCapacityProviderAssociations').filter((association) => resourceOf(association.value('Cluster')) === cluster),
  ].flatMap((association) => [...association.list('DefaultCapacityProviderStrategy')]).concat(cluster.list('DefaultCapacityProviderStrategy'));
  const items = (own.length > 0 ? own : ofCluster).filter(isMap).map(({ CapacityProvider, Weight, Base }) => ({
    provider: typeof CapacityProvider === 'string' ? CapacityProvider : '',
    weight: Number(typeof Weight === 'object' ? 1 : Weight ?? 0),
    base: Number(typeof Base === 'object' ? 0 : Base ?? 0),
  }));
  return items.length === 0 ? undefined : items;
}

/** The base first, the rest by weight; tasks of other providers run on instances. */
function shares(count: number, strategy: readonly StrategyItem[]): Tasks {
  const base = strategy.reduce((sum, item) => sum + item.base, 0);
  const rest = Math.max(0, count - base);
  const weights = strategy.reduce((sum, item) => sum + item.weight, 0);
  const share = (name: string) => strategy.filter(({ provider }) => provider === name)
    .reduce((sum, item) => sum + Math.min(item.base, count) + (weights === 0 ? 0 : (rest * item.weight) / weights), 0);
  return { onDemand: share('FARGATE'), spot: share('FARGATE_SPOT') };
}

/** What the service says, else the least that its scaling keeps, else one. */
function desiredCount(resource: ModelResource, ledger: Ledger): number {
  const scaling = scalingOf(ledger.model).get(resource);
  if (scaling === undefined) {
    return ledger.count(resource, 'DesiredCount', 1);
  }
  ledger.assume('Services that scale run the least number of tasks that their scaling keeps.');
  return ledger.count(scaling, 'MinCapacity', 1);
}

/** Scalable targets by the service that they scale. */
function scalingOf(model: TemplateModel): Map<ModelResource, ModelResource> {
  let targets = SCALING.get(model);
  if (targets === undefined) {
    targets = new Map(model.ofType('AWS::ApplicationAutoScaling::ScalableTarget')
      .filter((target) => target.text('ScalableDimension') === 'ecs:service:DesiredCount')
      .flatMap((target) => target.mentions('ResourceId').map((scaled) => [scaled, target] as const)));
    SCALING.set(model, targets);
  }
  return targets;
}

/** vCPU or GB of a task: `256` of either is a quarter vCPU or GB, `.5 vCPU` and `1 GB` are as they say. */
function size(definition: ModelResource, path: 'Cpu' | 'Memory', ledger: Ledger): number {
  const text = ledger.literal(definition, path, path === 'Cpu' ? '0.25 vCPU is assumed' : '0.5 GB is assumed');
  if (text === undefined) {
    return path === 'Cpu' ? 0.25 : 0.5;
  }
  const named = /^\s*([\d.]+)\s*(?:vCPU|GB)\s*$/i.exec(text);
  return named === null ? Number(text) / 1024 : Number(named[1]);
}

export const FARGATE_PRICERS: Record<string, Pricer> = { 'AWS::ECS::Service': service };
