import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';

/** What is run, and where. */
export interface RunTarget {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly logGroup: logs.ILogGroup;
}

/** One statement of what a runner may do. */
export interface RunPermission {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: { readonly [operator: string]: { readonly [key: string]: string } };
}

/**
 * The least that whoever runs the task needs: start tasks of this one family in this one cluster with these two roles; see and
 * stop tasks of the cluster; read this one log.
 *
 * ECS can restrict stopping to a cluster, not to a family, and listing to a cluster by condition only.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function runPermissions({ cluster, taskDefinition, logGroup }: RunTarget): RunPermission[] {
  const stack = Stack.of(taskDefinition);
  const inCluster = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
  return [
    {
      actions: ['ecs:RunTask'],
      resources: [stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${taskDefinition.family}:*` })],
      conditions: inCluster,
    },
    {
      actions: ['ecs:DescribeTasks', 'ecs:StopTask'],
      resources: [stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` })],
      conditions: inCluster,
    },
    { actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster },
    {
      actions: ['iam:PassRole'],
      resources: [taskDefinition.taskRole.roleArn, taskDefinition.obtainExecutionRole().roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': iam.ServicePrincipal.servicePrincipalName('ecs-tasks.amazonaws.com') } },
    },
    { actions: ['logs:GetLogEvents'], resources: [logGroup.logGroupArn] },
  ];
}
