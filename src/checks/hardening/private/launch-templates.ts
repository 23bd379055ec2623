import type { World } from './world';
import { isMap, literalText, resourceOf, type ModelResource, type ModelValue } from '../../private/model';

/** Where an instance, or a group of them, names its launch template. */
function referenceOf(machine: ModelResource): ModelValue | undefined {
  return machine.value('LaunchTemplate') ?? machine.value('MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification');
}

/** The launch template of an instance or group, where it is in the templates: by id, or by name. */
export function launchTemplateOf(machine: ModelResource, world: World): ModelResource | undefined {
  const reference = referenceOf(machine);
  if (!isMap(reference)) {
    return undefined;
  }
  const name = literalText(reference.LaunchTemplateName);
  return resourceOf(reference.LaunchTemplateId) ?? resourceOf(reference.LaunchTemplateName)
    ?? (name === undefined ? undefined : world.model.ofType('AWS::EC2::LaunchTemplate').find((template) => template.text('LaunchTemplateName') === name));
}

/** Whether an instance or group names a launch template that is not in the templates. */
export function hasForeignTemplate(machine: ModelResource, world: World): boolean {
  return referenceOf(machine) !== undefined && launchTemplateOf(machine, world) === undefined;
}
