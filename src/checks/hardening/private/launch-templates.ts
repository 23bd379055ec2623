import type { World } from './world';
import { isMap, literalText, resourceOf, type ModelResource } from '../../private/model';

/** The launch template of an instance, where it is in the templates: by id, or by name. */
export function launchTemplateOf(instance: ModelResource, world: World): ModelResource | undefined {
  const reference = instance.value('LaunchTemplate');
  if (!isMap(reference)) {
    return undefined;
  }
  const name = literalText(reference.LaunchTemplateName);
  return resourceOf(reference.LaunchTemplateId) ?? resourceOf(reference.LaunchTemplateName)
    ?? (name === undefined ? undefined : world.model.ofType('AWS::EC2::LaunchTemplate').find((template) => template.text('LaunchTemplateName') === name));
}

/** Whether an instance names a launch template that is not in the templates. */
export function hasForeignTemplate(instance: ModelResource, world: World): boolean {
  return instance.value('LaunchTemplate') !== undefined && launchTemplateOf(instance, world) === undefined;
}
