import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { isList, isMap, listOf, resourceOf, type ModelMap, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** Tasks that something starts: a service, a schedule, a custom resource. */
export interface Task {
  readonly owner: ModelResource;
  /** Undefined where the template leaves open which it is. */
  readonly definition?: ModelResource;
  /** Undefined where tasks have no interface of their own, as in bridge mode. */
  readonly network?: NetworkInterface;
  readonly isFargate: boolean;
  readonly isService: boolean;
}

const DEFINITION = 'AWS::ECS::TaskDefinition';

/** Everything in the model that starts tasks. */
export function findTasks(model: TemplateModel, factory: InterfaceFactory): Task[] {
  const services = model.ofType('AWS::ECS::Service', 'AWS::ECS::TaskSet').map((resource) => serviceTask(resource, factory));
  const runs = model.ofType('AWS::Events::Rule').flatMap((resource) => resource.list('Targets').flatMap((target) => scheduled(resource, target, factory)));
  const schedules = model.ofType('AWS::Scheduler::Schedule').flatMap((resource) => scheduled(resource, resource.value('Target'), factory));
  const custom = model.resources.filter(isCustom).flatMap((resource) => customRun(resource, factory));
  return [...services, ...runs, ...schedules, ...custom];
}

export function isCustom({ type }: ModelResource): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

function serviceTask(resource: ModelResource, factory: InterfaceFactory): Task {
  const definition = definitionOf(resource.value('TaskDefinition'));
  const network = networkOf(resource, resource.value('NetworkConfiguration'), factory);
  const launch = resource.text('LaunchType');
  const providers = resource.list('CapacityProviderStrategy').map((item) => (isMap(item) ? String(item.CapacityProvider) : ''));
  const isFargate = launch === 'FARGATE' || providers.some((name) => name.startsWith('FARGATE'))
    || (launch === undefined && providers.length === 0 && supportsFargate(definition) && network !== undefined);
  return { owner: resource, definition, network, isFargate, isService: true };
}

/** A target of an EventBridge rule or schedule. */
function scheduled(resource: ModelResource, target: ModelValue | undefined, factory: InterfaceFactory): Task[] {
  const parameters = isMap(target) ? target.EcsParameters : undefined;
  if (!isMap(parameters)) {
    return [];
  }
  const definition = definitionOf(parameters.TaskDefinitionArn);
  const network = networkOf(resource, parameters.NetworkConfiguration, factory);
  return [{ owner: resource, definition, network, isFargate: parameters.LaunchType === 'FARGATE' || (parameters.LaunchType === undefined && supportsFargate(definition)), isService: false }];
}

/** A custom resource that is given a task definition and a network runs tasks in it. */
function customRun(resource: ModelResource, factory: InterfaceFactory): Task[] {
  const definition = Object.values(resource.properties).map(resourceOf).find((mentioned) => mentioned?.type === DEFINITION);
  const network = definition === undefined ? undefined : networkIn(resource, resource.properties, factory);
  return network === undefined ? [] : [{ owner: resource, definition, network, isFargate: supportsFargate(definition), isService: false }];
}

/** Events and schedules write it in different cases. */
function networkOf(owner: ModelResource, configuration: ModelValue | undefined, factory: InterfaceFactory): NetworkInterface | undefined {
  const vpc = isMap(configuration) ? configuration.AwsvpcConfiguration ?? configuration.AwsVpcConfiguration : undefined;
  return isMap(vpc) ? networkIn(owner, vpc, factory) : undefined;
}

function networkIn(owner: ModelResource, properties: ModelMap, factory: InterfaceFactory): NetworkInterface | undefined {
  const find = (pattern: RegExp) => Object.entries(properties).find(([name, value]) => pattern.test(name) && (isList(value) || typeof value === 'object'))?.[1];
  const subnets = find(/^subnet(s|ids)$/i);
  if (subnets === undefined || listOf(subnets).length === 0) {
    return undefined;
  }
  const publicIp = Object.entries(properties).find(([name]) => /^assignpublicip$/i.test(name))?.[1] === 'ENABLED';
  return factory.make({ kind: 'task', owner, subnets, groups: find(/^securitygroup(s|ids)$/i), publicIp });
}

function definitionOf(value: ModelValue | undefined): ModelResource | undefined {
  const resource = resourceOf(value);
  return resource?.type === DEFINITION ? resource : undefined;
}

function supportsFargate(definition: ModelResource | undefined): boolean {
  return definition?.list('RequiresCompatibilities').includes('FARGATE') ?? false;
}
