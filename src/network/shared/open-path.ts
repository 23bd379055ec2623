import { CfnResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { requirePath } from './connections';

const RULE_TYPES = ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'];

/** A path to be opened. */
export interface NetworkPath {
  readonly port: ec2.Port;
  readonly description: string;
  /** Who uses it, as the subject of a sentence: "This service". */
  readonly what: string;
}

/**
 * Opens one TCP path between security groups, in the stack of `from` where the two are in different stacks, and answers
 * with the rules that were made for it, so that a service can wait for them. Immutable imported groups stay as they are.
 * Another VPC is a problem of `scope` at synth.
 */
export function openPath(scope: IConstruct, from: ec2.Connections, to: ec2.IConnectable, { port, description, what }: NetworkPath): CfnResource[] {
  requirePath(scope, from, to, what);
  return newRules([...from.securityGroups, ...to.connections.securityGroups], () => from.allowTo(to, port, description));
}

/** Lets a peer in to security groups and answers with the rules that were made for it. */
export function openIngress(groups: ec2.ISecurityGroup[], peer: ec2.IPeer, port: ec2.Port, description: string): CfnResource[] {
  return newRules(groups, () => groups.forEach((group) => group.addIngressRule(peer, port, description)));
}

/** Rules of security groups that something makes. */
export function newRules(groups: ec2.ISecurityGroup[], open: () => void): CfnResource[] {
  const before = new Set(rulesOf(groups));
  open();
  return rulesOf(groups).filter((rule) => !before.has(rule));
}

function rulesOf(groups: ec2.ISecurityGroup[]): CfnResource[] {
  return groups
    .flatMap((group) => group.node.findAll())
    .filter((child): child is CfnResource => CfnResource.isCfnResource(child) && RULE_TYPES.includes(child.cfnResourceType));
}
