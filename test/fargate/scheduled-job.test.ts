import { Duration, NestedStack, Size, Stack, Stage, TimeZone, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { createCluster, createEndpoint, createSecret, createVpc, developmentApp, exportsOf, IMAGE, productionApp, TestBinding } from './fixture';
import { type IServicePrerequisite } from '../../src/binding';
import { BackendCluster, ServiceCapacity, FargateApi, ScheduledJob, type ScheduledJobProps, DiscoveryNamespace } from '../../src/fargate';

const NIGHTLY = ScheduleExpression.cron({ hour: '3', minute: '0' });

function create(props: Partial<ScheduledJobProps> = {}, { stack, cluster } = createCluster()): { stack: Stack; job: ScheduledJob } {
  return { stack, job: new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: NIGHTLY, ...props }) };
}

function synthesize(props: Partial<ScheduledJobProps> = {}, backend = createCluster()): Template {
  return Template.fromStack(create(props, backend).stack);
}

function hasTarget(template: Template, target: object): void {
  template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: Match.objectLike(target) });
}

describe('defaults', () => {
  test('one task starts at each moment of the schedule, in UTC', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 3 * * ? *)', ScheduleExpressionTimezone: 'Etc/UTC', FlexibleTimeWindow: { Mode: 'OFF' }, State: 'ENABLED', Name: Match.absent(),
    });
    hasTarget(template, {
      Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Cluster'), 'Arn'] },
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 900 },
      EcsParameters: Match.objectLike({
        LaunchType: 'FARGATE',
        TaskCount: 1,
        PlatformVersion: 'LATEST',
        TaskDefinitionArn: { Ref: Match.stringLikeRegexp('^JobTaskDefinition') },
        NetworkConfiguration: {
          AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: [Match.anyValue(), Match.anyValue()], SecurityGroups: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^JobSecurityGroup'), 'GroupId'] }] },
        },
      }),
    });
  });

  test('its container is hardened, listens nowhere, keeps its last log lines and knows how long it has to stop', () => {
    synthesize().hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '256',
      RuntimePlatform: Match.objectLike({ CpuArchitecture: 'ARM64' }),
      ContainerDefinitions: [Match.objectLike({
        Name: 'Job',
        ReadonlyRootFilesystem: true,
        User: '1000:1000',
        PortMappings: Match.absent(),
        StopTimeout: 120,
        Environment: [{ Name: 'STOP_TIMEOUT_SECONDS', Value: '120' }],
        LogConfiguration: Match.objectLike({ Options: Match.objectLike({ 'mode': 'blocking', 'awslogs-stream-prefix': 'Job' }) }),
      })],
    });
  });

  test('what cannot be started is kept for two weeks, encrypted', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true });
    hasTarget(template, { DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobDeadLetterQueue'), 'Arn'] } } });
  });

  test('EventBridge Scheduler may start this one family with these two roles, tag it, and use the queue', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [{
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnEquals: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([':scheduler:', ':schedule-group/default'])] } },
          },
        }],
      }),
    });
    const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('JobScheduleRole')).map(([, resource]) => resource);
    const statements = policy.Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown; Condition?: unknown }[];
    expect(statements.map(({ Action }) => Action)).toEqual(['ecs:RunTask', 'iam:PassRole', 'ecs:TagResource', expect.arrayContaining(['sqs:SendMessage'])]);
    expect(statements.some(({ Resource }) => Resource === '*')).toBe(false);
    expect(statements[1].Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
    expect(statements[2].Condition).toEqual({ StringEquals: { 'ecs:CreateAction': 'RunTask' } });
  });

  test('the schedule waits for permissions and the way to AWS', () => {
    synthesize().hasResource('AWS::Scheduler::Schedule', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('JobScheduleRoleDefaultPolicy'), Match.stringLikeRegexp('JobTaskDefinitionExecutionRole'), Match.stringLikeRegexp('VpcPrivateSubnet1DefaultRoute')]),
    });
  });
});

