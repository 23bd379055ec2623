import { Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import type { OwnVariables } from './service-plan';
import { InvalidBackendError } from '../../private/errors';
import { shown } from '../../private/shown';
import { sortedByName } from '../../private/sorted';
import type { CommonTaskProps } from '../common-task-props';

type Value = string | ecs.Secret;
type Values = { [name: string]: Value };

interface Variable {
  readonly origin: string;
  readonly value: Value;
}

/** The variables of a container, each with one value, whoever sets them and whenever. */
export class TaskVariables {
  private readonly byName = new Map<string, Variable>();
  private readonly ownProps = new Set<string>();
  private container?: ecs.ContainerDefinition;

  /** @param own variables that the library itself gives, by the prop that they follow from, which is where to change them */
  constructor(private readonly scope: IConstruct, own: OwnVariables, { environment, secrets }: Pick<CommonTaskProps, 'environment' | 'secrets'>) {
    Object.entries(own).forEach(([prop, values]) => {
      this.ownProps.add(prop);
      this.add(prop, values);
    });
    this.add('environment', environment);
    this.add('secrets', secrets);
  }

  /** Puts all variables into a container, and those that come later. */
  public fill(container: ecs.ContainerDefinition): void {
    this.container = container;
    Object.entries(sortedByName(Object.fromEntries(this.byName))).forEach(([name, { value }]) => put(container, name, value));
  }

  /** Sets variables. The same value once more changes nothing, and another one is refused. */
  public add(origin: string, values: Values = {}): void {
    Object.entries(sortedByName(values)).forEach(([name, value]) => this.addOne(origin, name, value));
  }

  public addEnvironment(name: string, value: string): void {
    this.addOne('addEnvironment()', name, value);
  }

  public addSecret(name: string, secret: ecs.Secret): void {
    this.addOne('addSecret()', name, secret);
  }

  /** What a variable is set to, by whomever. */
  public valueOf(name: string): Value | undefined {
    return this.byName.get(name)?.value;
  }

  private addOne(origin: string, name: string, value: Value): void {
    this.validateName(name, origin);
    if (value === undefined || value === null) {
      throw new InvalidBackendError(this.scope, 'Service.emptyVariable', `The environment variable '${name}' in \`${origin}\` is undefined or null. Set a string, or remove '${name}'.`);
    }
    const other = this.byName.get(name);
    if (other !== undefined && !isSame(other.value, value)) {
      this.refuseConflict(name, other.origin, origin);
    }
    this.byName.set(name, { origin, value });
    if (other === undefined && this.container !== undefined) {
      put(this.container, name, value);
    }
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

function put(container: ecs.ContainerDefinition, name: string, value: Value): void {
  if (typeof value === 'string') {
    container.addEnvironment(name, value);
  } else {
    container.addSecret(name, value);
  }
}

function isSame(a: Value, b: Value): boolean {
  if (typeof a === 'string' || typeof b === 'string') {
    return a === b;
  }
  return a === b || a.arn === b.arn;
}
