import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { grantAll, type RunPermission } from '../shared/run-permissions';

/** AWS CLI command that replaces the tasks of a service by new ones of the same version. */
export function restartCommandOf(scope: IConstruct, cluster: ecs.ICluster, serviceName: string): string {
  return `aws ecs update-service --region ${Stack.of(scope).region} --cluster ${cluster.clusterName} --service ${serviceName} --force-new-deployment --query service.deployments[0].id --output text`;
}

/** Lets people restart one service as it is, and see how it goes. */
export function grantRestart({ serviceArn }: ecs.IFargateService, isExecuteCommandEnabled: boolean, grantee: iam.IGrantable): iam.Grant {
  return grantAll(grantee, [
    { actions: ['ecs:DescribeServices'], resources: [serviceArn] },
    { actions: ['ecs:UpdateService'], resources: [serviceArn], conditions: unchanged(isExecuteCommandEnabled) },
  ]);
}

/**
 * That an update changes nothing for which IAM has a key. A restart has none of these parameters. AWS documents `Null` for the keys of ARNs, and so that
 * they are absent then; the subnets are a parameter of every network configuration, and so without them its security groups can't change either. The others may be
 * absent, or stand there with the default of their parameter: AWS does not say. CPU and memory follow from the task definition, and tags of ECS itself open nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_service-with-iam.html#security_iam_service-with-iam-id-based-policies-conditionkeys
 */
function unchanged(isExecuteCommandEnabled: boolean): RunPermission['conditions'] {
  return {
    Null: { 'ecs:task-definition': 'true', 'ecs:subnet': 'true', 'ecs:capacity-provider': 'true', 'ecs:namespace': 'true' },
    BoolIfExists: { 'ecs:auto-assign-public-ip': 'false' },
    StringEqualsIfExists: {
      'ecs:enable-ebs-volumes': 'false',
      'ecs:enable-service-connect': 'false',
      'ecs:enable-vpc-lattice': 'false',
      'ecs:propagate-tags': ecs.PropagatedTagSource.SERVICE,
      // Where it is on, nothing is left to forbid.
      ...(isExecuteCommandEnabled ? {} : { 'ecs:enable-execute-command': 'false' }),
    },
  };
}
