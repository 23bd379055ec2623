import { Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import type { INetworkEndpoint, IServiceBinding, IServicePermissions, ServiceBindingConfig } from '../../binding';
import type { EndpointService } from '../../binding/shared/endpoint-service';
import { InvalidBackendError } from '../../private/errors';
import { sortedByName } from '../../private/sorted';

/** Everything that a service is given, by its bindings and by its own props. */
export interface ServiceInputs {
  readonly environment: { [name: string]: string };
  readonly secrets: { [name: string]: ecs.Secret };
  readonly targets: INetworkEndpoint[];
  readonly certificateAuthorities: ecs.Secret[];
  readonly dependencies: IConstruct[];
  readonly permissions: IServicePermissions[];
  /** AWS services that it calls, for which isolated tasks need endpoints. */
  readonly services: EndpointService[];
}

/** Where inputs come from. */
export interface ServiceInputSources {
  /** Variables that the library itself gives, by the name of what they follow from. */
  readonly own: { [origin: string]: { [name: string]: string } };
  readonly environment?: { [name: string]: string };
  readonly secrets?: { [name: string]: ecs.Secret };
  readonly connectTo?: IServiceBinding[];
}

/** Binds everything to the service and merges it, refusing a name that is given two different values. */
export function collectInputs(scope: IConstruct, sources: ServiceInputSources): ServiceInputs {
  const bindings = (sources.connectTo ?? []).map((binding, index) => bind(scope, binding, index));
  const variables = new Variables(scope);
  Object.entries(sources.own).forEach(([prop, values]) => variables.addOwn(prop, values));
  variables.add('environment', sources.environment);
  variables.add('secrets', sources.secrets);
  bindings.forEach((binding, index) => {
    variables.add(`connectTo[${index}]`, binding.environment);
    variables.add(`connectTo[${index}]`, binding.secrets);
  });
  return {
    environment: variables.environment(),
    secrets: variables.secrets(),
    targets: present(bindings, (binding) => binding.target),
    certificateAuthorities: present(bindings, (binding) => binding.certificateAuthority),
    dependencies: bindings.flatMap((binding) => binding.dependencies ?? []),
    permissions: present(bindings, (binding) => binding.permissions),
    services: bindings.flatMap((binding) => binding._services ?? []),
  };
}

/** Not every language checks types: a server or database instead of its user is the likely mistake. */
function bind(scope: IConstruct, binding: IServiceBinding, index: number): ServiceBindingConfig {
  if (typeof binding?.bindToService !== 'function') {
    const how = typeof (binding as Partial<IQueue> | undefined)?.grantConsumeMessages === 'function'
      ? 'A service consumes a queue or sends to it: connectTo: [QueueBinding.consume(queue)].'
      : "A service connects to a database as a user: connectTo: [postgres.database.addUser('Api')].";
    throw new InvalidBackendError(scope, `connectTo[${index}] is no IServiceBinding. ${how}`);
  }
  return binding.bindToService(scope, {});
}

function present<T>(bindings: ServiceBindingConfig[], pick: (binding: ServiceBindingConfig) => T | undefined): T[] {
  return bindings.flatMap((binding) => pick(binding) ?? []);
}

interface Variable {
  readonly origin: string;
  readonly value: string | ecs.Secret;
}

class Variables {
  private readonly byName = new Map<string, Variable>();
  private readonly ownProps = new Set<string>();

  constructor(private readonly scope: IConstruct) {}

  /** Variables that follow from a prop, which is where to change them. */
  public addOwn(prop: string, values: { [name: string]: string }): void {
    this.ownProps.add(prop);
    this.add(prop, values);
  }

  public add(origin: string, values: { [name: string]: string | ecs.Secret } = {}): void {
    for (const [name, value] of Object.entries(values)) {
      this.validateName(name, origin);
      if (value === undefined || value === null) {
        throw new InvalidBackendError(this.scope, `The environment variable '${name}' (from ${origin}) has no value. Give it one, or leave it out.`);
      }
      const other = this.byName.get(name);
      if (other !== undefined && !isSame(other.value, value)) {
        throw new InvalidBackendError(this.scope, this.explainConflict(name, other.origin, origin));
      }
      this.byName.set(name, { origin, value });
    }
  }

  public environment(): { [name: string]: string } {
    return this.pick((value): value is string => typeof value === 'string');
  }

  public secrets(): { [name: string]: ecs.Secret } {
    return this.pick((value): value is ecs.Secret => typeof value !== 'string');
  }

  private pick<T extends string | ecs.Secret>(wanted: (value: string | ecs.Secret) => value is T): { [name: string]: T } {
    const picked = [...this.byName].flatMap(([name, { value }]) => (wanted(value) ? [[name, value] as const] : []));
    return sortedByName(Object.fromEntries(picked));
  }

  private explainConflict(name: string, first: string, second: string): string {
    if (this.ownProps.has(first)) {
      return `${second} sets '${name}', which the service gets from the prop '${first}'. Set '${first}' instead.`;
    }
    return `The environment variable '${name}' is given twice with different values, by ${first} and by ${second}. `
      + `Keep two bindings apart with ServiceBinding.prefixed('ORDERS', binding), which gives ORDERS_${name}, or drop one of the two.`;
  }

  private validateName(name: string, origin: string): void {
    if (Token.isUnresolved(name) || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      throw new InvalidBackendError(this.scope, `'${name}' (from ${origin}) is no name for an environment variable. Use letters, digits and underscores, not starting with a digit.`);
    }
  }
}

function isSame(a: string | ecs.Secret, b: string | ecs.Secret): boolean {
  if (typeof a === 'string' || typeof b === 'string') {
    return a === b;
  }
  return a === b || a.arn === b.arn;
}
