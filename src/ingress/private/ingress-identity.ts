import { createHash } from 'crypto';
import { Stack, Stage } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import { identityOf } from '../../private/identity';
import { pathInStack, stablePath, topLevelStackOf } from '../../private/stable-path';

/**
 * What the logical ids and priorities of rules follow from. CloudFormation makes what has a new id before it deletes the old one, and a
 * listener takes a priority once, so an id changes only together with the listener or with the priority (docs/adr/0006).
 */
export interface IngressIdentity {
  /** Names the ingress in the ids of what is below its targets. */
  readonly pathId: string;
  /** Names the security group in the ids of its rules, where these may serve several listeners. */
  readonly groupId?: string;
  /** What the priority of a route is the hash of. */
  priorityText(owner: IConstruct, id: string): string;
  /** Where rules are that belong to no target. */
  rulesScope(): Construct;
  /** Where a rule of the security group is that belongs to no target. */
  groupScope(): Construct;
}

/** Of an ingress that this app makes: a new id is a new load balancer. */
export class OwnIdentity implements IngressIdentity {
  constructor(private readonly ingress: Construct) {}

  public get pathId(): string {
    return stablePath(this.ingress).replace(/\//g, '--');
  }

  public priorityText(owner: IConstruct, id: string): string {
    return `${stablePath(owner)}:${id}`;
  }

  public rulesScope(): Construct {
    return child(this.ingress, 'Rules');
  }

  public groupScope(): Construct {
    return this.ingress;
  }
}

/**
 * Of an imported ingress: the listener stays when the construct that imports it is renamed, so ids name the listener. It may have routes of
 * other stages, and of copies of the same app, so the priority follows from these too.
 */
export class ImportedIdentity implements IngressIdentity {
  constructor(private readonly ingress: Construct, private readonly listener: IApplicationListener, private readonly securityGroup: ISecurityGroup) {}

  public get pathId(): string {
    return `Listener-${this.hash(this.listener.listenerArn)}`;
  }

  public get groupId(): string {
    return `Group-${this.hash(this.securityGroup.securityGroupId)}`;
  }

  /** What has no target has no path either: that of the ingress may change. */
  public priorityText(owner: IConstruct, id: string): string {
    const path = owner === this.ingress ? [] : pathInStack(owner);
    return JSON.stringify([Stage.of(owner)?.node.path ?? '', topLevelStackOf(owner).stackName, ...path, id]);
  }

  public rulesScope(): Construct {
    return child(Stack.of(this.ingress), this.pathId);
  }

  public groupScope(): Construct {
    return child(Stack.of(this.ingress), this.groupId);
  }

  private hash(value: string): string {
    return createHash('sha256').update(isNotLookedUp(value) ? this.ingress.node.path : identityOf(this.ingress, value)).digest('hex').slice(0, 10);
  }
}

/** Until they are made, all lookups of CDK answer with one ARN, in which `app` is spelt out. */
export function isNotLookedUp(arn: string): boolean {
  return /:(?:listener|loadbalancer)\/application\//.test(arn);
}

/** The child of that id, which is made where there is none. */
export function child(scope: Construct, id: string): Construct {
  return scope.node.tryFindChild(id) as Construct | undefined ?? new Construct(scope, id);
}
