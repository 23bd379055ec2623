import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { TaskPlan } from './service-plan';
import type { ScheduledJobProps } from '../scheduled-job';
import { familyOf, passPermission, rolesOf, startPermission, statementOf, tagPermission, type RunTarget } from '../shared/run-permissions';

/** What a schedule starts, and how. */
export interface JobScheduleProps extends RunTarget {
  readonly job: ScheduledJobProps;
  readonly plan: TaskPlan;
  readonly connections: ec2.Connections;
  readonly retryAttempts: number;
  readonly maxEventAge: number;
  readonly deadLetterQueue: sqs.IQueue;
}

/** Makes the schedule itself, and the role with which EventBridge Scheduler starts tasks. */
export function createSchedule(scope: Construct, props: JobScheduleProps): CfnSchedule {
  const { job, cluster, taskDefinition, plan } = props;
  const role = createRole(scope, props);
  const schedule = new CfnSchedule(scope, 'Resource', {
    scheduleExpression: job.schedule.expressionString,
    scheduleExpressionTimezone: job.schedule.timeZone?.timezoneName ?? 'Etc/UTC',
    flexibleTimeWindow: job.timeWindow === undefined ? { mode: 'OFF' } : { mode: 'FLEXIBLE', maximumWindowInMinutes: job.timeWindow.toMinutes() },
    state: job.enabled ?? true ? 'ENABLED' : 'DISABLED',
    target: {
      arn: cluster.clusterArn,
      roleArn: role.roleArn,
      retryPolicy: { maximumRetryAttempts: props.retryAttempts, maximumEventAgeInSeconds: props.maxEventAge },
      deadLetterConfig: { arn: props.deadLetterQueue.queueArn },
      ecsParameters: {
        taskDefinitionArn: taskDefinition.taskDefinitionArn,
        taskCount: 1,
        ...(plan.capacityProviders === undefined ? { launchType: ecs.LaunchType.FARGATE } : { capacityProviderStrategy: plan.capacityProviders }),
        platformVersion: ecs.FargatePlatformVersion.LATEST,
        enableEcsManagedTags: true,
        propagateTags: ecs.PropagatedTagSource.TASK_DEFINITION,
        networkConfiguration: { awsvpcConfiguration: renderNetwork(props) },
      },
    },
  });
  // A first run without its permissions would end in the dead-letter queue.
  schedule.node.addDependency(role);
  return schedule;
}

function createRole(scope: Construct, { cluster, taskDefinition, deadLetterQueue }: JobScheduleProps): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'ScheduleRole', {
    description: 'EventBridge Scheduler starts the tasks of one job',
    // AWS takes a group of schedules there, and no single one: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnEquals: { 'aws:SourceArn': stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' }) },
      },
    }),
  });
  const permissions = [startPermission(cluster, [familyOf(taskDefinition)]), passPermission(rolesOf(taskDefinition)), tagPermission(scope, cluster)];
  permissions.forEach((permission) => role.addToPolicy(statementOf(permission)));
  deadLetterQueue.grantSendMessages(role);
  return role;
}

function renderNetwork({ cluster, plan, connections }: JobScheduleProps): { subnets: string[]; securityGroups: string[]; assignPublicIp: string } {
  return {
    subnets: cluster.vpc.selectSubnets(plan.placement.vpcSubnets).subnetIds,
    securityGroups: connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
    assignPublicIp: plan.placement.assignPublicIp ? 'ENABLED' : 'DISABLED',
  };
}
