import { App, Duration, Fn, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { ApplicationListener, ApplicationLoadBalancer, ApplicationProtocol, type IApplicationListener, type IApplicationLoadBalancer, ListenerAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ReachabilityCheck, ReachabilityPoint } from '../../src/checks';
import { BackendCluster, ServiceDeployment, FargateApi } from '../../src/fargate';
import { type IPublicIngress, PublicIngress, type PublicIngressAttributes } from '../../src/ingress';
import { BackendMonitoring } from '../../src/monitoring';
import { BackendNetwork } from '../../src/network';
import { createVpc, developmentApp, exportsOf, IMAGE, productionApp } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const PREFIX = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111';
const BALANCER_ARN = `${PREFIX}:loadbalancer/app/shared/50dc6c495c0c9188`;
const LISTENER_ARN = `${PREFIX}:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2`;

interface World {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly ingress: IPublicIngress;
}

function imported(stack: Stack, attributes: { loadBalancerArn?: string; listenerArn?: string; vpc?: ec2.IVpc } = {}): { loadBalancer: IApplicationLoadBalancer; listener: IApplicationListener } {
  const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-balancer');
  return {
    loadBalancer: ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'Balancer', {
      loadBalancerArn: BALANCER_ARN, securityGroupId: 'sg-balancer', loadBalancerDnsName: 'shared-1.eu-west-1.elb.amazonaws.com', ...attributes,
    }),
    listener: ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', { listenerArn: attributes.listenerArn ?? LISTENER_ARN, securityGroup }),
  };
}

/** An ingress by its ARNs. */
function importIngress(attributes: Partial<PublicIngressAttributes> = {}, app = developmentApp()): World {
  const stack = new Stack(app, 'Stack');
  const vpc = createVpc(stack);
  return { stack, vpc, ingress: PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { ...imported(stack), vpc, ...attributes }) };
}

/** A load balancer that an app makes without the library. */
function ownBalancer(stack: Stack, vpc: ec2.IVpc): { loadBalancer: ApplicationLoadBalancer; http: ApplicationListener; https: ApplicationListener } {
  const loadBalancer = new ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
  const http = loadBalancer.addListener('Http', { port: 80, open: true, defaultAction: ListenerAction.redirect({ protocol: 'HTTPS' }) });
  const certificates = [acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1')];
  return { loadBalancer, http, https: loadBalancer.addListener('Https', { port: 443, certificates, open: true, defaultAction: ListenerAction.fixedResponse(404) }) };
}

function addApi(stack: Stack, vpc: ec2.IVpc, props = {}): FargateApi {
  return new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, ...props });
}

