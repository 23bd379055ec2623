import { CfnParameter, Duration, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { createCluster, developmentApp, IMAGE, productionApp } from './fixture';
import { BackendNetwork, PrivatePostgres, RedisCache, type IServiceBinding } from '../../src';
import { FargateApi, type FargateApiProps, Scaling } from '../../src/fargate';

function create(props: Partial<FargateApiProps>, { stack, cluster } = createCluster()): FargateApi {
  return new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props });
}

test.each<[string, Partial<FargateApiProps>, RegExp]>([
  ['a memory that does not go with its CPU', { cpu: 256, memoryLimitMiB: 4096 }, /`memoryLimitMiB` \(4096\) can't be used with `cpu` \(256\), for which Fargate offers 512, 1024 or 2048 MiB.*`cpu: 512`.*Backend\/Api/],
  ['CPU units that are not offered', { cpu: 128 }, /256, 512, 1024, 2048, 4096, 8192, 16384.*got 128/],
  ['port 0', { port: 0 }, /`port` must be a whole number from 1 to 65535, got 0/],
  ['a port above 65535', { port: 65536 }, /got 65536/],
  ['a port with a fraction', { port: 80.5 }, /got 80.5/],
  ['a health check path without slash', { healthCheckPath: 'healthz' }, /`healthCheckPath` must start with '\/'.*got 'healthz'/],
  ['a health check path with a space', { healthCheckPath: '/health z' }, /without spaces/],
  ['a stop timeout above 120 s', { stopTimeout: Duration.minutes(3) }, /`stopTimeout` must be from 2 to 120 whole seconds, got 180/],
  ['a stop timeout below 2 s', { stopTimeout: Duration.millis(1500) }, /stopTimeout.*got 1.5/],
  ['a deregistration delay above one hour', { deregistrationDelay: Duration.hours(2) }, /`deregistrationDelay` must be from 0 to 3600/],
  ['a failure threshold of 0', { deploymentFailureThreshold: 0 }, /`deploymentFailureThreshold` must be a whole number from 1/],
  ['a negative number of tasks', { minTasks: -1 }, /`minTasks` must be a whole number from 0/],
  ['more least than greatest tasks', { minTasks: 3, maxTasks: 2 }, /`minTasks` \(3\) is greater than `maxTasks` \(2\)\. Set `maxTasks` to at least 3\./],
  ['a CPU target above 100 %', { scaleOn: [Scaling.onCpuPercent(101)] }, /`Scaling.onCpuPercent` must be a whole number from 1 to 100, got 101/],
  ['a request target of 0', { scaleOn: [Scaling.onRequestsPerMinute(0)] }, /`Scaling.onRequestsPerMinute` must be a whole number of at least 1, got 0/],
  ['a /tmp as large as the task', { tmpSize: Size.mebibytes(512) }, /`tmpSize` must be from 1 to 511 whole MiB, less than `memoryLimitMiB` \(512\).*got 512.*`writablePaths`/],
  ['a /tmp of nothing', { tmpSize: Size.mebibytes(0) }, /tmpSize.*got 0/],
  ['a /tmp of half a MiB', { tmpSize: Size.kibibytes(512) }, /tmpSize.*whole MiB.*got 0.5/],
  ['a relative writable path', { writablePaths: ['cache'] }, /`writablePaths` must be absolute.*got 'cache'/],
  ['a writable path that leaves its directory', { writablePaths: ['/var/../etc'] }, /`writablePaths` must be absolute/],
  ['a writable root', { writablePaths: ['/'] }, /`writablePaths` must be absolute/],
  ['a writable path with shell characters', { writablePaths: ['/var;id'] }, /`writablePaths` must be absolute/],
  ['/tmp as a writable path', { writablePaths: ['/tmp'] }, /writable already.*`tmpSize`/],
  ['a writable path over the certificate authorities', { writablePaths: ['/run'] }, /'\/run', where this library puts certificate authorities/],
  ['a writable path given twice', { writablePaths: ['/a', '/a'] }, /'\/a', which is already mounted/],
  ['something to connect to that is no binding', { connectTo: [new Stack() as never] }, /`connectTo\[0\]` is not an `IServiceBinding`.*postgres.addUser\('Api'\).*Backend\/Api/],
  ['no user, which would be that of the image, often root', { user: '' }, /`user` must be a user id, a user name.*got ''/],
  ['a user with a space', { user: '1000 1000' }, /got '1000 1000'/],
  ['an empty list of security groups', { securityGroups: [] }, /`securityGroups` is empty.*default security group of the VPC/],
  ['a snapshot as removal policy', { removalPolicy: RemovalPolicy.SNAPSHOT }, /`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT.*Backend\/Api/],
  ['a variable without a value', { environment: { REGION: undefined as unknown as string } }, /'REGION' in `environment` is undefined or null/],
  ['PORT in the environment', { environment: { PORT: '1' } }, /set `port` instead/],
  ['a variable name with a space', { environment: { 'A B': '1' } }, /`environment` has 'A B', which can't be the name/],
  ['a variable name that starts with a digit', { environment: { '1A': '1' } }, /can't be the name of an environment variable/],
])('fails on %s', (_name, props, message) => {
  expect(() => create(props)).toThrow(message);
});

test('fails on a greatest number of tasks below the posture\'s least, saying where that came from', () => {
  expect(() => create({ maxTasks: 1 }, createCluster(productionApp()))).toThrow(/`minTasks` \(2, from the production posture\) is greater than `maxTasks` \(1\)\. Set `minTasks` to at most 1\./);
});

test('fails on a least number of tasks above the posture\'s greatest, with the number to set', () => {
  expect(() => create({ minTasks: 20 })).toThrow('`minTasks` (20) is greater than `maxTasks` (1, from the development posture). Set `maxTasks` to at least 20.');
});

test('fails on a server, a database and a cache in place of their users, with what to write', () => {
  // GIVEN
  const { stack, cluster } = createCluster();
  const { vpc: network } = new BackendNetwork(stack, 'Network');
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc: network });
  const cache = new RedisCache(stack, 'Cache', { vpc: network });
  const connect = (used: unknown) => () => new FargateApi(new Construct(stack, `Of${stack.node.children.length}`), 'Orders', { cluster, image: IMAGE, connectTo: [used as IServiceBinding] });

  // THEN
  expect(connect(postgres)).toThrow("`connectTo[0]` is a database server; a service connects as a user. Use `connectTo: [postgres.addUser('Orders')]`.");
  expect(connect(postgres.database)).toThrow("`connectTo[0]` is a database; a service connects as a user. Use `connectTo: [database.addUser('Orders')]`.");
  expect(connect(cache)).toThrow("`connectTo[0]` is a cache; a service connects as a user. Use `connectTo: [cache.addUser('Orders')]`.");
  expect(connect(undefined)).toThrow('`connectTo[0]` is not an `IServiceBinding`.');
});

test('fails at synth in isolated subnets without a way to AWS, also to what only running commands need', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });

  // WHEN
  new FargateApi(stack, 'Api', { cluster, image: IMAGE, enableExecuteCommand: true });

  // THEN
  expect(() => Template.fromStack(stack)).toThrow(/ecr\.api[^]*ssmmessages/);
});

test('isolated subnets with the endpoints that tasks need are enough, and the service waits for them', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
  new FargateApi(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), image: IMAGE });

  // WHEN
  const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
  [ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER].forEach((service) => vpc.addInterfaceEndpoint(`Endpoint-${service.shortName}`, { service }));
  vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });

  // THEN
  Template.fromStack(stack).hasResource('AWS::ECS::Service', {
    DependsOn: Match.arrayWith([Match.stringLikeRegexp('VpcEndpointecrapi'), Match.stringLikeRegexp('VpcS3')]),
  });
});

test('unresolved values pass', () => {
  // GIVEN
  const { stack, vpc, cluster } = createCluster();
  const number = Token.asNumber(new CfnParameter(stack, 'Number', { type: 'Number' }).value);

  // WHEN
  create({
    port: number, cpu: number, minTasks: number, maxTasks: number, healthCheckPath: Token.asString({ Ref: 'Number' }), stopTimeout: Duration.seconds(number), environment: { A: Token.asString({ Ref: 'Number' }) },
  }, { stack, vpc, cluster });

  // THEN
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({ PortMappings: [{ ContainerPort: { Ref: 'Number' }, Protocol: 'tcp' }], Environment: [{ Name: 'A', Value: { Ref: 'Number' } }, { Name: 'PORT', Value: { Ref: 'Number' } }] })],
  });
});

test('warns about a port below 1024 and about root', () => {
  // GIVEN
  const { stack, vpc, cluster } = createCluster();

  // WHEN
  create({ port: 80, user: 'root' }, { stack, vpc, cluster });

  // THEN
  const annotations = Annotations.fromStack(stack);
  annotations.hasWarning('/Backend/Api', Match.stringLikeRegexp('`port` is 80.*below 1024'));
  annotations.hasWarning('/Backend/Api', Match.stringLikeRegexp('runs as \'root\''));
});

test('does not warn about an ordinary port and user', () => {
  // GIVEN
  const { stack, vpc, cluster } = createCluster();

  // WHEN
  create({ user: '1001' }, { stack, vpc, cluster });

  // THEN
  Annotations.fromStack(stack).hasNoWarning('/Backend/Api', Match.anyValue());
});
