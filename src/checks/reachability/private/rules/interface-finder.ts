import { Stack } from 'aws-cdk-lib';
import type { Connections } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../../../private/errors';
import type { ModelResource } from '../../../private/model';
import type { ReachabilityPoint } from '../../reachability-point';
import type { NetworkInterface } from '../graph/interfaces';
import type { Network } from '../graph/network';

/** Finds the interfaces of constructs by their paths. */
export class InterfaceFinder {
  private readonly templates: ReadonlySet<string>;

  public constructor(private readonly network: Network) {
    this.templates = new Set(network.model.resources.map(({ template }) => template.stackPath));
  }

  /** None for what is outside; undefined where the construct is not to be judged now, because its templates are another group's. */
  public find({ _construct: construct }: ReachabilityPoint): readonly NetworkInterface[] | undefined {
    if (construct === undefined) {
      return [];
    }
    const own = this.network.interfaces.filter(({ owner }) => isBelow(owner.constructPath, construct.node.path));
    const found = own.length > 0 ? mainOnes(own, construct) : this.carriersOf(construct);
    if (found.length > 0) {
      return found;
    }
    if (Stack.isStack(construct) || this.templates.has(Stack.of(construct).node.path)) {
      if (this.network.model.condition === undefined) {
        throw new InvalidBackendError(construct, 'ReachabilityCheck.noInterface', '`ReachabilityCheck` found no network interface for this construct in any template. '
          + 'Pass a construct that creates a task, a function in a VPC, an instance, a load balancer, an endpoint, a database, a cache or a message broker, or pass a security group that one of these uses.');
      }
    }
    return undefined;
  }

  /** Whatever has a security group. */
  private carriersOf(construct: IConstruct): NetworkInterface[] {
    return this.network.interfaces.filter(({ groups }) => groups.some(({ resource }) => resource?.type === 'AWS::EC2::SecurityGroup' && isBelow(resource.constructPath, construct.node.path)));
  }
}

/** Of a construct with several interfaces those that it says are its own, by its connections; else those that stand highest. */
function mainOnes(interfaces: readonly NetworkInterface[], construct: IConstruct): readonly NetworkInterface[] {
  const own = (connectionsOf(construct)?.securityGroups ?? []).map((group) => group.node.path);
  const connected = interfaces.filter(({ groups }) => own.length > 0 && groups.some(({ resource }) => own.some((path) => isBelow(resource?.constructPath, path))));
  const highest = Math.min(...interfaces.map(({ owner }) => depthOf(owner)));
  return connected.length > 0 ? connected : interfaces.filter(({ owner }) => depthOf(owner) === highest);
}

function connectionsOf(construct: IConstruct): Connections | undefined {
  return (construct as Partial<{ readonly connections: Connections }>).connections;
}

function isBelow(path: string | undefined, ancestor: string): boolean {
  return ancestor === '' || path === ancestor || path?.startsWith(`${ancestor}/`) === true;
}

/** The resource of a construct is its child, so a construct counts from its own place. */
function depthOf({ constructPath }: ModelResource): number {
  return constructPath.replace(/\/(Resource|Default|Service)$/, '').replace(/\/Resource$/, '').split('/').length;
}