describe('options', () => {
  test('of the schedule', () => {
    const queue = (stack: Stack) => new sqs.Queue(stack, 'Own');
    const backend = createCluster();
    const template = synthesize({
      schedule: ScheduleExpression.rate(Duration.minutes(10)),
      timeWindow: Duration.minutes(5),
      enabled: false,
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      deadLetterQueue: queue(backend.stack),
    }, backend);
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(10 minutes)', State: 'DISABLED', FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 },
    });
    hasTarget(template, { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Own'), 'Arn'] } } });
    template.resourceCountIs('AWS::SQS::Queue', 1);
  });

  test('a time zone', () => {
    synthesize({ schedule: ScheduleExpression.cron({ hour: '3', minute: '0', timeZone: TimeZone.EUROPE_BERLIN }) })
      .hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpressionTimezone: 'Europe/Berlin' });
  });

  test('of the task', () => {
    const template = synthesize({
      cpu: 1024,
      memoryLimitMiB: 2048,
      command: ['clean'],
      entryPoint: ['run'],
      environment: { LEVEL: 'info' },
      stopTimeout: Duration.seconds(30),
      writablePaths: ['/data'],
      user: '10001',
      tmpSize: Size.mebibytes(128),
      ephemeralStorage: Size.gibibytes(30),
      architecture: ecs.CpuArchitecture.X86_64,
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      Memory: '2048',
      EphemeralStorage: { SizeInGiB: 30 },
      RuntimePlatform: Match.objectLike({ CpuArchitecture: 'X86_64' }),
      ContainerDefinitions: Match.arrayWith([Match.objectLike({
        Name: 'Job',
        Command: ['clean'],
        EntryPoint: ['run'],
        User: '10001',
        StopTimeout: 30,
        Environment: [{ Name: 'LEVEL', Value: 'info' }, { Name: 'STOP_TIMEOUT_SECONDS', Value: '30' }],
        MountPoints: [Match.objectLike({ ContainerPath: '/data' })],
      })]),
    });
  });

  test('Spot capacity', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), fargateSpot: true });
    new ScheduledJob(stack, 'Job', { cluster, image: IMAGE, schedule: NIGHTLY, capacity: ServiceCapacity.spot({ onDemandBase: 0 }) });
    const template = Template.fromStack(stack);
    hasTarget(template, { EcsParameters: Match.objectLike({ LaunchType: Match.absent(), CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT', Weight: 1000 }] }) });
    template.hasResource('AWS::Scheduler::Schedule', { DependsOn: Match.arrayWith([Object.keys(template.findResources('AWS::ECS::ClusterCapacityProviderAssociations'))[0]]) });
  });

  test('bindings give variables, secrets, certificate authorities and network paths, for which the schedule waits', () => {
    // GIVEN
    const backend = createCluster();
    const target = createEndpoint(backend.stack, 'Database', backend.vpc);
    const topic = new sns.Topic(backend.stack, 'Topic');
    const binding = new TestBinding(() => ({
      targets: [target], dependencies: [topic], environment: { POOL: '5' }, secrets: { DATABASE_URL: createSecret(backend.stack, 'Secret') }, certificateAuthority: createSecret(backend.stack, 'Ca', 'ca'),
    }));

    // WHEN
    const template = synthesize({ connectTo: [binding] }, backend);

    // THEN
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'Job', Secrets: [Match.objectLike({ Name: 'DATABASE_URL' })], DependsOn: [{ ContainerName: 'CertificateAuthorities', Condition: 'SUCCESS' }] })]),
    });
    const [rule] = Object.keys(template.findResources('AWS::EC2::SecurityGroupIngress'));
    template.hasResource('AWS::Scheduler::Schedule', { DependsOn: Match.arrayWith([rule, Match.stringLikeRegexp('^Topic')]) });
  });

  test('a job calls a service by private DNS, and not by Service Connect', () => {
    const backend = createCluster();
    const named = new BackendCluster(backend.stack, 'Named', { vpc: backend.vpc, serviceDiscovery: DiscoveryNamespace.privateDns('rex.internal') });
    const connected = new BackendCluster(backend.stack, 'Connected', { vpc: backend.vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('mesh.internal') });
    const [one, two] = [named, connected].map((cluster, index) => new FargateApi(backend.stack, `Api${index}`, { cluster, image: IMAGE }));
    new ScheduledJob(backend.stack, 'Job', { cluster: named, image: IMAGE, schedule: NIGHTLY, connectTo: [one] });
    expect(() => new ScheduledJob(backend.stack, 'Other', { cluster: connected, image: IMAGE, schedule: NIGHTLY, connectTo: [two] })).toThrow(/a name of Service Connect, which only services/);
    expect(JSON.stringify(Template.fromStack(backend.stack).toJSON())).toContain('http://api0.rex.internal:8080');
  });

  test('migrations are told to run before the schedule', () => {
    const waiting: string[] = [];
    const prerequisite: IServicePrerequisite = { runBefore: (service) => { waiting.push(service.node.defaultChild?.node.path ?? ''); } };
    create({ migrations: [prerequisite] });
    expect(waiting).toEqual(['Backend/Job/Resource']);
  });
});

