import type { CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';
import type { INetworkEndpoint } from '../../binding';
import { connectionsIn } from '../../network/shared/connections';
import { portsOf } from '../../network/shared/endpoint-ports';
import { openHttps } from '../../network/shared/endpoints-only';
import { openPath } from '../../network/shared/open-path';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError } from '../../private/errors';
import { dependOnStackOf } from '../../private/stack-order';
import type { CommonTaskProps } from '../common-task-props';

/** The security groups of tasks: those that were given, else one that lets nothing in and HTTPS out. */
export function createConnections(scope: Construct, props: Pick<CommonTaskProps, 'cluster' | 'securityGroups'>, port?: number): ec2.Connections {
  if (props.securityGroups?.length === 0) {
    throw new InvalidBackendError(scope, 'Service.noSecurityGroups', '`securityGroups` is empty, so tasks would get the default security group of the VPC. Remove `securityGroups` for a new group, or pass at least one.');
  }
  return connectionsIn(scope, props.cluster.vpc, {
    securityGroups: props.securityGroups ?? [createSecurityGroup(scope, props.cluster.vpc)],
    defaultPort: port === undefined ? undefined : ec2.Port.tcp(port),
  });
}

/** Opens exactly the paths to what tasks are connected to, and answers with the rules, for which they wait. */
export function openTargets(scope: IConstruct, connections: ec2.Connections, targets: INetworkEndpoint[]): CfnResource[] {
  return targets.flatMap((target) => {
    target.connections.securityGroups.forEach((group) => dependOnStackOf(scope, group, 'Services depend on what they are connected to, never the reverse.'));
    const path = { description: 'Service to what it is connected to', what: `'${scope.node.path}'` };
    return portsOf(target).flatMap((port) => openPath(scope, connections, target, { ...path, port }));
  });
}

function createSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Tasks of a service: nothing may connect but routes and what was allowed',
    allowAllOutbound: false,
  });
  openHttps(group, vpc, 'AWS and other HTTPS services');
  referWeakly(...group.node.children);
  return group;
}
