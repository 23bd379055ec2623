import type { IConstruct } from 'constructs';
import { topLevelStackOf } from '../../private/stable-path';

/**
 * The family of a task definition that commands, events and permissions name without a revision. Two stacks of one app must not share it, or
 * one would start and watch the tasks of the other; so the name of the stack is in it, and that of its parent for a nested stack, whose own
 * is not known before the deployment.
 *
 * At most 202 of the 255 characters that ECS takes.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
export function taskFamily(scope: IConstruct): string {
  const { id, addr } = scope.node;
  return `${topLevelStackOf(scope).stackName}-${id.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 64)}-${addr.slice(-8)}`;
}
