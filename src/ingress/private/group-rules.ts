import { type CfnResource, Resource, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import type { IngressSource } from './ingress-path';
import type { IIngressTarget } from '../../binding';
import { openIngress } from '../../network/shared/open-path';
import { identityInApp } from '../../private/identity';
import { stableUniqueId } from '../../private/stable-path';

/** The rules of both security groups between a load balancer and a target. */
export class GroupRules extends Construct {
  /** Of an imported ingress they may serve several listeners, so they are made once for its group. */
  public static shared(routes: Construct, id: string, source: IngressSource, target: IIngressTarget): CfnResource[] {
    const made = routes.node.tryFindChild(id) as GroupRules | undefined;
    return (made ?? new GroupRules(routes, id, source, target)).rules;
  }

  private readonly rules: CfnResource[];

  private constructor(scope: Construct, id: string, source: IngressSource, target: IIngressTarget) {
    super(scope, id);
    this.rules = createGroupRules(this, source, target);
  }
}

/** Makes the rules, of which those that let the load balancer out are below the scope. */
export function createGroupRules(scope: Construct, source: IngressSource, target: IIngressTarget): CfnResource[] {
  const { connections, port } = target;
  const inbound = openIngress(connections.securityGroups, peerOf(source), ec2.Port.tcp(port), 'Ingress to service');
  const outbound = connections.securityGroups.map((to, index) => egressOnce(scope, `Egress${index}`, {
    group: source.securityGroup, to, port, description: 'Ingress to service', within: Stack.of(scope),
  }));
  return [...inbound, ...outbound];
}

/** The one rule by which the load balancer reads keys of issuers, whose addresses nobody knows. */
export function openWayToKeys({ securityGroup: group, identity }: IngressSource): ec2.CfnSecurityGroupEgress {
  const scope = identity.groupScope();
  const within = Stage.of(scope) ?? scope.node.root;
  return egressOnce(scope, 'KeysEgress', { group, to: '0.0.0.0/0', port: 443, description: 'Keys of issuers of tokens', within });
}

interface RuleOptions {
  readonly group: ec2.ISecurityGroup;
  readonly to: ec2.ISecurityGroup | string;
  readonly port: number;
  readonly description: string;
  /** The constructs in which there may be one such rule. */
  readonly within: IConstruct;
}

const MADE = new WeakMap<IConstruct, Map<string, ec2.CfnSecurityGroupEgress>>();

/** EC2 refuses a rule that is there already, so services that share a group, and two ways to one load balancer, share the rule. */
function egressOnce(scope: Construct, id: string, { group, to, port, description, within }: RuleOptions): ec2.CfnSecurityGroupEgress {
  const made = MADE.get(within) ?? new Map<string, ec2.CfnSecurityGroupEgress>();
  MADE.set(within, made);
  const peer = typeof to === 'string' ? { cidrIp: to } : { destinationSecurityGroupId: to.securityGroupId };
  const ends = [group.securityGroupId, typeof to === 'string' ? to : to.securityGroupId].map((end) => identityInApp(scope, end));
  const key = JSON.stringify([...ends, port]);
  const known = made.get(key);
  const rule = known !== undefined && isInTree(known) ? known
    : new ec2.CfnSecurityGroupEgress(scope, id, { groupId: group.securityGroupId, ...peer, ipProtocol: 'tcp', fromPort: port, toPort: port, description });
  made.set(key, rule);
  return rule;
}

function isInTree({ node }: ec2.CfnSecurityGroupEgress): boolean {
  return node.scope?.node.tryFindChild(node.id)?.node === node;
}

/** CDK names rules after the path of the peer, which changes with the construct of an import and with the id of its stack. */
function peerOf({ securityGroup, identity: { groupId } }: IngressSource): ec2.IPeer {
  const uniqueId = groupId === undefined || Resource.isOwnedResource(securityGroup) ? stableUniqueId(securityGroup) : groupId;
  return uniqueId === securityGroup.uniqueId ? securityGroup : {
    uniqueId,
    canInlineRule: false,
    connections: securityGroup.connections,
    toIngressRuleConfig: () => securityGroup.toIngressRuleConfig(),
    toEgressRuleConfig: () => securityGroup.toEgressRuleConfig(),
  };
}

