import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { INetworkEndpoint } from './network-endpoint';
import type { EndpointService } from './shared/endpoint-service';
import { InvalidBackendError } from '../private/errors';
import { BINDING, requireKind } from '../private/props';

/** Options that a service gives to a binding. */
export interface ServiceBindingOptions {
  /**
   * Put before every variable name, with an underscore: `ORDERS` gives `ORDERS_DATABASE_URL`.
   *
   * @default - no prefix
   */
  readonly prefix?: string;

  /**
   * Tasks of the service that run at most, outside of deployments. A deployment may run twice as many. Database users count their
   * connections by it; others ignore it.
   *
   * @default - not known; a database user counts the tasks of its posture
   */
  readonly maxTasks?: number;
}

/** Permissions that come with a binding. */
export interface IServicePermissions {
  /** Grants them to a service: to the role of its tasks. */
  grantTo(grantee: IGrantable): void;
}

/** What a service receives from a binding. */
export interface ServiceBindingConfig {
  /**
   * Environment variables of the container.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Environment variables of the container that come from Secrets Manager or Systems Manager.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: Secret };

  /**
   * The endpoint that the service must be able to reach. Exactly this path is opened, from the service's stack.
   *
   * @default - no network path is opened
   */
  readonly target?: INetworkEndpoint;

  /**
   * A secret that holds PEM certificates which clients in the container must trust. They are delivered as the file
   * `/run/cdk-private-backend/ca/ca.pem`.
   *
   * @default - no additional certificate authority
   */
  readonly certificateAuthority?: Secret;

  /**
   * What the service may do in AWS, such as `{ grantTo: (service) => bucket.grantRead(service) }`. It starts when it may.
   *
   * @default - nothing
   */
  readonly permissions?: IServicePermissions;

  /**
   * Constructs whose resources must exist before the service starts. Only the service waits, nothing else.
   *
   * @default - none beyond what environment and secrets refer to
   */
  readonly dependencies?: IConstruct[];

  /** @internal */
  readonly _services?: EndpointService[];

  /**
   * Whether every task takes work away from the others, also one that is only tried out.
   *
   * @internal
   */
  readonly _consumes?: boolean;
}

/** Something a service can be connected to: a database user, a cache, a queue, another service. */
export interface IServiceBinding {
  /** Answers with what a service needs: environment, secrets, the network path and what to wait for. */
  bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig;
}

/** Ways to use a binding. */
export abstract class ServiceBinding {
  /**
   * The same binding with a prefix before each variable name, so that one service can use two databases.
   *
   * @param prefix upper-case letters, digits and underscores, starting with a letter
   */
  public static withPrefix(prefix: string, binding: IServiceBinding): IServiceBinding {
    return new PrefixedBinding(prefix, binding);
  }
}

class PrefixedBinding implements IServiceBinding {
  constructor(private readonly prefix: string, private readonly binding: IServiceBinding) {
    requireKind('ServiceBinding.withPrefix()', 'binding', binding, BINDING);
    if (!/^[A-Z][A-Z0-9_]*$/.test(prefix)) {
      throw new InvalidBackendError('ServiceBinding.withPrefix()', 'ServiceBinding.prefix', `The prefix must be upper-case letters, digits and underscores, and start with a letter, like 'ORDERS', got '${prefix}'.`);
    }
  }

  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    const prefix = options.prefix === undefined ? this.prefix : `${options.prefix}_${this.prefix}`;
    return this.binding.bindToService(scope, { ...options, prefix });
  }
}
