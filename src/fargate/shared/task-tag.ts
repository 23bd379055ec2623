import type { CfnService, CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct, IConstruct } from 'constructs';
import { problem } from '../../private/errors';
import { pathInStack, topLevelStackOf } from '../../private/stable-path';

/** Key of the tag by which IAM tells tasks apart. */
export const TASK_TAG = 'cdk-private-backend:task';

/** What IAM compares that tag with. */
export const TASK_TAG_KEY = `aws:ResourceTag/${TASK_TAG}`;

/**
 * What AWS takes of a value is 256 characters, and the name of a stack, which may be known only at deployment, has up to 128.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions
 */
const PATH_CHARACTERS = 127;

/** All that is neither a letter, a digit, a space nor a sign of tags. IAM would read some of the others as patterns or variables. */
const OTHER_CHARACTERS = /[^A-Za-z0-9 _.:/=+@-]/g;

/** The value of the tag: no other construct of the account and region has it, and it stays as long as the logical ids do. */
export function taskTagOf(owner: IConstruct): string {
  const path = pathInStack(owner).join('/');
  const plain = path.replace(OTHER_CHARACTERS, '-');
  const end = `-${owner.node.addr.slice(-8)}`;
  return `${topLevelStackOf(owner).stackName}/${plain === path && path.length <= PATH_CHARACTERS ? path : plain.slice(0, PATH_CHARACTERS - end.length) + end}`;
}

/** Pattern of the values of all tags of a stack and those nested in it: the name of a stack has no `/`. */
export function taskTagsOfStack(scope: IConstruct): string {
  return `${topLevelStackOf(scope).stackName}/*`;
}

/** Gives tasks their tag, by what they have their tags from: the service, or else the task definition. */
export function tagTasks(owner: Construct, resource: CfnService | CfnTaskDefinition): void {
  const value = taskTagOf(owner);
  resource.tags.setTag(TASK_TAG, value, Number.MAX_SAFE_INTEGER);
  owner.node.addValidation({
    validate: () => (resource.tags.tagValues()[TASK_TAG] === value ? [] : [problem('TaskTag.changed',
      `The tag '${TASK_TAG}' of '${resource.node.path}' was changed or removed, so permissions for its tasks would hold for others or for none. Remove that key from your own \`Tags\`.`)]),
  });
}
