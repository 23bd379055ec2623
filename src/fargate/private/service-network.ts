import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { referWeakly } from '../../private/cross-stack';
import { InvalidBackendError } from '../../private/errors';
import type { FargateServiceProps } from '../fargate-service-props';

/** The security groups of tasks: those that were given, else one that lets nothing in and HTTPS out. */
export function createConnections(scope: Construct, props: Pick<FargateServiceProps, 'cluster' | 'securityGroups'>, port?: number): ec2.Connections {
  if (props.securityGroups?.length === 0) {
    throw new InvalidBackendError(scope, 'securityGroups is empty, so tasks would get the default group of the VPC. Leave it out for a new one, or give at least one.');
  }
  return new ec2.Connections({
    securityGroups: props.securityGroups ?? [createSecurityGroup(scope, props.cluster.vpc)],
    defaultPort: port === undefined ? undefined : ec2.Port.tcp(port),
  });
}

function createSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Tasks of a service: nothing may connect but routes and what was allowed',
    allowAllOutbound: false,
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS and other HTTPS services');
  referWeakly(...group.node.children);
  return group;
}
