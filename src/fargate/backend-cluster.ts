import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { NamespaceType } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { DiscoveryNamespace } from './discovery-namespace';
import { Posture } from '../posture';
import { shareDiscovery } from './private/discovery';
import { findNamesakes } from './private/namesakes';
import { requireVpcHere } from '../network/shared/placement';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnStackOf } from '../private/stack-order';

/** Properties of a cluster. */
export interface BackendClusterProps {
  /** The network that tasks run in. */
  readonly vpc: ec2.IVpc;

  /**
   * How services of this cluster find each other, which `connectTo` of one service needs to name another.
   *
   * @default - they do not
   */
  readonly serviceDiscovery?: DiscoveryNamespace;

  /**
   * Whether services may run on Spot capacity, which they ask for with `ServiceCapacity.spot()`.
   *
   * @default false
   */
  readonly fargateSpot?: boolean;

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
 * One ECS cluster without EC2 capacity, and a Cloud Map namespace where service discovery is asked for.
 *
 * ## Defaults that matter
 * Container Insights by posture. A reference from another stack is weak, so that a consumer can always be removed.
 *
 * ## Security considerations
 * A cluster is a name for tasks, not a boundary: what a task may reach is decided by its security groups and task role.
 *
 * ## Cost
 * The cluster costs nothing. Container Insights costs about 0.07 USD per metric a month, in practice a few USD a month for
 * each service. A private DNS namespace is a hosted zone: 0.50 USD a month. Service Connect costs nothing but the memory and CPU of its
 * proxies.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendCluster, BackendNetwork, DiscoveryNamespace } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
 */
export class BackendCluster extends ecs.Cluster {
  /** @throws InvalidBackendError for a namespace that is not a domain name */
  constructor(scope: Construct, id: string, props: BackendClusterProps) {
    const discovery = props.serviceDiscovery;
    super(scope, id, {
      vpc: props.vpc,
      enableFargateCapacityProviders: props.fargateSpot ?? false,
      containerInsightsV2: renderInsights(props.containerInsights ?? Posture.of(scope).containerInsights),
      defaultCloudMapNamespace: discovery && renderNamespace(discovery, props.vpc),
    });
    requireVpcHere(this, props.vpc);
    if (discovery !== undefined) {
      validateNamespace(this, discovery);
      this.shareDiscovery(discovery, props.vpc);
    }
    referWeakly(...[this, this.defaultCloudMapNamespace].flatMap((shared) => shared?.node.defaultChild ?? []));
    describe(this, this, () => ({ kind: 'cluster' }));
  }

  private shareDiscovery(discovery: DiscoveryNamespace, vpc: ec2.IVpc): void {
    const namespace = this.defaultCloudMapNamespace;
    if (discovery._kind === 'dns') {
      dependOnStackOf(this, vpc, 'A namespace depends on its network, never the reverse.');
    }
    const resource = namespace?.node.defaultChild;
    if (namespace !== undefined && resource !== undefined) {
      this.node.addValidation({ validate: () => findNamesakes({ resource, discovery, vpc }) });
      shareDiscovery(this, { kind: discovery._kind, namespace, namespaceName: discovery._namespace, requestTimeout: discovery._requestTimeout, names: new Map() });
    }
  }
}

function validateNamespace(scope: Construct, { _namespace: name }: DiscoveryNamespace): void {
  if (!Token.isUnresolved(name) && !/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name)) {
    throw new InvalidBackendError(scope, 'DiscoveryNamespace.namespace', `The namespace of \`serviceDiscovery\` must be a domain name in lower case, for example 'backend.internal', got '${name}'.`);
  }
}

function renderNamespace({ _kind, _namespace: name }: DiscoveryNamespace, vpc: ec2.IVpc): ecs.CloudMapNamespaceOptions {
  return _kind === 'dns' ? { name, type: NamespaceType.DNS_PRIVATE, vpc } : { name, type: NamespaceType.HTTP };
}

function renderInsights(enabled: boolean): ecs.ContainerInsights {
  return enabled ? ecs.ContainerInsights.ENHANCED : ecs.ContainerInsights.DISABLED;
}
