import { CfnResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Dependable, type IDependable } from 'constructs';

/**
 * What must exist before tasks in these subnets can reach AWS: routes out, and the VPC's endpoints, also those that are
 * added later. A task that starts earlier cannot pull its image, and counts as a failed one.
 */
export function networkReady(vpc: ec2.IVpc, vpcSubnets: ec2.SubnetSelection): IDependable {
  const { internetConnectivityEstablished } = vpc.selectSubnets(vpcSubnets);
  const ready: IDependable = {};
  Dependable.implement(ready, {
    get dependencyRoots() {
      const endpoints = vpc.node.findAll().filter((child) => CfnResource.isCfnResource(child) && child.cfnResourceType === 'AWS::EC2::VPCEndpoint');
      return [...Dependable.of(internetConnectivityEstablished).dependencyRoots, ...endpoints];
    },
  });
  return ready;
}
