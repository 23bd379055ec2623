import { Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { EXEC_SERVICES } from '../../network/shared/endpoint-services';
import { type TaskPlacement, requireTaskEndpoints } from '../../network/shared/placement';
import { grantAll, listPermission, ownTaskPermission } from '../shared/run-permissions';

/** What ECS Exec needs besides the paths that its agent writes to. */
export interface ExecuteCommandProps {
  readonly cluster: ecs.ICluster;
  readonly task: ecs.FargateTaskDefinition;
  readonly logGroup: logs.ILogGroup;
  readonly placement: TaskPlacement;
}

/**
 * Lets the agent of ECS Exec in a task reach Session Manager and write its log.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions
 */
export function allowExecuteCommand(scope: IConstruct, { cluster, task, logGroup, placement }: ExecuteCommandProps): void {
  task.addToTaskRolePolicy(new iam.PolicyStatement({
    actions: ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
    resources: ['*'],
  }));
  task.addToTaskRolePolicy(new iam.PolicyStatement({ actions: ['logs:DescribeLogGroups'], resources: ['*'] }));
  logGroup.grant(task.taskRole, 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents');
  requireTaskEndpoints(scope, cluster.vpc, placement, EXEC_SERVICES);
}

/**
 * Lets people run commands in the tasks of one service. The action has two resources: of the cluster there is nothing to restrict.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function grantExecuteCommand(service: IConstruct, cluster: ecs.ICluster, grantee: iam.IGrantable): iam.Grant {
  return grantAll(grantee, [
    { actions: ['ecs:ExecuteCommand'], resources: [cluster.clusterArn] },
    ownTaskPermission(service, cluster, ['ecs:DescribeTasks', 'ecs:ExecuteCommand']),
    listPermission(cluster),
  ]);
}

/** AWS CLI command that opens a shell in a task of a service. */
export function shellCommandOf(scope: IConstruct, cluster: ecs.ICluster, serviceName: string, container: string): string {
  const where = `--region ${Stack.of(scope).region} --cluster ${cluster.clusterName}`;
  const task = `$(aws ecs list-tasks ${where} --service-name ${serviceName} --query 'taskArns[0]' --output text)`;
  return `aws ecs execute-command ${where} --task "${task}" --container ${container} --interactive --command sh`;
}
