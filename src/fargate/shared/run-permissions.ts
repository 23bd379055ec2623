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
 */
export function runPermissions({ cluster, taskDefinition, logGroup }: RunTarget): RunPermission[] {
  return [
    startPermission(cluster, [familyOf(taskDefinition)]),
    ...clusterPermissions(cluster, taskDefinition),
    passPermission(rolesOf(taskDefinition)),
    logPermission(logGroup),
  ];
}

/** Starts tasks of families in one cluster. */
export function startPermission(cluster: ecs.ICluster, families: string[]): RunPermission {
  return { actions: ['ecs:RunTask'], resources: families, conditions: inCluster(cluster) };
}

/** All revisions of a family, as IAM names them. */
export function familyOf(taskDefinition: ecs.FargateTaskDefinition): string {
  return Stack.of(taskDefinition).formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${taskDefinition.family}:*` });
}

/**
 * Sees and stops tasks of a cluster. ECS can restrict stopping to a cluster, not to a family, and listing to a cluster by condition only.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function clusterPermissions(cluster: ecs.ICluster, { stack }: Pick<ecs.FargateTaskDefinition, 'stack'>): RunPermission[] {
  const tasks = stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` });
  return [
    { actions: ['ecs:DescribeTasks', 'ecs:StopTask'], resources: [tasks], conditions: inCluster(cluster) },
    { actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster(cluster) },
  ];
}

/** Gives tasks their roles. */
export function passPermission(roles: iam.IRole[]): RunPermission {
  return {
    actions: ['iam:PassRole'],
    resources: roles.map(({ roleArn }) => roleArn),
    conditions: { StringEquals: { 'iam:PassedToService': iam.ServicePrincipal.servicePrincipalName('ecs-tasks.amazonaws.com') } },
  };
}

/** Reads logs of tasks. */
export function logPermission(logGroup: logs.ILogGroup): RunPermission {
  return { actions: ['logs:GetLogEvents'], resources: [logGroup.logGroupArn] };
}

/** The two roles of a task. */
export function rolesOf(taskDefinition: ecs.FargateTaskDefinition): iam.IRole[] {
  return [taskDefinition.taskRole, taskDefinition.obtainExecutionRole()];
}

function inCluster({ clusterArn }: ecs.ICluster): RunPermission['conditions'] {
  return { ArnEquals: { 'ecs:cluster': clusterArn } };
}
