import { ArnFormat, Stack } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Environment variable of a task that may protect itself, and what it holds: a path below `ECS_AGENT_URI`. */
export const TASK_PROTECTION = { TASK_PROTECTION_PATH: '/task-protection/v1/state' };

/**
 * Lets tasks protect themselves from scaling in while they work.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function allowTaskProtection(scope: IConstruct, cluster: ecs.ICluster, taskRole: iam.IRole): void {
  taskRole.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
    resources: [Stack.of(scope).formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*`, arnFormat: ArnFormat.SLASH_RESOURCE_NAME })],
  }));
}
