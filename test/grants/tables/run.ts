import type { GrantRow, GrantTable } from '../grant-table';
import {
  OTHER_CLUSTER, OTHER_STACK, account, api, clusterArn, definitionArn, grantees, job, migrations, otherJob, otherTask, roleArn, roles, runnerArn, secret, starterArn,
  streamArn, task, taskOf,
} from '../tasks-app';

const TO_ECS = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
const STARTED = { 'ecs:CreateAction': 'RunTask' };

type Runnable = typeof job | typeof migrations;

/** What people get who may run one thing; another one must stay closed to them. */
function peopleRows(own: Runnable, other: Runnable): GrantRow[] {
  return [
    { action: 'lambda:InvokeFunction', resources: starterArn(own), decision: 'allowed', why: 'start it' },
    { action: 'lambda:InvokeFunction', resources: starterArn(other), decision: 'denied', why: 'start something else' },
    { action: 'lambda:InvokeFunction', resources: runnerArn, decision: 'denied', why: 'tell the function of deployments what to run' },
    ...['UpdateFunctionConfiguration', 'UpdateFunctionCode', 'GetFunctionConfiguration', 'PublishVersion'].map((name): GrantRow => (
      { action: `lambda:${name}`, resources: starterArn(own), decision: 'denied', why: 'change or read the starter' })),
    { action: 'ecs:RunTask', resources: definitionArn(own), context: taskOf(undefined), decision: 'denied', why: 'start it with overrides' },
    { action: 'ecs:StartTask', resources: definitionArn(own), context: taskOf(undefined), decision: 'denied', why: 'the same on an instance' },
    { action: 'iam:PassRole', resources: roleArn(own.taskRole), context: TO_ECS, decision: 'denied', why: 'give its task role to a task' },
    { action: 'iam:PassRole', resources: roleArn(own.executionRole), context: TO_ECS, decision: 'denied', why: 'give the role that reads its secrets to a task' },
    ...['ecs:DescribeTasks', 'ecs:StopTask'].flatMap((action): GrantRow[] => [
      { action, resources: task, context: taskOf(own), decision: 'allowed', why: 'of its own task' },
      { action, resources: task, context: taskOf(other), decision: 'denied', why: 'of the task of something else' },
      { action, resources: task, context: taskOf(api), decision: 'denied', why: 'of the task of a service' },
      { action, resources: task, context: OTHER_STACK, decision: 'denied', why: 'of another stack' },
      { action, resources: task, context: taskOf(), decision: 'denied', why: 'of a task without a tag' },
      { action, resources: otherTask, context: taskOf(own, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
    ]),
    { action: 'ecs:ListTasks', resources: '*', context: taskOf(), decision: 'denied', why: 'see which other tasks run' },
    { action: 'ecs:ExecuteCommand', resources: [clusterArn, task], context: taskOf(own), decision: 'denied', why: 'open a shell' },
    { action: 'ecs:TagResource', resources: task, context: { ...taskOf(other), ...STARTED }, decision: 'denied', why: 'make the task of something else its own' },
    { action: 'ecs:RegisterTaskDefinition', resources: '*', decision: 'denied', why: 'make another task of its family' },
    ...['logs:GetLogEvents', 'logs:FilterLogEvents'].flatMap((action): GrantRow[] => [
      { action, resources: streamArn(own), decision: 'allowed', why: 'read its log' },
      { action, resources: streamArn(other), decision: 'denied', why: 'read another log' },
    ]),
    { action: 'logs:DeleteLogStream', resources: streamArn(own), decision: 'denied', why: 'delete its log' },
    { action: 'secretsmanager:GetSecretValue', resources: secret, decision: 'denied', why: 'read its secrets' },
  ];
}

/** What a starter or a schedule needs to start one thing, and no other. */
function startRows(own: Runnable, other: Runnable): GrantRow[] {
  return [
    { action: 'ecs:RunTask', resources: definitionArn(own), context: taskOf(), decision: 'allowed', why: 'start its task' },
    { action: 'ecs:RunTask', resources: definitionArn(other), context: taskOf(), decision: 'denied', why: 'start another family' },
    { action: 'ecs:RunTask', resources: definitionArn(own), context: taskOf(undefined, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
    { action: 'iam:PassRole', resources: roleArn(own.taskRole), context: TO_ECS, decision: 'allowed', why: 'give it its role' },
    { action: 'iam:PassRole', resources: roleArn(own.executionRole), context: TO_ECS, decision: 'allowed', why: 'and the role that starts it' },
    { action: 'iam:PassRole', resources: roleArn(own.taskRole), context: { 'iam:PassedToService': 'ec2.amazonaws.com' }, decision: 'denied', why: 'give the role to an instance' },
    { action: 'iam:PassRole', resources: roleArn(other.taskRole), context: TO_ECS, decision: 'denied', why: 'give it another role' },
    { action: 'ecs:TagResource', resources: task, context: { ...taskOf(), ...STARTED }, decision: 'allowed', why: 'tag the task that it starts' },
    { action: 'ecs:TagResource', resources: task, context: taskOf(other), decision: 'denied', why: 'tag a task that runs' },
    { action: 'ecs:StopTask', resources: task, context: taskOf(other), decision: 'denied', why: 'stop a task of something else' },
    { action: 'ecs:ExecuteCommand', resources: [clusterArn, task], context: taskOf(own), decision: 'denied', why: 'open a shell' },
    { action: 'secretsmanager:GetSecretValue', resources: secret, decision: 'denied', why: 'read its secrets' },
  ];
}

const SEES: GrantRow[] = [
  { action: 'ecs:ListTasks', resources: '*', context: taskOf(), decision: 'allowed', why: 'find what runs of the family' },
  { action: 'ecs:ListTasks', resources: '*', context: taskOf(undefined, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
  { action: 'ecs:DescribeTasks', resources: task, context: taskOf(), decision: 'allowed', why: 'and whether it still runs' },
  { action: 'ecs:DescribeTasks', resources: otherTask, context: taskOf(undefined, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
];

export const tables: GrantTable[] = [
  { title: 'people who run a job', covers: ['ScheduledJob.grantRun'], policies: account.policiesOf(grantees.job), rows: peopleRows(job, otherJob) },
  { title: 'people who run another job', covers: ['ScheduledJob.grantRun'], policies: account.policiesOf(grantees.otherJob), rows: peopleRows(otherJob, job) },
  { title: 'people who run migrations', covers: ['MigrationTask.grantRun'], policies: account.policiesOf(grantees.migrations), rows: peopleRows(migrations, job) },
  { title: 'the starter of a job', covers: [], policies: account.policiesOf(roles.starter), rows: startRows(job, otherJob) },
  { title: 'the starter of migrations', covers: [], policies: account.policiesOf(roles.migrationStarter), rows: [...startRows(migrations, job), ...SEES] },
  { title: 'the schedule of a job', covers: [], policies: account.policiesOf(roles.schedule), rows: startRows(job, otherJob) },
  {
    title: 'the function that runs migrations in deployments',
    covers: [],
    policies: account.policiesOf(roles.runner),
    rows: [
      { action: 'ecs:RunTask', resources: definitionArn(migrations), context: taskOf(), decision: 'allowed', why: 'start migrations' },
      { action: 'ecs:RunTask', resources: definitionArn(job), context: taskOf(), decision: 'denied', why: 'start a job' },
      { action: 'ecs:StopTask', resources: task, context: taskOf(migrations), decision: 'allowed', why: 'stop migrations' },
      { action: 'ecs:StopTask', resources: task, context: OTHER_STACK, decision: 'denied', why: 'stop a task of another stack' },
      { action: 'ecs:StopTask', resources: task, context: taskOf(), decision: 'denied', why: 'stop a task without a tag' },
      { action: 'ecs:StopTask', resources: otherTask, context: taskOf(migrations, OTHER_CLUSTER), decision: 'denied', why: 'stop a task in another cluster' },
      { action: 'ecs:TagResource', resources: task, context: { ...taskOf(), ...STARTED }, decision: 'allowed', why: 'tag the task that it starts' },
      { action: 'ecs:TagResource', resources: task, context: OTHER_STACK, decision: 'denied', why: 'make a task of another stack its own' },
      { action: 'iam:PassRole', resources: roleArn(job.taskRole), context: TO_ECS, decision: 'denied', why: 'give a task the role of a job' },
      ...SEES,
    ],
  },
];
