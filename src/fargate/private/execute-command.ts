import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { EXEC_SERVICES } from '../../network/private/endpoint-services';
import { type TaskPlacement, requireTaskEndpoints } from '../../network/private/placement';

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