describe('an existing load balancer', () => {
  test('fails to tell its address where nobody told its name', () => {
    const { ingress } = importIngress({ loadBalancer: ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(new Stack(developmentApp(), 'Other'), 'Balancer', { loadBalancerArn: BALANCER_ARN, securityGroupId: 'sg-balancer' }) });
    expect(() => ingress.url).toThrow(/its load balancer was imported without a DNS name\. Set `domainNames` in the attributes, or import the load balancer with `ApplicationLoadBalancerAttributes\.loadBalancerDnsName`\. \(at 'Stack\/Ingress'\)/);
  });

  test('gets rules, and rules of its security group, for a service', () => {
    // GIVEN
    const { stack, vpc, ingress } = importIngress();

    // WHEN
    ingress.addRoute('Api', { paths: ['/api/*'], target: addApi(stack, vpc) });

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 0);
    template.hasResourceProperties(RULE, { ListenerArn: LISTENER_ARN, Priority: Match.anyValue(), Conditions: [Match.objectLike({ Field: 'path-pattern' })] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { GroupId: 'sg-balancer', FromPort: 8080, ToPort: 8080 });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: 'sg-balancer', FromPort: 8080, ToPort: 8080 });
  });

  test('takes fixed responses, redirects and shares as well', () => {
    const { stack, vpc, ingress } = importIngress({ https: true });
    ingress.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200 });
    ingress.addRedirect('Old', { paths: ['/old'], path: '/new' });
    ingress.addWeightedRoute('Api', { targets: [{ target: addApi(stack, vpc), weight: 1 }] });
    Template.fromStack(stack).resourceCountIs(RULE, 3);
  });

  test('is the scale and the metric of requests by its full name', () => {
    const { stack, vpc, ingress } = importIngress();
    ingress.addRoute('Api', { target: addApi(stack, vpc, { minTasks: 1, maxTasks: 2 }) });
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel: { 'Fn::Join': ['', ['app/shared/50dc6c495c0c9188/', Match.anyValue()]] } },
      }),
    });
    expect(ingress.metricRequestCount().dimensions).toEqual({ LoadBalancer: 'app/shared/50dc6c495c0c9188' });
  });

  test('may be known only at deployment', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const [loadBalancerArn, listenerArn] = [Fn.importValue('BalancerArn'), Fn.importValue('ListenerArn')];
    const ingress = PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { ...imported(stack, { loadBalancerArn, listenerArn }), vpc: createVpc(stack) });
    expect(stack.resolve(ingress.metricRequestCount().dimensions)).toEqual({ LoadBalancer: { 'Fn::Select': [1, { 'Fn::Split': [':loadbalancer/', { 'Fn::ImportValue': 'BalancerArn' }] }] } });
  });

  test('may be looked up', () => {
    const stack = new Stack(developmentApp(), 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    const loadBalancer = ApplicationLoadBalancer.fromLookup(stack, 'Balancer', { loadBalancerTags: { name: 'shared' } });
    const listener = ApplicationListener.fromLookup(stack, 'Listener', { loadBalancerTags: { name: 'shared' }, listenerPort: 443 });
    const ingress = PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener });
    expect(ingress.vpc).toBe(loadBalancer.vpc);
  });

  test.each([
    ['its own name', {}, 'http://shared-1.eu-west-1.elb.amazonaws.com'],
    ['a name of yours', { domainNames: ['api.example.com', 'www.example.com'] }, 'https://api.example.com'],
    ['its own name, with HTTPS', { https: true }, 'https://shared-1.eu-west-1.elb.amazonaws.com'],
    ['a name of yours, without HTTPS', { domainNames: ['api.example.com'], https: false }, 'http://api.example.com'],
  ])('is reached under %s', (_name, attributes, url) => {
    expect(importIngress(attributes).ingress.url).toBe(url);
  });

  test('tells services how long it keeps connections', () => {
    const { stack, vpc, ingress } = importIngress({ idleTimeout: Duration.seconds(120) });
    ingress.addRoute('Api', { target: addApi(stack, vpc) });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'KEEP_ALIVE_TIMEOUT_SECONDS', Value: '125' }]) })],
    });
  });

  test('takes services that move requests, and those that speak gRPC with HTTPS', () => {
    const { stack, vpc, ingress } = importIngress({ https: true });
    ingress.addRoute('Api', { target: addApi(stack, vpc, { deployment: ServiceDeployment.blueGreen(), appProtocol: AppProtocol.grpc }) });
    Template.fromStack(stack).allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', { ProtocolVersion: 'GRPC' });
  });

  test('is watched with its routes', () => {
    const { stack, vpc, ingress } = importIngress({}, productionApp());
    new BackendMonitoring(stack, 'Monitoring').monitorIngress(ingress);
    ingress.addRoute('Api', { target: addApi(stack, vpc) });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp('A target of route Api has failed its health check') });
  });

  test('fails on two routes of it that are equally specific', () => {
    const { stack, vpc, ingress } = importIngress();
    const target = addApi(stack, vpc);
    ingress.addRoute('First', { paths: ['/a*'], target });
    ingress.addRoute('Second', { paths: ['/*b'], target });
    expect(() => Template.fromStack(stack)).toThrow(/First.*Second/);
  });
});

