import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { INetworkEndpoint } from './network-endpoint';
import type { IRotationSource } from './rotation-source';
import type { ServiceVolume } from './service-volume';
import type { EndpointService } from './shared/endpoint-service';
import type { SidecarOptions } from './sidecar';
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

/** What a service or a job receives from a binding. Everything is added to what others bring. */
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
   * The endpoints that the service must be able to reach. Exactly these paths are opened, from the service's stack.
   *
   * @default - no network path is opened
   */
  readonly targets?: INetworkEndpoint[];

  /**
   * Further containers of each task, by their ids, which are unique in their service. They obey all that `addSidecar` obeys. In `startsAfter`,
   * `Service` is the container that the binding is for, also in a job. They are added in the order in which they start after each other, else in
   * the order of their ids.
   *
   * @default - none
   */
  readonly sidecars?: { [id: string]: SidecarOptions };

  /**
   * Directories that the service's own container mounts. A sidecar that names a volume of the same id sees the same files.
   *
   * @default - none
   */
  readonly volumes?: ServiceVolume[];

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

  /**
   * Whatever replaces the values of these secrets while tasks run, which read them only when they start.
   *
   * @default - none: new values are used from the next task on
   */
  readonly rotation?: IRotationSource;

  /** @internal */
  readonly _services?: EndpointService[];

  /**
   * Whether every task takes work away from the others, also one that is only tried out.
   *
   * @internal
   */
  readonly _consumes?: boolean;
}

/** Something a service or a job can be connected to: a database user, a cache, a queue, another service. */
export interface IServiceBinding {
  /**
   * Answers with what a service needs: environment, secrets, network paths, permissions, further containers, and what to wait for. Called once for
   * each service or job.
   */
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

  /**
   * The same binding, but the service does not wait for `dependencies` of it: one of two services that call each other, say, which CloudFormation
   * could not create one after the other. In a first deployment the tasks may start before the other exists, so they must not need it to start. Use
   * private DNS there: a task that started first never learns a name of Service Connect.
   */
  public static withoutWaiting(binding: IServiceBinding): IServiceBinding {
    return new UnwaitedBinding(binding);
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

class UnwaitedBinding implements IServiceBinding {
  constructor(private readonly binding: IServiceBinding) {
    requireKind('ServiceBinding.withoutWaiting()', 'binding', binding, BINDING);
  }

  public bindToService(scope: IConstruct, options: ServiceBindingOptions): ServiceBindingConfig {
    const { dependencies: _, ...config } = this.binding.bindToService(scope, options);
    return config;
  }
}
