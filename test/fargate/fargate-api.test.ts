import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { createCluster, createSecret, IMAGE, productionApp } from './fixture';
import { FargateApi, type FargateApiProps, Scaling } from '../../src/fargate';

function synthesize(props: Partial<FargateApiProps> = {}, { stack, cluster } = createCluster()): Template {
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props });
  return Template.fromStack(stack);
}

function hasContainer(template: Template, properties: object): void {
  template.hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'Service', ...properties })]),
  });
}

describe('defaults', () => {
  test('a task is small, for ARM64, and listens on the port that it is told', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '256',
      Memory: '512',
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
    hasContainer(template, {
      Environment: [{ Name: 'PORT', Value: '8080' }],
      PortMappings: [{ ContainerPort: 8080, Protocol: 'tcp' }],
      StopTimeout: 60,
      HealthCheck: Match.absent(),
      Secrets: Match.absent(),
      DependsOn: Match.absent(),
    });
  });

  test('the container is hardened', () => {
    hasContainer(synthesize(), {
      ReadonlyRootFilesystem: true,
      Privileged: false,
      User: '1000:1000',
      LinuxParameters: Match.objectLike({ Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true, Tmpfs: [Match.objectLike({ ContainerPath: '/tmp', Size: 64 })] }),
    });
  });

  test('a slow CloudWatch Logs does not stop the service, but what runs once before it keeps its last lines', () => {
    const template = synthesize({ writablePaths: ['/data'] });
    hasContainer(template, { LogConfiguration: Match.objectLike({ Options: Match.objectLike({ 'mode': 'non-blocking', 'max-buffer-size': '26214400b' }) }) });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'WritablePaths', LogConfiguration: Match.objectLike({ Options: Match.objectLike({ mode: 'blocking' }) }) })]),
    });
  });

  test('a deployment keeps all tasks and is rolled back after three failures', () => {
    synthesize().hasResourceProperties('AWS::ECS::Service', {
      DeploymentController: { Type: 'ECS' },
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true, ThresholdConfiguration: { Type: 'COUNT', Value: 3 } },
      },
      AvailabilityZoneRebalancing: 'ENABLED',
      EnableExecuteCommand: false,
      EnableECSManagedTags: true,
      PropagateTags: 'SERVICE',
      LaunchType: 'FARGATE',
      PlatformVersion: 'LATEST',
    });
  });

  test('a service that no ingress routes to has no load balancer and no grace period', () => {
    synthesize().hasResourceProperties('AWS::ECS::Service', { LoadBalancers: Match.absent(), HealthCheckGracePeriodSeconds: Match.absent() });
  });

  test('nothing may connect to it, and it may connect to HTTPS only', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: Match.stringLikeRegexp('Tasks'),
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('the task role has no permissions', () => {
    const roles = Object.keys(synthesize().findResources('AWS::IAM::Policy'));
    expect(roles.filter((id) => id.includes('TaskRole'))).toEqual([]);
  });

  test('the service waits for its permissions and its way to AWS', () => {
    synthesize().hasResource('AWS::ECS::Service', {
      DependsOn: Match.arrayWith([
        Match.stringLikeRegexp('ApiTaskDefinitionExecutionRole'),
        Match.stringLikeRegexp('VpcPrivateSubnet1DefaultRoute'),
        Match.stringLikeRegexp('VpcPrivateSubnet2DefaultRoute'),
      ]),
    });
  });

  test('development keeps one task and one week of logs', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 1 });
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 7 }, DeletionPolicy: 'Delete' });
  });

  test('production scales from two to ten tasks, on CPU, and keeps three months of logs', () => {
    const template = synthesize({}, createCluster(productionApp()));
    template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 2, MaxCapacity: 10, ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', RoleARN: Match.absent(),
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({ PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' }, TargetValue: 60 }),
    });
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 90 }, DeletionPolicy: 'RetainExceptOnCreate' });
  });

  test('logical ids stay what they are', () => {
    const template = synthesize();
    const idsOf = (type: string) => Object.keys(template.findResources(type));
    expect(idsOf('AWS::ECS::Service')).toEqual(['ApiServiceF26EE56E']);
    expect(idsOf('AWS::ECS::TaskDefinition')).toEqual(['ApiTaskDefinitionFA71DA57']);
    expect(idsOf('AWS::Logs::LogGroup')).toEqual(['ApiLogGroup1717FE17']);
  });
});

