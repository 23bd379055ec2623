import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import type { TaskPlan } from './service-plan';
import type { ScheduledJobProps } from '../scheduled-job';
import { type RunTarget, runPermissions } from '../shared/run-permissions';

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

/** AWS CLI command that runs a job now. */
export function runCommandOf(scope: IConstruct, props: JobScheduleProps): string {
  const { subnets, securityGroups, assignPublicIp } = renderNetwork(props);
  const network = `subnets=[${subnets.join(',')}],securityGroups=[${securityGroups.join(',')}],assignPublicIp=${assignPublicIp}`;
  return [
    `aws ecs run-task --region ${Stack.of(scope).region} --cluster ${props.cluster.clusterName} --task-definition ${props.taskDefinition.family}`,
    `--launch-type FARGATE --started-by by-hand --network-configuration 'awsvpcConfiguration={${network}}'`,
    "--query 'tasks[0].taskArn' --output text",
  ].join(' ');
}

function createRole(scope: Construct, props: JobScheduleProps): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'ScheduleRole', {
    description: 'EventBridge Scheduler starts the tasks of one job',
    assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
  });
  for (const { actions, resources, conditions } of runPermissions(props)) {
    if (actions.includes('ecs:RunTask') || actions.includes('iam:PassRole')) {
      role.addToPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
    }
  }
  role.addToPolicy(new iam.PolicyStatement({
    actions: ['ecs:TagResource'],
    resources: [stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${props.cluster.clusterName}/*` })],
    conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
  }));
  props.deadLetterQueue.grantSendMessages(role);
  return role;
}

function renderNetwork({ cluster, plan, connections }: JobScheduleProps): { subnets: string[]; securityGroups: string[]; assignPublicIp: string } {
  return {
    subnets: cluster.vpc.selectSubnets(plan.placement.vpcSubnets).subnetIds,
    securityGroups: connections.securityGroups.map(({ securityGroupId }) => securityGroupId),
    assignPublicIp: plan.placement.assignPublicIp ? 'ENABLED' : 'DISABLED',
  };
}
