import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { problem } from '../../private/errors';

/** Containers that a task definition may have. */
export const MAX_CONTAINERS = 10;

/** Who brought which containers of a task, counted once all are there. */
export class TaskContainers {
  private readonly names = new Map<string, string[]>();

  constructor(scope: IConstruct, private readonly task: ecs.TaskDefinition) {
    scope.node.addValidation({ validate: () => this.validate() });
  }

  /** Notes that all containers that are new were brought by this. */
  public note(origin: string): void {
    const known = [...this.names.values()].flat();
    const fresh = namesOf(this.task).filter((name) => !known.includes(name));
    if (fresh.length > 0) {
      this.names.set(origin, [...this.names.get(origin) ?? [], ...fresh]);
    }
  }

  /** All containers, by those who brought them. */
  public get list(): string {
    this.note('`taskDefinition`');
    return [...this.names].map(([origin, names]) => `${names.map((name) => `'${name}'`).join(', ')} from ${origin}`).join('; ');
  }

  private validate(): string[] {
    const count = namesOf(this.task).length;
    return count <= MAX_CONTAINERS ? [] : [problem('Sidecar.tooManyContainers', `The tasks have ${count} containers, but ECS allows ${MAX_CONTAINERS}: ${this.list}. `
      + 'Remove sidecars or bindings, or their `writablePaths`, `sharedPaths` and `volumes`, which are prepared by containers too.')];
  }
}

function namesOf(task: ecs.TaskDefinition): string[] {
  return task.node.children.flatMap((child) => (child instanceof ecs.ContainerDefinition ? [child.containerName] : []));
}
