import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { IConstruct } from 'constructs';
import { Account } from './account';
import { ACCOUNT_ID, REGION } from './arns';
import type { RequestContext } from './evaluator';
import {
  BackendCluster, BackendNetwork, FargateApi, FargateWorker, MigrationSource, MigrationTask, Posture, PrivatePostgres, ScheduledJob,
  type MigrationSourceConfig, type ScheduledJobProps,
} from '../../src';

/** Migrations that read no files. */
class FixedSource extends MigrationSource {
  public bind(): MigrationSourceConfig {
    return { image: IMAGE, revision: 'r1', protectedTables: [], usesRunner: true };
  }
}

const IMAGE = ecs.ContainerImage.fromRegistry('example');
const JOB: Omit<ScheduledJobProps, 'cluster'> = { image: IMAGE, schedule: ScheduleExpression.rate(Duration.days(1)) };

/** Everything that runs tasks, in one cluster and beside another one, and people for each grant. */
const app = new App();
Posture.production({ requireHttps: false }).applyTo(app);
const stack = new Stack(app, 'Tasks', { terminationProtection: true });
const { vpc } = new BackendNetwork(stack, 'Network');
const cluster = new BackendCluster(stack, 'Cluster', { vpc });
const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app' });

export const migrations = new MigrationTask(stack, 'Migrations', { cluster, database: postgres.database, source: new FixedSource() });
export const job = new ScheduledJob(stack, 'Job', { cluster, ...JOB });
export const otherJob = new ScheduledJob(stack, 'OtherJob', { cluster, ...JOB });
export const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, enableExecuteCommand: true });
export const worker = new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, taskProtection: true });

/** A new role, to which something is granted. */
function people(id: string, grant: (grantee: iam.IGrantable) => iam.Grant): iam.Role {
  const role = new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
  grant(role).assertSuccess();
  return role;
}

export const grantees = {
  job: people('JobPeople', (grantee) => job.grantRun(grantee)),
  otherJob: people('OtherJobPeople', (grantee) => otherJob.grantRun(grantee)),
  migrations: people('MigrationPeople', (grantee) => migrations.grantRun(grantee)),
  shell: people('ShellPeople', (grantee) => api.grantExecuteCommand(grantee)),
  apiRestart: people('ApiRestartPeople', (grantee) => api.grantRestart(grantee)),
  workerRestart: people('WorkerRestartPeople', (grantee) => worker.grantRestart(grantee)),
};

/** Roles that the library gives itself. */
export const roles = {
  starter: job.node.findChild('Starter').node.findChild('Role') as iam.Role,
  migrationStarter: migrations.node.findChild('Starter').node.findChild('Role') as iam.Role,
  schedule: job.node.findChild('ScheduleRole') as iam.Role,
  runner: stack.node.findChild('TaskRunner').node.findChild('Role') as iam.Role,
};

export const account = new Account(app);

const text = (value: string) => account.text(stack, value);
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;

export const clusterArn = text(cluster.clusterArn);
export const task = `${clusterArn.replace(':cluster/', ':task/')}/0123456789abcdef0123456789abcdef`;
export const otherTask = arn('ecs', 'task/Other/0123456789abcdef0123456789abcdef');
export const otherService = arn('ecs', 'service/Other/api');
export const secret = arn('secretsmanager', 'secret:Owner-AbCdEf');

export const serviceArn = (service: FargateApi | FargateWorker) => text(service.service.serviceArn);
/** With the name of the family, which is in policies. */
export const definitionArn = (owner: { readonly taskDefinition: ecs.IFargateTaskDefinition }) =>
  arn('ecs', `task-definition/${text((owner.taskDefinition as ecs.FargateTaskDefinition).family)}:1`);
export const roleArn = ({ roleArn: value }: iam.IRole) => text(value);
export const starterArn = (owner: IConstruct) => functionArn(owner.node.findChild('Starter'));
export const runnerArn = functionArn(stack.node.findChild('TaskRunner'));
export const streamArn = (owner: { readonly logGroup: { readonly logGroupArn: string } }) => text(owner.logGroup.logGroupArn).replace(/\*$/, 'log-stream:one/two/three');

function functionArn(holder: IConstruct): string {
  return text((holder.node.findChild('Resource') as unknown as { functionArn: string }).functionArn);
}

/** Keys of a request about a task: its cluster, and the tag of the construct that it belongs to. */
export function taskOf(owner?: IConstruct, ofCluster = clusterArn): RequestContext {
  return { 'ecs:cluster': ofCluster, ...(owner === undefined ? {} : { 'aws:ResourceTag/cdk-private-backend:task': owner.node.path }) };
}

/** The same of another stack that has constructs of the same ids. */
export const OTHER_STACK: RequestContext = { 'ecs:cluster': clusterArn, 'aws:ResourceTag/cdk-private-backend:task': 'Tasks2/Job' };
export const OTHER_CLUSTER = arn('ecs', 'cluster/Other');
