import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService, NetworkLoadBalancedFargateService, ScheduledFargateTask } from 'aws-cdk-lib/aws-ecs-patterns';
import { Schedule } from 'aws-cdk-lib/aws-events';
import * as rds from 'aws-cdk-lib/aws-rds';
import { checked, expectFindings, findingsOf } from './support';
import { buildExample, EXAMPLES, POSTURES } from '../../../examples/checks/cases';
import { BackendNetwork, Egress, Posture } from '../../../src';
import { allIn, buildBackend } from '../../support/whole-backend';

const IMAGE = ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/nginx:1.29');

describe('what this library makes', () => {
  test.each(EXAMPLES.flatMap((example) => POSTURES.map((posture) => ({ name: example.directory, example, posture }))))('example $name in $posture has no finding', ({ name, example, posture }) => {
    const report = checked(buildExample(example, posture).app).report();
    expect(report.findings).toEqual([]);
    expect(report.rulesHeld).toBe(report.rulesApplied);
    expect(report.rules.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining([
      'reachability-balancer-to-target', 'reachability-client-to-store', 'reachability-task-image', 'reachability-task-secrets',
      // A self-hosted server is instances, and its load balancer is internal.
      name === '02-hello-birthday' ? 'reachability-internet-to-instance' : 'reachability-internet-to-store',
      ...(name === '03-rex' ? [] : ['reachability-session-manager']),
    ]));
  });

  test.each([
    ['public IP addresses', Egress.publicIp(), []], ['a NAT instance', Egress.natInstance(), []], ['NAT gateways', Egress.natGateway({ perAz: true }), []],
    // No template says what is in an image of one's own.
    ['endpoints', Egress.vpcEndpoints(), ['Node1', 'Node2', 'Node3', 'RestoreDrill'].map((part) => new RegExp(`^undecided instance-first-boot Whole/SelfHosted/${part}/Group: whether .* gets its Debian packages is not known`))],
  ])('every construct in a network with %s has no finding but those that no template can answer', (_, egress, expected) => {
    const app = new App();
    Posture.production().applyTo(app);
    const stack = new Stack(app, 'Whole', { terminationProtection: true, env: { account: '111111111111', region: 'eu-west-1' } });
    buildBackend(allIn(stack), { vpc: new BackendNetwork(stack, 'Network', { egress }).vpc });
    expectFindings(findingsOf(app), expected);
  });

  test('every construct in a stack of its own has no finding', () => {
    const app = new App();
    Posture.development().applyTo(app);
    const stack = (id: string) => new Stack(app, id, { env: { account: '111111111111', region: 'eu-west-1' } });
    buildBackend({ Network: stack('Network'), Cluster: stack('Cluster'), Data: stack('Data'), Ingress: stack('Ingress'), Services: stack('Services'), Access: stack('Access') });
    expectFindings(findingsOf(app), []);
  });
});

describe('what others make', () => {
  test('popular patterns with their defaults', () => {
    const app = new App();
    const stack = new Stack(app, 'Popular');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const db = new rds.DatabaseInstance(stack, 'Db', { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 }) });
    const api = new ApplicationLoadBalancedFargateService(stack, 'Api', { vpc, taskImageOptions: { image: IMAGE, environment: { HOST: db.instanceEndpoint.hostname } } });
    const bastion = new ec2.BastionHostLinux(stack, 'Bastion', { vpc });
    db.connections.allowDefaultPortFrom(api.service);
    db.connections.allowDefaultPortFrom(bastion);
    expectFindings(findingsOf(app), []);
  });

  test('fails where the popular pattern is given a database and nothing else is done', () => {
    const app = new App();
    const stack = new Stack(app, 'Popular');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const db = new rds.DatabaseInstance(stack, 'Db', { vpc, engine: rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_4_5 }) });
    new ApplicationLoadBalancedFargateService(stack, 'Api', { vpc, taskImageOptions: { image: IMAGE, environment: { HOST: db.instanceEndpoint.hostname } } });
    expectFindings(findingsOf(app), [/violation client-to-store Popular\/Api\/Service\/Service: Popular\/Api\/Service is given database Popular\/Db and does not reach it on TCP 3306: .*security group Popular\/Db\/SecurityGroup has no ingress rule/]);
  });

  test('fails where the popular bastion stands in isolated subnets, silently unreachable', () => {
    const app = new App();
    const stack = new Stack(app, 'Popular');
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    new ec2.BastionHostLinux(stack, 'Bastion', { vpc, subnetSelection: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    expectFindings(findingsOf(app), [/violation session-manager Popular\/Bastion\/Resource\/Resource: Session Manager does not reach instance Popular\/Bastion: no way to ssm and ssmmessages from subnet Popular\/Vpc\/IsolatedSubnet1/]);
  });

  test('an isolated service with the endpoints that the CDK adds has no finding', () => {
    const app = new App();
    const stack = new Stack(app, 'Isolated');
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    [ec2.InterfaceVpcEndpointAwsService.ECR, ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER, ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS].forEach((service, index) => vpc.addInterfaceEndpoint(`E${index}`, { service }));
    const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task');
    taskDefinition.addContainer('Main', { image: ecs.ContainerImage.fromAsset(`${__dirname}/../../../examples/services/go-api`), logging: ecs.LogDriver.awsLogs({ streamPrefix: 'x' }) });
    new ecs.FargateService(stack, 'Api', { cluster: new ecs.Cluster(stack, 'Cluster', { vpc }), taskDefinition, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, assignPublicIp: false });
    expectFindings(findingsOf(app), []);
  });

  test('a scheduled task and a network load balancer of the patterns', () => {
    const app = new App();
    const stack = new Stack(app, 'Popular');
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 1 });
    const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });
    new ScheduledFargateTask(stack, 'Nightly', { cluster, schedule: Schedule.rate(Duration.days(1)), scheduledFargateTaskImageOptions: { image: IMAGE } });
    new NetworkLoadBalancedFargateService(stack, 'Api', { cluster, taskImageOptions: { image: IMAGE } });
    expectFindings(findingsOf(app), [/violation balancer-to-target Popular\/Api\/Service\/Service: .*security group Popular\/Api\/Service\/SecurityGroup has no ingress rule for TCP 80/]);
  });

  test('a NAT instance of the CDK', () => {
    const app = new App();
    const stack = new Stack(app, 'Popular', { env: { account: '111111111111', region: 'eu-west-1' } });
    // The provider hands on a property that the CDK itself calls deprecated.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const natGatewayProvider = ec2.NatProvider.instanceV2({ instanceType: new ec2.InstanceType('t4g.nano'), defaultAllowedTraffic: ec2.NatTrafficDirection.OUTBOUND_ONLY });
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGatewayProvider, natGateways: 1, availabilityZones: ['eu-west-1a'] });
    natGatewayProvider.connections.allowFrom(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.allTraffic());
    new ec2.BastionHostLinux(stack, 'Bastion', { vpc });
    expectFindings(findingsOf(app), []);
  });
});
