import { Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { shown } from './shown';
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
  /** Whether a task takes work as soon as it runs. */
  readonly consumes: boolean;
  /** All variables with their origins, for those that come later. */
  readonly variables: Variables;
}

/** Where inputs come from. */
export interface ServiceInputSources {
  /** Variables that the library itself gives, by the name of what they follow from. */
  readonly own: { [origin: string]: { [name: string]: string } };
  readonly environment?: { [name: string]: string };
  readonly secrets?: { [name: string]: ecs.Secret };
  readonly connectTo?: IServiceBinding[];
  /** Tasks that run at most, outside of deployments. */
  readonly peakTasks: number;
}

/** Binds everything to the service and merges it, refusing a name that is given two different values. */
export function collectInputs(scope: IConstruct, sources: ServiceInputSources): ServiceInputs {
  const bindings = (sources.connectTo ?? []).map((binding, index) => bind(scope, binding, index, sources.peakTasks));
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
    consumes: bindings.some((binding) => binding._consumes === true),
    variables,
  };
}

/** Not every language checks types: a server or database instead of its user is the likely mistake. */
function bind(scope: IConstruct, binding: IServiceBinding, index: number, maxTasks: number): ServiceBindingConfig {
  if (typeof binding?.bindToService !== 'function') {
    throw new InvalidBackendError(scope, 'Service.connectTo', `\`connectTo[${index}]\` is ${explainMistake(scope, (binding as Mistaken | undefined) ?? {})}`);
  }
  return binding.bindToService(scope, { maxTasks });
}

/** What servers, databases, caches and queues have, of which this room knows none but queues. */
type Mistaken = Partial<Record<'addUser' | 'addDatabase' | 'engine', unknown> & Pick<IQueue, 'grantConsumeMessages'>>;

function explainMistake({ node: { id } }: IConstruct, given: Mistaken): string {
  if (typeof given.grantConsumeMessages === 'function') {
    return 'a queue, which a service consumes or sends to. Use `connectTo: [QueueBinding.consume(queue)]` or `connectTo: [QueueBinding.send(queue)]`.';
  }
  if (typeof given.addUser !== 'function') {
    return `not an \`IServiceBinding\`. Pass a user of a database or cache, a \`QueueBinding\` or a \`FargateApi\`, for example \`connectTo: [postgres.addUser('${id}')]\`.`;
  }
  const [what, name] = given.addDatabase !== undefined ? ['database server', 'postgres'] : given.engine !== undefined ? ['database', 'database'] : ['cache', 'cache'];
  return `a ${what}; a service connects as a user. Use \`connectTo: [${name}.addUser('${id}')]\`.`;
}

function present<T>(bindings: ServiceBindingConfig[], pick: (binding: ServiceBindingConfig) => T | undefined): T[] {
  return bindings.flatMap((binding) => pick(binding) ?? []);
}

interface Variable {
  readonly origin: string;
  readonly value: string | ecs.Secret;
}

/** The variables of a container, each with one value. */
export class Variables {
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
        throw new InvalidBackendError(this.scope, 'Service.emptyVariable', `The environment variable '${name}' in \`${origin}\` is undefined or null. Set a string, or remove '${name}'.`);
      }
      const other = this.byName.get(name);
      if (other !== undefined && !isSame(other.value, value)) {
        this.refuseConflict(name, other.origin, origin);
      }
      this.byName.set(name, { origin, value });
    }
  }

  /** Adds a variable after construction, and answers whether it is new: the same one once more changes nothing. */
  public addLater(origin: string, name: string, value: string | ecs.Secret): boolean {
    const isNew = !this.byName.has(name);
    this.add(origin, { [name]: value });
    return isNew;
  }

  /** What a variable is set to, by whomever. */
  public valueOf(name: string): string | ecs.Secret | undefined {
    return this.byName.get(name)?.value;
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

  private refuseConflict(name: string, first: string, second: string): never {
    if (this.ownProps.has(first)) {
      throw new InvalidBackendError(this.scope, 'Service.reservedVariable', `\`${second}\` sets '${name}', which this library sets from \`${first}\`. Remove '${name}', and set \`${first}\` instead.`);
    }
    const apart = second.startsWith('connectTo') ? `, or use \`ServiceBinding.withPrefix('ORDERS', user)\` in \`connectTo\`, which sets 'ORDERS_${name}' instead` : '';
    throw new InvalidBackendError(this.scope, 'Service.duplicateVariable', `The environment variable '${name}' has two different values, from \`${first}\` and from \`${second}\`. Remove one${apart}.`);
  }

  private validateName(name: string, origin: string): void {
    if (Token.isUnresolved(name) || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      throw new InvalidBackendError(this.scope, 'Service.variableName', `\`${origin}\` has ${shown(name)}, which can't be the name of an environment variable. Use letters, digits, '_', '.' and '-', and start with a letter or '_'.`);
    }
  }
}

function isSame(a: string | ecs.Secret, b: string | ecs.Secret): boolean {
  if (typeof a === 'string' || typeof b === 'string') {
    return a === b;
  }
  return a === b || a.arn === b.arn;
}
