import { ArnFormat, Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { EXEC_SERVICES } from '../../network/shared/endpoint-services';
import { type TaskPlacement, requireTaskEndpoints } from '../../network/shared/placement';

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

/** Lets people run commands in the tasks of a cluster: IAM knows no service in this action. */
export function grantExecuteCommand(scope: IConstruct, cluster: ecs.ICluster, grantee: iam.IGrantable): iam.Grant {
  const tasks = Stack.of(scope).formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*`, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  const conditions = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
  return [
    iam.Grant.addToPrincipal({ grantee, actions: ['ecs:ExecuteCommand'], resourceArns: [cluster.clusterArn, tasks] }),
    iam.Grant.addToPrincipal({ grantee, actions: ['ecs:DescribeTasks'], resourceArns: [tasks] }),
    // Listing has no resource but container instances, of which Fargate has none.
    iam.Grant.addToPrincipal({ grantee, actions: ['ecs:ListTasks'], resourceArns: ['*'], conditions }),
  ].reduce((all, one) => all.combine(one));
}

/** AWS CLI command that opens a shell in a task of a service. */
export function shellCommandOf(scope: IConstruct, cluster: ecs.ICluster, serviceName: string, container: string): string {
  const where = `--region ${Stack.of(scope).region} --cluster ${cluster.clusterName}`;
  const task = `$(aws ecs list-tasks ${where} --service-name ${serviceName} --query 'taskArns[0]' --output text)`;
  return `aws ecs execute-command ${where} --task "${task}" --container ${container} --interactive --command sh`;
}
