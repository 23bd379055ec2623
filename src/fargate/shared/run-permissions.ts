import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { TASK_TAG_KEY, taskTagOf, taskTagsOfStack } from './task-tag';

/** What is run, and where. */
export interface RunTarget {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly logGroup: logs.ILogGroup;
}

/** One statement of what somebody may do. */
export interface RunPermission {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: { readonly [operator: string]: { readonly [key: string]: unknown } };
}

/** A statement, as roles take it. */
export function statementOf(permission: RunPermission): iam.PolicyStatement {
  return new iam.PolicyStatement(permission);
}

/** Gives somebody permissions. */
export function grantAll(grantee: iam.IGrantable, permissions: RunPermission[]): iam.Grant {
  return permissions
    .map(({ actions, resources, conditions }) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }))
    .reduce((all, one) => all.combine(one));
}

/** Starts tasks of families in one cluster. Whoever has this may run anything as their roles: `RunTask` takes overrides, which no condition forbids. */
export function startPermission(cluster: ecs.ICluster, families: string[]): RunPermission {
  return { actions: ['ecs:RunTask'], resources: families, conditions: inCluster(cluster) };
}

/** All revisions of a family, as IAM names them. */
export function familyOf(taskDefinition: ecs.FargateTaskDefinition): string {
  return Stack.of(taskDefinition).formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${taskDefinition.family}:*` });
}

/**
 * Lets tasks take over the tags of their task definition when they are started, and tags nothing else.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
 */
export function tagPermission(scope: IConstruct, cluster: ecs.ICluster): RunPermission {
  return { actions: ['ecs:TagResource'], resources: [tasksOf(scope, cluster)], conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } } };
}

/**
 * Finds tasks of a family that run. IAM can restrict listing to a cluster, by condition only; and other tasks of the family may have no tag.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function findPermissions(scope: IConstruct, cluster: ecs.ICluster): RunPermission[] {
  return [
    { actions: ['ecs:DescribeTasks'], resources: [tasksOf(scope, cluster)], conditions: inCluster(cluster) },
    listPermission(cluster),
  ];
}

/** Lists the ARNs of all tasks of a cluster: the action has no resource but container instances, of which Fargate has none. */
export function listPermission(cluster: ecs.ICluster): RunPermission {
  return { actions: ['ecs:ListTasks'], resources: ['*'], conditions: inCluster(cluster) };
}

/** Actions on the tasks of one construct. */
export function ownTaskPermission(owner: IConstruct, cluster: ecs.ICluster, actions: string[]): RunPermission {
  return { actions, resources: [tasksOf(owner, cluster)], conditions: { ...inCluster(cluster), StringEquals: { [TASK_TAG_KEY]: taskTagOf(owner) } } };
}

/** Stops tasks of everything in one stack. */
export function stopPermission(scope: IConstruct, cluster: ecs.ICluster): RunPermission {
  const conditions = { ...inCluster(cluster), StringLike: { [TASK_TAG_KEY]: taskTagsOfStack(scope) } };
  return { actions: ['ecs:StopTask'], resources: [tasksOf(scope, cluster)], conditions };
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

/** All tasks of a cluster, as IAM names them. */
function tasksOf(scope: IConstruct, { clusterName }: ecs.ICluster): string {
  return Stack.of(scope).formatArn({ service: 'ecs', resource: 'task', resourceName: `${clusterName}/*` });
}

function inCluster({ clusterArn }: ecs.ICluster): { ArnEquals: { [key: string]: string } } {
  return { ArnEquals: { 'ecs:cluster': clusterArn } };
}
