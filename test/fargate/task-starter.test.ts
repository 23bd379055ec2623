import { NestedStack, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { createCluster, createVpc, developmentApp, exportsOf, IMAGE, productionApp } from './fixture';
import { BackendCluster, ScheduledJob, ServiceCapacity, type ScheduledJobProps } from '../../src/fargate';

const SCHEDULE = ScheduleExpression.cron({ hour: '3', minute: '0' });

function create(props: Partial<ScheduledJobProps> = {}, { stack, cluster } = createCluster()): { stack: Stack; job: ScheduledJob } {
  return { stack, job: new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: SCHEDULE, ...props }) };
}

function people(scope: Stack, id = 'People'): iam.Role {
  return new iam.Role(scope, id, { assumedBy: new iam.AccountRootPrincipal() });
}

function idsOf(stack: Stack): string[] {
  return Object.keys(Template.fromStack(stack).toJSON().Resources as object).filter((id) => id.includes('Starter'));
}

test('a job that nobody runs by hand has none', () => {
  expect(idsOf(create().stack)).toEqual([]);
});

test.each<[string, (job: ScheduledJob, stack: Stack) => unknown]>([
  ['the command is read', (job) => [job.runCommand, job.runCommand]],
  ['people may run it', (job, stack) => [job.grantRun(people(stack)), job.grantRun(people(stack, 'Others'))]],
  ['both', (job, stack) => [job.grantRun(people(stack)), job.runCommand]],
])('it is made once where %s', (_case, use) => {
  const { stack, job } = create();
  use(job, stack);
  expect(idsOf(stack).map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['JobStarter', 'JobStarterEventInvokeConfig', 'JobStarterLogGroup', 'JobStarterRole', 'JobStarterRoleDefaultPolicy']);
});

test('it is not in the VPC, is not invoked twice for one invocation, and answers before the AWS CLI gives up', () => {
  const { stack, job } = create();
  expect(job.runCommand).toContain('aws lambda invoke');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.absent(), ReservedConcurrentExecutions: Match.absent(), Timeout: 45, Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
});

test('its environment is what the schedule runs, and holds nothing else', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), fargateSpot: true });
  const { job } = create({ capacity: ServiceCapacity.spot({ onDemandBase: 1 }) }, { stack, cluster: cluster as never, vpc: undefined as never });
  job.grantRun(people(stack));

  const template = Template.fromStack(stack);
  const [{ Properties }] = Object.values(template.findResources('AWS::Scheduler::Schedule'));
  const { EcsParameters } = Properties.Target as { EcsParameters: { TaskDefinitionArn: object; CapacityProviderStrategy: { Base?: number; CapacityProvider: string; Weight: number }[]; NetworkConfiguration: { AwsvpcConfiguration: { Subnets: object[]; SecurityGroups: object[] } } } };
  const [{ Properties: { Environment: { Variables } } }] = Object.values(template.findResources('AWS::Lambda::Function')) as { Properties: { Environment: { Variables: Record<string, unknown> } } }[];
  const { TASK_CAPACITY_PROVIDERS: providers, ...others } = Variables;
  expect(JSON.parse(providers as string)).toEqual(EcsParameters.CapacityProviderStrategy.map(({ Base, CapacityProvider, Weight }) => ({ base: Base, capacityProvider: CapacityProvider, weight: Weight })));
  expect(others).toEqual({
    TASK_CLUSTER: Properties.Target.Arn,
    TASK_DEFINITION: EcsParameters.TaskDefinitionArn,
    TASK_CONTAINER: 'Job',
    TASK_SUBNETS: { 'Fn::Join': [',', EcsParameters.NetworkConfiguration.AwsvpcConfiguration.Subnets] },
    TASK_SECURITY_GROUPS: EcsParameters.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[0],
    TASK_ASSIGN_PUBLIC_IP: 'DISABLED',
    TASK_LOG_GROUP: { Ref: expect.stringMatching(/^JobLogGroup/) },
    TASK_LOG_STREAM_PREFIX: 'Job',
  });
});

test.each([['development', developmentApp, 7, 'Delete'], ['production', productionApp, 90, 'RetainExceptOnCreate']] as const)('its log is kept as the posture says (%s)', (_posture, createApp, days, policy) => {
  const { stack, job } = create({}, createCluster(createApp()));
  job.grantRun(people(stack));
  const [log] = Object.entries(Template.fromStack(stack).findResources('AWS::Logs::LogGroup')).filter(([id]) => id.includes('Starter')).map(([, resource]) => resource);
  expect([log.Properties.RetentionInDays, log.DeletionPolicy]).toEqual([days, policy]);
});

test('people of another stack may run it, without an export', () => {
  const { stack, job } = create();
  const other = new Stack(stack.node.root as never, 'Other');
  job.grantRun(people(other));
  expect(JSON.stringify(Template.fromStack(other).toJSON())).toContain('Fn::GetStackOutput');
  expect(exportsOf(stack).filter((path) => path.includes('Job'))).toEqual([]);
});

test('a job in a nested stack has it there', () => {
  const backend = createCluster();
  const nested = new NestedStack(backend.stack, 'Nested');
  const job = new ScheduledJob(nested, 'Job', { cluster: backend.cluster, image: IMAGE, schedule: SCHEDULE });
  job.grantRun(people(nested));
  expect(idsOf(nested)).toHaveLength(5);
  Template.fromStack(nested).hasResourceProperties('AWS::ECS::TaskDefinition', { Tags: [{ Key: 'cdk-private-backend:task', Value: 'Backend/Nested/Job' }] });
});
