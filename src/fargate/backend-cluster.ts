import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { NamespaceType } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { Posture } from '../posture';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';

/** Properties of a cluster. */
export interface BackendClusterProps {
  /** The network that tasks run in. */
  readonly vpc: ec2.IVpc;

  /**
   * Domain name of a private DNS namespace, such as `backend.internal`, under which services can be found inside the VPC.
   *
   * @default - no namespace
   */
  readonly privateDnsNamespace?: string;

  /**
   * Whether Container Insights with enhanced observability collects metrics of each task and container.
   *
   * @default - as the posture says: off in development, on in production
   */
  readonly containerInsights?: boolean;
}

/**
 * An ECS cluster with the posture's settings. It is an `ecs.ICluster`: everything that takes a cluster takes this one, and
 * constructs of this library take any other.
 *
 * ## What it makes
 * One ECS cluster without EC2 capacity, and a Cloud Map private DNS namespace where one is asked for.
 *
 * ## Defaults that matter
 * Container Insights by posture. A reference from another stack is weak, so that a consumer can always be removed.
 *
 * ## Security considerations
 * A cluster is a name for tasks, not a boundary: what a task may reach is decided by its security groups and task role.
 *
 * ## Cost
 * The cluster costs nothing. Container Insights costs about 0.07 USD per metric a month, in practice a few USD a month for
 * each service. A private DNS namespace is a hosted zone: 0.50 USD a month.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendCluster, BackendNetwork } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * new BackendCluster(stack, 'Cluster', { vpc, privateDnsNamespace: 'backend.internal' });
 */
export class BackendCluster extends ecs.Cluster {
  /** @throws InvalidBackendError for a private DNS namespace that is no domain name */
  constructor(scope: Construct, id: string, props: BackendClusterProps) {
    super(scope, id, {
      vpc: props.vpc,
      enableFargateCapacityProviders: false,
      containerInsightsV2: renderInsights(props.containerInsights ?? Posture.of(scope).containerInsights),
      defaultCloudMapNamespace: renderNamespace(scope, props),
    });
    if (props.privateDnsNamespace !== undefined) {
      dependOnStackOf(this, props.vpc, 'A namespace depends on its network, never the reverse.');
    }
    this.shareWithOtherStacks();
  }

  private shareWithOtherStacks(): void {
    referWeakly(...[this, this.defaultCloudMapNamespace].flatMap((shared) => shared?.node.defaultChild ?? []));
  }
}

function renderNamespace(scope: Construct, props: BackendClusterProps): ecs.CloudMapNamespaceOptions | undefined {
  const { privateDnsNamespace: name, vpc } = props;
  if (name !== undefined && !Token.isUnresolved(name) && !/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name)) {
    throw new InvalidBackendError(scope, `privateDnsNamespace must be a domain name in lower case, like 'backend.internal', got '${name}'.`);
  }
  return name === undefined ? undefined : { name, type: NamespaceType.DNS_PRIVATE, vpc };
}

function renderInsights(enabled: boolean): ecs.ContainerInsights {
  return enabled ? ecs.ContainerInsights.ENHANCED : ecs.ContainerInsights.DISABLED;
}
