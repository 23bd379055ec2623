import * as ecs from 'aws-cdk-lib/aws-ecs';

interface Named {
  readonly name: string;
}

/** The container that tasks are about. Its variables are in the order of their names, whenever they were added. */
export class TaskContainerDefinition extends ecs.ContainerDefinition {
  private readonly suggested: { [name: string]: string } = {};

  /** Sets a variable unless somebody else does. */
  public suggestEnvironment(name: string, value: string): void {
    this.suggested[name] = value;
  }

  /** @internal */
  public renderContainerDefinition(taskDefinition?: ecs.TaskDefinition): ecs.CfnTaskDefinition.ContainerDefinitionProperty {
    const rendered = super.renderContainerDefinition(taskDefinition);
    const environment = (rendered.environment ?? []) as ecs.CfnTaskDefinition.KeyValuePairProperty[] & Named[];
    const secrets = rendered.secrets as ecs.CfnTaskDefinition.SecretProperty[] | undefined;
    const taken = [...environment, ...secrets ?? []].map(({ name }) => name);
    const suggested = Object.entries(this.suggested).flatMap(([name, value]) => (taken.includes(name) ? [] : [{ name, value }]));
    const all = [...environment, ...suggested];
    return { ...rendered, environment: all.length === 0 ? undefined : sorted(all), secrets: secrets && sorted(secrets) };
  }
}

function sorted<T extends Named>(variables: T[]): T[] {
  return [...variables].sort((a, b) => (a.name < b.name ? -1 : 1));
}
