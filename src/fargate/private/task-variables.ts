import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Variables } from './service-inputs';

/** Variables of a container that is there already. They follow the rules of those that it was made with. */
export class TaskVariables {
  constructor(private readonly container: ecs.ContainerDefinition, private readonly variables: Variables) {}

  public addEnvironment(name: string, value: string): void {
    if (this.variables.addLater('addEnvironment()', name, value)) {
      this.container.addEnvironment(name, value);
    }
  }

  public addSecret(name: string, secret: ecs.Secret): void {
    if (this.variables.addLater('addSecret()', name, secret)) {
      this.container.addSecret(name, secret);
    }
  }

  /** What a variable is set to, by whomever. */
  public valueOf(name: string): string | ecs.Secret | undefined {
    return this.variables.valueOf(name);
  }
}
