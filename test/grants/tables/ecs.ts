import type { GrantRow, GrantTable } from '../grant-table';
import {
  OTHER_CLUSTER, OTHER_STACK, account, api, clusterArn, definitionArn, grantees, job, otherService, otherTask, roleArn, secret, serviceArn, task, taskOf, worker,
} from '../tasks-app';

type Service = typeof api | typeof worker;

const UPDATE = 'ecs:UpdateService';

/** Parameters of an update that have a key, one at a time, and what a restart may have of them. */
function restartRows(own: Service, other: Service, takesCommands: boolean): GrantRow[] {
  const update = (why: string, decision: GrantRow['decision'], context: GrantRow['context'] = {}): GrantRow =>
    ({ action: UPDATE, resources: serviceArn(own), context, decision, why });
  return [
    update('a restart', 'allowed'),
    update('a restart, where IAM gets the defaults of parameters that are not there', 'allowed', {
      'ecs:enable-ebs-volumes': 'false',
      'ecs:enable-service-connect': 'false',
      'ecs:enable-vpc-lattice': 'false',
      'ecs:enable-execute-command': 'false',
      'ecs:auto-assign-public-ip': 'false',
    }),
    update('another task definition', 'denied', { 'ecs:task-definition': definitionArn(job) }),
    update('an earlier version', 'denied', { 'ecs:task-definition': definitionArn(own).replace(/1$/, '0') }),
    update('other subnets or security groups', 'denied', { 'ecs:subnet': ['subnet-1'] }),
    update('public addresses', 'denied', { 'ecs:auto-assign-public-ip': 'true' }),
    update('other capacity', 'denied', { 'ecs:capacity-provider': ['FARGATE_SPOT'] }),
    update('ECS Exec', takesCommands ? 'allowed' : 'denied', { 'ecs:enable-execute-command': 'true' }),
    update('Service Connect', 'denied', { 'ecs:enable-service-connect': 'true' }),
    update('another namespace', 'denied', { 'ecs:namespace': 'arn:aws:servicediscovery:eu-central-1:111122223333:namespace/ns-1' }),
    update('VPC Lattice', 'denied', { 'ecs:enable-vpc-lattice': 'true' }),
    update('volumes', 'denied', { 'ecs:enable-ebs-volumes': 'true' }),
    update('tasks without the tag of the service', 'denied', { 'ecs:propagate-tags': 'NONE' }),
    { action: UPDATE, resources: serviceArn(other), decision: 'denied', why: 'another service' },
    { action: UPDATE, resources: otherService, decision: 'denied', why: 'a service of another cluster' },
    { action: 'ecs:DescribeServices', resources: serviceArn(own), decision: 'allowed', why: 'see how it goes' },
    { action: 'ecs:DescribeServices', resources: serviceArn(other), decision: 'denied', why: 'see another service' },
    { action: 'ecs:DeleteService', resources: serviceArn(own), decision: 'denied', why: 'delete the service' },
    { action: 'ecs:TagResource', resources: serviceArn(own), decision: 'denied', why: 'change its tags' },
    { action: 'ecs:RegisterTaskDefinition', resources: '*', decision: 'denied', why: 'make another version' },
    { action: 'iam:PassRole', resources: roleArn(own.taskRole), context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }, decision: 'denied', why: 'pass its role' },
  ];
}

/** What is open of the tasks of a service, and of no others. */
function taskRows(own: Service, other: Service, actions: string[], resources: string | string[]): GrantRow[] {
  const elsewhere = [resources].flat().map((each) => (each === task ? otherTask : each));
  return actions.flatMap((action): GrantRow[] => [
    { action, resources, context: taskOf(own), decision: 'allowed', why: 'of its own tasks' },
    { action, resources, context: taskOf(other), decision: 'denied', why: 'of the tasks of another service' },
    { action, resources, context: taskOf(job), decision: 'denied', why: 'of the tasks of a job' },
    { action, resources, context: taskOf(own.node.tryFindChild('Rehearsal')!), decision: 'denied', why: 'of its rehearsal' },
    { action, resources, context: OTHER_STACK, decision: 'denied', why: 'of another stack' },
    { action, resources, context: taskOf(), decision: 'denied', why: 'of tasks without a tag' },
    { action, resources: elsewhere, context: taskOf(own, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
  ]);
}

export const tables: GrantTable[] = [
  {
    title: 'people who run commands in a service',
    covers: ['FargateApi.grantExecuteCommand', 'FargateWorker.grantExecuteCommand'],
    policies: account.policiesOf(grantees.shell),
    rows: [
      ...taskRows(api, worker, ['ecs:ExecuteCommand'], [clusterArn, task]),
      ...taskRows(api, worker, ['ecs:DescribeTasks'], task),
      { action: 'ecs:ListTasks', resources: '*', context: taskOf(), decision: 'allowed', why: 'find a task to run it in' },
      { action: 'ecs:ListTasks', resources: '*', context: taskOf(undefined, OTHER_CLUSTER), decision: 'denied', why: 'in another cluster' },
      { action: 'ecs:StopTask', resources: task, context: taskOf(api), decision: 'denied', why: 'stop a task' },
      { action: 'ecs:TagResource', resources: task, context: taskOf(worker), decision: 'denied', why: 'make a task of another service its own' },
      { action: UPDATE, resources: serviceArn(api), decision: 'denied', why: 'change the service' },
      { action: 'secretsmanager:GetSecretValue', resources: secret, decision: 'denied', why: 'read secrets without the container' },
    ],
  },
  {
    title: 'people who restart a service that takes commands',
    covers: ['FargateApi.grantRestart'],
    policies: account.policiesOf(grantees.apiRestart),
    rows: restartRows(api, worker, true),
  },
  {
    title: 'people who restart a service',
    covers: ['FargateWorker.grantRestart'],
    policies: account.policiesOf(grantees.workerRestart),
    rows: restartRows(worker, api, false),
  },
  {
    title: 'tasks that protect themselves',
    covers: [],
    policies: account.policiesOf(worker.taskRole),
    rows: [
      ...taskRows(worker, api, ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], task),
      { action: 'ecs:StopTask', resources: task, context: taskOf(worker), decision: 'denied', why: 'stop a task' },
      { action: 'ecs:DescribeTasks', resources: task, context: taskOf(worker), decision: 'denied', why: 'see tasks' },
    ],
  },
];
