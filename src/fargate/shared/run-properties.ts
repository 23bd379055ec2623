import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { RunTarget } from './run-permissions';
import type { TaskTarget } from './run-task.contract';
import type { TaskPlacement } from '../../network/shared/placement';

/** Where a task runs. */
export interface RunNetwork {
  readonly vpc: ec2.IVpc;
  readonly placement: TaskPlacement;
  readonly securityGroupIds: string[];
}

/** What the function is to run, and where: the part of the properties that every task has. */
export function runProperties(
  { cluster, taskDefinition, logGroup }: RunTarget, { vpc, placement, securityGroupIds }: RunNetwork,
): Omit<TaskTarget, 'Container' | 'LogStreamPrefix'> {
  return {
    Cluster: cluster.clusterArn,
    TaskDefinition: taskDefinition.taskDefinitionArn,
    Family: taskDefinition.family,
    Subnets: vpc.selectSubnets(placement.vpcSubnets).subnetIds,
    SecurityGroups: securityGroupIds,
    AssignPublicIp: placement.assignPublicIp ? 'ENABLED' : 'DISABLED',
    LogGroup: logGroup.logGroupName,
  };
}