describe('running and failing', () => {
  test('people may run it now, and read what it says, and nothing else as the job', () => {
    // GIVEN
    const { stack, job } = create();
    const people = new iam.Role(stack, 'People', { assumedBy: new iam.AccountRootPrincipal() });

    // WHEN
    job.grantRun(people);

    // THEN
    const [policy] = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('People')).map(([, resource]) => resource);
    const actions = (policy.Properties.PolicyDocument.Statement as { Action: string | string[] }[]).flatMap(({ Action }) => Action);
    expect(actions).toEqual(['lambda:InvokeFunction', 'ecs:DescribeTasks', 'ecs:StopTask', 'logs:GetLogEvents', 'logs:FilterLogEvents']);
    expect(JSON.stringify(stack.resolve(job.runCommand))).toMatch(/aws lambda invoke --region .* --function-name .*JobStarter.* \/dev\/fd\/3 3>&1 >\/dev\/null/);
  });

  test('a target hears of runs that failed or never started, and of no others', () => {
    // GIVEN
    const { stack, job } = create();
    const queue = new sqs.Queue(stack, 'Failures');

    // WHEN
    job.onFailure('Failed', { target: { bind: () => ({ arn: queue.queueArn }) } });

    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Failures'), 'Arn'] } })],
      EventPattern: {
        'source': ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        'detail': {
          clusterArn: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Cluster'), 'Arn'] }],
          group: [Match.stringLikeRegexp('^family:Backend-Job-\\w{8}$')],
          lastStatus: ['STOPPED'],
          $or: [{ containers: { name: ['Job'], exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
        },
      },
    });
  });

  test('a metric counts what could not be started', () => {
    const { job } = create();
    expect(job.metricNotStarted()).toMatchObject({ namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' });
  });
});

describe('errors', () => {
  test.each<[string, Partial<ScheduledJobProps>, RegExp]>([
    ['too many retries', { retryAttempts: 186 }, /`retryAttempts` must be a whole number from 0 to 185, got 186/],
    ['too short a time for them', { maxEventAge: Duration.seconds(59) }, /`maxEventAge` must be from 60 to 86400 whole seconds, got 59/],
    ['too long a time for them', { maxEventAge: Duration.days(2) }, /`maxEventAge` must be from 60 to 86400/],
    ['no window', { timeWindow: Duration.seconds(30) }, /`timeWindow` must be from 1 to 1440 whole minutes, got 0.5/],
    ['a schedule of five fields', { schedule: ScheduleExpression.expression('cron(0 3 * * *)') }, /The cron expression of `schedule` must have six fields.*got 5 in 'cron\(0 3 \* \* \*\)'/],
    ['a rate of a wrong number', { schedule: ScheduleExpression.expression('rate(5 minute)') }, /The rate of `schedule`.*Use for example 'rate\(5 minutes\)'/],
    ['an unknown time zone', { schedule: ScheduleExpression.expression('rate(1 day)', TimeZone.of('Berlin')) }, /The time zone of `schedule`.*got 'Berlin'/],
    ['a size that Fargate does not offer', { cpu: 256, memoryLimitMiB: 4096 }, /\(4096\) can't be used with `cpu` \(256\)/],
    ['a variable of its own', { environment: { STOP_TIMEOUT_SECONDS: '1' } }, /set `stopTimeout` instead/],
    ['no security group', { securityGroups: [] }, /`securityGroups` is empty/],
    ['what is no binding', { connectTo: [{} as never] }, /`connectTo\[0\]` is not an `IServiceBinding`/],
  ])('fails for %s', (_what, props, message) => {
    expect(() => create(props)).toThrow(message);
  });

  test('values may be known only at deployment', () => {
    const number = Token.asNumber({ Ref: 'Number' });
    const template = synthesize({ retryAttempts: number, maxEventAge: Duration.seconds(number), timeWindow: Duration.minutes(number), schedule: ScheduleExpression.expression(Token.asString({ Ref: 'When' })) });
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: { Ref: 'When' }, FlexibleTimeWindow: { MaximumWindowInMinutes: { Ref: 'Number' } } });
    hasTarget(template, { RetryPolicy: { MaximumRetryAttempts: { Ref: 'Number' }, MaximumEventAgeInSeconds: { Ref: 'Number' } } });
  });
});

describe('where it stands', () => {
  test('twice in one stack, and in production', () => {
    const backend = createCluster(productionApp());
    ['First', 'Second'].forEach((id) => new ScheduledJob(backend.stack, id, { cluster: backend.cluster, image: IMAGE, schedule: NIGHTLY }));
    const template = Template.fromStack(backend.stack);
    template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 90 }, DeletionPolicy: 'RetainExceptOnCreate' });
  });

  test('in another stack than its cluster, in public subnets, and without exports', () => {
    // GIVEN
    const app = developmentApp();
    const producer = new Stack(app, 'Producer');
    const vpc = createVpc(producer);
    const cluster = new BackendCluster(producer, 'Cluster', { vpc });
    const consumer = new Stack(app, 'Consumer');

    // WHEN
    new ScheduledJob(consumer, 'Job', { cluster, image: IMAGE, schedule: NIGHTLY, vpcSubnets: { subnets: vpc.publicSubnets } });

    // THEN
    hasTarget(Template.fromStack(consumer), { EcsParameters: Match.objectLike({ NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'ENABLED' }) } }) });
    expect(exportsOf(producer).filter((path) => path.includes('Cluster'))).toEqual([]);
  });
});

