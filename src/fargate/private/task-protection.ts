import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { ownTaskPermission, statementOf } from '../shared/run-permissions';

/** Environment variable of a task that may protect itself, and what it holds: a path below `ECS_AGENT_URI`. */
export const TASK_PROTECTION = { TASK_PROTECTION_PATH: '/task-protection/v1/state' };

/**
 * Lets the tasks of a service protect themselves, and each other, from scaling in while they work.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function allowTaskProtection(service: IConstruct, cluster: ecs.ICluster, taskRole: iam.IRole): void {
  taskRole.addToPrincipalPolicy(statementOf(ownTaskPermission(service, cluster, ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'])));
}