describe('options', () => {
  test('size, architecture, port and commands reach the task definition', () => {
    const template = synthesize({
      cpu: 1024, memoryLimitMiB: 2048, architecture: ecs.CpuArchitecture.X86_64, port: 3000, entryPoint: ['node'], command: ['server.js'], stopTimeout: Duration.seconds(120),
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '1024', Memory: '2048', RuntimePlatform: Match.objectLike({ CpuArchitecture: 'X86_64' }) });
    hasContainer(template, {
      EntryPoint: ['node'], Command: ['server.js'], StopTimeout: 120, PortMappings: [Match.objectLike({ ContainerPort: 3000 })], Environment: [{ Name: 'PORT', Value: '3000' }],
    });
  });

  test('environment and secrets come in the order of their names', () => {
    const { stack, vpc, cluster } = createCluster();
    const [first, second] = [createSecret(stack, 'First', 'field'), createSecret(stack, 'Second')];
    const template = synthesize({ environment: { Z: '26', A: '1' }, secrets: { Y: first, B: second } }, { stack, vpc, cluster });
    hasContainer(template, {
      Environment: [{ Name: 'A', Value: '1' }, { Name: 'PORT', Value: '8080' }, { Name: 'Z', Value: '26' }],
      Secrets: [Match.objectLike({ Name: 'B' }), Match.objectLike({ Name: 'Y' })],
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({ Statement: Match.arrayWith([Match.objectLike({ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'] })]) }),
    });
  });

  test('user, size of /tmp and container health check reach the container', () => {
    hasContainer(synthesize({ user: '65532', tmpSize: Size.mebibytes(128), containerHealthCheck: { command: ['CMD-SHELL', 'true'] } }), {
      User: '65532',
      LinuxParameters: Match.objectLike({ Tmpfs: [Match.objectLike({ Size: 128 })] }),
      HealthCheck: Match.objectLike({ Command: ['CMD-SHELL', 'true'] }),
    });
  });

  test('writable paths are volumes that a first container opens to the user', () => {
    const template = synthesize({ writablePaths: ['/var/cache/app', '/data'] });
    hasContainer(template, {
      DependsOn: [{ ContainerName: 'WritablePaths', Condition: 'SUCCESS' }],
      MountPoints: [
        { SourceVolume: 'writable-0', ContainerPath: '/var/cache/app', ReadOnly: false },
        { SourceVolume: 'writable-1', ContainerPath: '/data', ReadOnly: false },
      ],
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Volumes: [{ Name: 'writable-0' }, { Name: 'writable-1' }],
      ContainerDefinitions: Match.arrayWith([Match.objectLike({
        Name: 'WritablePaths', Essential: false, EntryPoint: ['sh', '-c'], Command: ['chmod 1777 /var/cache/app /data'], ReadonlyRootFilesystem: true,
      })]),
    });
  });

  test('a task count and scaling that were asked for win over the posture', () => {
    const template = synthesize({ minTasks: 3, maxTasks: 6, scaleOn: [Scaling.onCpuPercent(40)] });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 3, MaxCapacity: 6 });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', { TargetTrackingScalingPolicyConfiguration: Match.objectLike({ TargetValue: 40 }) });
  });

  test('a service can be held at no task', () => {
    synthesize({ minTasks: 0, maxTasks: 0 }).hasResourceProperties('AWS::ECS::Service', { DesiredCount: 0 });
  });

  test('failure threshold, log retention and removal policy that were asked for win', () => {
    const template = synthesize({ deploymentFailureThreshold: 5, logRetention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN });
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: Match.objectLike({ DeploymentCircuitBreaker: Match.objectLike({ ThresholdConfiguration: { Type: 'COUNT', Value: 5 } }) }),
    });
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 365 }, DeletionPolicy: 'Retain' });
  });

  test('subnets that were asked for win, and public ones bring a public address', () => {
    synthesize({ vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }).hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'ENABLED', Subnets: [{ Ref: Match.stringLikeRegexp('Public') }, { Ref: Match.stringLikeRegexp('Public') }] }) },
    });
  });

  test('security groups and task role of one\'s own are used as they are', () => {
    const { stack, vpc, cluster } = createCluster();
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Imported', 'sg-11111111')];
    const taskRole = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/service');
    const template = synthesize({ securityGroups, taskRole }, { stack, vpc, cluster });
    template.hasResourceProperties('AWS::ECS::Service', { NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ SecurityGroups: ['sg-11111111'] }) } });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', { TaskRoleArn: 'arn:aws:iam::111111111111:role/service' });
    template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('commands in running containers get permissions and the paths that their agent writes to', () => {
    const template = synthesize({ enableExecuteCommand: true });
    template.hasResourceProperties('AWS::ECS::Service', { EnableExecuteCommand: true });
    hasContainer(template, {
      ReadonlyRootFilesystem: true,
      MountPoints: [Match.objectLike({ ContainerPath: '/var/lib/amazon', ReadOnly: false }), Match.objectLike({ ContainerPath: '/var/log/amazon', ReadOnly: false })],
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({
          Action: ['ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
        })]),
      }),
    });
  });
});

describe('what it offers', () => {
  test('permissions are granted to the task role', () => {
    const { stack, cluster } = createCluster();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    new s3.Bucket(stack, 'Bucket').grantRead(api);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { Roles: [{ Ref: Match.stringLikeRegexp('ApiTaskDefinitionTaskRole') }] });
  });

  test('others connect to its port by default', () => {
    const { stack, vpc, cluster } = createCluster();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, port: 9000 });
    api.connections.allowDefaultPortFrom(new ec2.SecurityGroup(stack, 'Client', { vpc }));
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 9000, ToPort: 9000 });
  });

  test('metrics are those of ECS, for this service', () => {
    const { stack, cluster } = createCluster();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    expect(api.metricCpuUtilization()).toMatchObject({ namespace: 'AWS/ECS', metricName: 'CPUUtilization', statistic: 'Average' });
    expect(api.metricMemoryUtilization({ period: Duration.minutes(1) })).toMatchObject({ metricName: 'MemoryUtilization', period: Duration.minutes(1) });
    expect(Object.keys(api.metric('RunningTaskCount').dimensions ?? {}).sort()).toEqual(['ClusterName', 'ServiceName']);
  });

  test('only the service resource waits for what must run before it', () => {
    // GIVEN
    const { stack, cluster } = createCluster();
    const before: unknown[] = [];

    // WHEN
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE, migrations: [{ runBefore: (service) => before.push(service) }] });

    // THEN
    expect(before).toEqual([api.service]);
  });
});