describe('its task family', () => {
  const familyOf = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::ECS::TaskDefinition')).map(({ Properties }) => Properties.Family as string);

  function jobIn(stack: Construct, id = 'Job'): ScheduledJob {
    const cluster = ecs.Cluster.fromClusterAttributes(stack, `${id}Cluster`, { clusterName: 'shared', vpc: createVpc(stack, `${id}Vpc`) });
    return new ScheduledJob(stack, id, { cluster, image: IMAGE, schedule: NIGHTLY });
  }

  test('is not shared by copies of one app, so that neither starts nor watches the tasks of the other', () => {
    // GIVEN
    const [alpha, beta] = ['alpha', 'beta'].map((stackName) => {
      const stack = new Stack(developmentApp(), 'Backend', { stackName });
      const job = jobIn(stack);
      job.onFailure('Failed', { target: { bind: () => ({ arn: 'arn:aws:sns:eu-central-1:111111111111:topic' }) } });
      job.grantRun(new iam.Role(stack, 'People', { assumedBy: new iam.AccountRootPrincipal() }));
      return { stack, job, said: JSON.stringify(Template.fromStack(stack).toJSON()) };
    });

    // THEN
    const [[ofAlpha], [ofBeta]] = [familyOf(alpha.stack), familyOf(beta.stack)];
    expect([ofAlpha, ofBeta]).toEqual([expect.stringMatching(/^alpha-Job-\w{8}$/), expect.stringMatching(/^beta-Job-\w{8}$/)]);
    for (const { said, own, other } of [{ ...alpha, own: ofAlpha, other: ofBeta }, { ...beta, own: ofBeta, other: ofAlpha }]) {
      expect(said.split(own).length).toBeGreaterThan(4);
      expect(said).not.toContain(other);
    }
  });

  test('differs between stages, stacks, nested stacks and jobs, and is known at synth', () => {
    const app = developmentApp();
    const stacks = [new Stack(app, 'Backend'), new Stack(app, 'Other'), ...['Dev', 'Prod'].map((id) => new Stack(new Stage(app, id), 'Backend'))];
    const nested = ['First', 'Second'].map((id) => new NestedStack(stacks[0], id));
    [...stacks, ...nested].forEach((stack) => jobIn(stack));
    jobIn(stacks[0], 'Third');
    const families = [...stacks, ...nested].flatMap(familyOf);
    expect(families.filter((family) => /^(Backend|Other|Dev-Backend|Prod-Backend)-(Job|Third)-\w{8}$/.test(family))).toHaveLength(7);
    expect(new Set(families).size).toBe(7);
  });

  test('keeps to the characters and the length that ECS takes', () => {
    const stack = new Stack(developmentApp(), 'Backend', { stackName: 'x'.repeat(128) });
    jobIn(stack, `Clean up: ${'ü'.repeat(100)}`);
    expect(familyOf(stack)).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]{1,255}$/)]);
  });
});

test('warns about a job that starts every minute of an hour, and about no other', () => {
  const warned = (schedule: ScheduleExpression) => Annotations.fromStack(create({ schedule }).stack).findWarning('*', Match.stringLikeRegexp('ScheduledJob.everyMinute')).length;
  expect([
    ScheduleExpression.cron({ hour: '3' }), ScheduleExpression.cron({ hour: '3', minute: '0' }), ScheduleExpression.cron({}), ScheduleExpression.cron({ minute: '*/5', hour: '3' }), ScheduleExpression.rate(Duration.minutes(1)),
    ScheduleExpression.expression(Token.asString({ Ref: 'When' })),
  ].map(warned)).toEqual([1, 0, 0, 0, 0, 0]);
});
