import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** AWS CLI command that replaces the tasks of a service by new ones of the same version. */
export function restartCommandOf(scope: IConstruct, cluster: ecs.ICluster, serviceName: string): string {
  return `aws ecs update-service --region ${Stack.of(scope).region} --cluster ${cluster.clusterName} --service ${serviceName} --force-new-deployment --query service.deployments[0].id --output text`;
}

/** Lets people restart one service, and see how it goes. */
export function grantRestart(service: ecs.IFargateService, grantee: iam.IGrantable): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions: ['ecs:DescribeServices', 'ecs:UpdateService'], resourceArns: [service.serviceArn] });
}
