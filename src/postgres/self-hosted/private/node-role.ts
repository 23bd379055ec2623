import { Aws, Stack, type CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Namespace of the metrics that nodes publish. */
export const NAMESPACE = 'CdkPrivateBackend/SelfHostedPostgres';

/** Lets a role publish metrics of clusters, and no other ones. The action has no resources. */
export function allowMetrics(role: iam.IRole): void {
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': NAMESPACE } },
  }));
}

/** Lets a role answer the lifecycle hooks of one group. Which group an instance is in can be asked of all instances only. */
export function allowLifecycle(scope: Construct, role: iam.IRole, group: CfnResource): void {
  allowOwnGroup(scope, role, group, ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat']);
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['autoscaling:DescribeAutoScalingInstances'], resources: ['*'] }));
}

/**
 * Lets the role of an instance do something with the group that launches it. The name of the group is known only when it exists, and a reference to it would be a
 * cycle: the group needs the launch template, and that one the role. CloudFormation tags each group with its stack and its logical id, and nobody can set such tags.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
 */
export function allowOwnGroup(scope: Construct, role: iam.IRole, group: CfnResource, actions: string[]): void {
  const stack = Stack.of(scope);
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions,
    resources: [`arn:${Aws.PARTITION}:autoscaling:${stack.region}:${stack.account}:autoScalingGroup:*:autoScalingGroupName/*`],
    conditions: { StringEquals: { 'aws:ResourceTag/aws:cloudformation:stack-id': Aws.STACK_ID, 'aws:ResourceTag/aws:cloudformation:logical-id': group.logicalId } },
  }));
}