describe('a load balancer of the app', () => {
  test('gets routes in the stack of the service, and says itself what it speaks and where it is', () => {
    // GIVEN
    const app = developmentApp({ context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak' } });
    const [ingresses, services] = [new Stack(app, 'Ingresses'), new Stack(app, 'Services')];
    const vpc = createVpc(ingresses);
    const { loadBalancer, https: listener } = ownBalancer(ingresses, vpc);

    // WHEN
    const ingress = PublicIngress.fromPublicIngressAttributes(services, 'Ingress', { loadBalancer, listener });
    ingress.addRoute('Api', { target: addApi(services, vpc, { appProtocol: AppProtocol.http2 }) });

    // THEN
    Template.fromStack(services).resourceCountIs(RULE, 1);
    Template.fromStack(ingresses).resourceCountIs(RULE, 0);
    expect(ingress.vpc).toBe(vpc);
    expect(exportsOf(ingresses)).toEqual([]);
  });

  test('reaches its services, and the internet does not', () => {
    const app = developmentApp();
    const stack = new Stack(app, 'Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    const { vpc } = new BackendNetwork(stack, 'Network');
    const { loadBalancer, https: listener } = ownBalancer(stack, vpc);
    const api = addApi(stack, vpc);
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener }).addRoute('Api', { target: api });
    const check = new ReachabilityCheck();
    check.expect(ReachabilityPoint.of(loadBalancer), ReachabilityPoint.of(api), ec2.Port.tcp(8080));
    check.forbid(ReachabilityPoint.internet(), ReachabilityPoint.of(api), ec2.Port.allTraffic());
    Validations.of(app).addPlugins(check);
    const quiet = jest.spyOn(console, 'error').mockImplementation();
    app.synth();
    quiet.mockRestore();
    expect(check.report().findings).toEqual([]);
  });

  test('fails where its stack depends on that of the ingress', () => {
    const app = new App();
    const [ingresses, services] = [new Stack(app, 'Ingresses'), new Stack(app, 'Services')];
    const { loadBalancer, https: listener } = ownBalancer(ingresses, createVpc(ingresses));
    ingresses.addStackDependency(services);
    expect(() => PublicIngress.fromPublicIngressAttributes(services, 'Ingress', { loadBalancer, listener })).toThrow(/An imported ingress depends on its listener, never the reverse/);
  });

  test('fails where the attributes contradict the listener', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const { loadBalancer, http: listener } = ownBalancer(stack, createVpc(stack));
    expect(() => PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener, https: true })).toThrow(/`https` is true, and the listener 'Stack\/Balancer\/Http' uses HTTP\./);
  });

  test('fails on gRPC by its listener for HTTP', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = createVpc(stack);
    const { loadBalancer, http: listener } = ownBalancer(stack, vpc);
    const ingress = PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener, domainNames: ['api.example.com'] });
    expect(() => ingress.addRoute('Api', { target: addApi(stack, vpc, { appProtocol: AppProtocol.grpc }) })).toThrow(/`appProtocol` of this target is 'grpc'/);
  });
});

describe('attributes', () => {
  test.each([
    ['a listener of another load balancer', { listenerArn: LISTENER_ARN.replace('shared', 'other') }, /`listener` belongs to the load balancer 'other\/50dc6c495c0c9188', and `loadBalancer` is 'shared\/50dc6c495c0c9188'/],
    ['the ARN of a listener as a load balancer', { loadBalancerArn: LISTENER_ARN }, /`loadBalancer` must have the ARN of an application load balancer, got 'arn:.*listener.*'/],
    ['a network load balancer', { loadBalancerArn: BALANCER_ARN.replace('/app/', '/net/') }, /`loadBalancer` must have the ARN of an application load balancer, got '.*\/net\//],
    ['the ARN of a rule as a listener', { listenerArn: LISTENER_ARN.replace(':listener/', ':listener-rule/') }, /`listener` must have the ARN of a listener of an application load balancer, got '.*:listener-rule\//],
  ])('fail with %s', (_name, arns, message) => {
    const stack = new Stack(developmentApp(), 'Stack');
    expect(() => PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { ...imported(stack, arns), vpc: createVpc(stack) })).toThrow(message);
  });

  test('fail without a network, where the load balancer was imported without one', () => {
    expect(() => importIngress({ vpc: undefined })).toThrow(/The load balancer was imported without `vpc`. Set `vpc` in the attributes.*Stack\/Ingress/);
  });

  test('fail with an idle timeout that no load balancer has', () => {
    expect(() => importIngress({ idleTimeout: Duration.hours(2) })).toThrow(/`idleTimeout` must be from 1 to 4000 whole seconds, got 7200/);
  });

  test('have a security group of one\'s own', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = createVpc(stack);
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Other', 'sg-other');
    PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { ...imported(stack), vpc, securityGroup }).addRoute('Api', { target: addApi(stack, vpc) });
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupEgress', { GroupId: 'sg-other' });
  });
});

test('a listener of HTTP is imported without HTTPS', () => {
  const stack = new Stack(developmentApp(), 'Stack');
  const loadBalancer = new ApplicationLoadBalancer(stack, 'Balancer', { vpc: createVpc(stack), internetFacing: true });
  const listener = loadBalancer.addListener('Http', { protocol: ApplicationProtocol.HTTP, defaultAction: ListenerAction.fixedResponse(404) });
  expect(PublicIngress.fromPublicIngressAttributes(stack, 'Ingress', { loadBalancer, listener }).url).toMatch(/^http:/);
});
