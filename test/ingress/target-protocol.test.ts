import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { type IIngressTarget } from '../../src/binding';
import { BackendCluster, ServiceDeployment, FargateApi, type FargateApiProps, DiscoveryNamespace } from '../../src/fargate';
import { CustomDomain, PublicIngress } from '../../src/ingress';
import { createCluster, createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const { grpc, http, http2 } = AppProtocol;
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

function createIngress(stack: Stack, vpc: ec2.IVpc, https = true): PublicIngress {
  const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
  return new PublicIngress(stack, 'Ingress', { vpc, domain: https ? CustomDomain.fromCertificate(certificate, ['api.example.com']) : undefined });
}

function route(props: Partial<FargateApiProps>, https = true): Template {
  const { stack, vpc, cluster } = createCluster();
  createIngress(stack, vpc, https).addRoute('Api', { target: new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props }) });
  return Template.fromStack(stack);
}

describe('a service that speaks', () => {
  test.each([
    ['nothing in particular', {}, 'HTTP1', '/healthz', { HttpCode: '200-299' }],
    ['HTTP/1.1', { appProtocol: http, healthCheckPath: '/ready' }, 'HTTP1', '/ready', { HttpCode: '200-299' }],
    ['HTTP/2', { appProtocol: http2 }, 'HTTP2', '/healthz', { HttpCode: '200-299' }],
    ['gRPC', { appProtocol: grpc }, 'GRPC', '/AWS.ALB/healthcheck', { GrpcCode: '12' }],
    ['gRPC, with a health check of its own', { appProtocol: grpc, healthCheckPath: '/grpc.health.v1.Health/Check' }, 'GRPC', '/grpc.health.v1.Health/Check', { GrpcCode: '0' }],
    ['gRPC, with codes of its own', { appProtocol: grpc, healthyGrpcCodes: '0-5' }, 'GRPC', '/AWS.ALB/healthcheck', { GrpcCode: '0-5' }],
  ])('%s has a target group and a health check that fit', (_name, props, ProtocolVersion, HealthCheckPath, Matcher) => {
    route(props).hasResourceProperties(TARGET_GROUP, { Protocol: 'HTTP', ProtocolVersion, HealthCheckPath, Matcher });
  });

  test('gRPC has it in both target groups of a blue/green deployment', () => {
    const template = route({ appProtocol: grpc, deployment: ServiceDeployment.blueGreen() });
    template.resourceCountIs(TARGET_GROUP, 2);
    template.allResourcesProperties(TARGET_GROUP, { ProtocolVersion: 'GRPC', HealthCheckPath: '/AWS.ALB/healthcheck', Matcher: { GrpcCode: '12' } });
  });

  test.each([[http2], [grpc]])('$value fails on an ingress without HTTPS', (appProtocol) => {
    expect(() => route({ appProtocol }, false)).toThrow(`\`appProtocol\` of this target is '${appProtocol.value}', which load balancers forward from HTTPS listeners only, and the ingress uses HTTP. Set \`domain\` on the ingress`);
  });

  test.each([
    ['a path that is no method', { appProtocol: grpc, healthCheckPath: '/healthz' }, /`healthCheckPath` must be a method where `appProtocol` is `grpc`, for example '\/grpc.health.v1.Health\/Check', got '\/healthz'.*Backend\/Api/],
    ['codes that are none', { appProtocol: grpc, healthyGrpcCodes: '100' }, /`healthyGrpcCodes` must be codes from 0 to 99, for example '0', '0,12' or '0-5', got '100'/],
    ['codes of HTTP', { appProtocol: grpc, healthyGrpcCodes: '200-299' }, /got '200-299'/],
    ['codes without gRPC', { healthyGrpcCodes: '0' }, /`healthyGrpcCodes` is set, but `appProtocol` is not `grpc`/],
  ])('gRPC fails with %s', (_name, props, message) => {
    expect(() => route(props)).toThrow(message);
  });

  test.each([[http], [http2], [grpc]])('$value is spoken with by the proxies of Service Connect as well', (appProtocol) => {
    const stack = new Stack(developmentApp(), 'Stack');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.serviceConnect('backend.internal') });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, appProtocol });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', { ContainerDefinitions: [Match.objectLike({ PortMappings: [Match.objectLike({ AppProtocol: appProtocol.value })] })] });
  });
});

describe('a target of one\'s own', () => {
  class Target extends Construct implements IIngressTarget {
    public readonly port = 50051;
    public readonly healthCheckPath?: string;
    public readonly deregistrationDelay = Duration.seconds(5);
    public readonly connections = new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', 'sg-1')] });

    constructor(scope: Construct, public readonly vpc: ec2.IVpc, public readonly appProtocol?: AppProtocol) {
      super(scope, 'Target');
    }

    public attachToIngress(): void {
      // Nothing to register.
    }
  }

  test.each([
    [undefined, 'HTTP1', '/', { HttpCode: '200-299' }],
    [grpc, 'GRPC', '/AWS.ALB/healthcheck', { GrpcCode: '12' }],
  ])('may say what it speaks, and need not (%p)', (appProtocol, ProtocolVersion, HealthCheckPath, Matcher) => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = createVpc(stack);
    createIngress(stack, vpc).addRoute('Target', { target: new Target(stack, vpc, appProtocol) });
    Template.fromStack(stack).hasResourceProperties(TARGET_GROUP, { ProtocolVersion, HealthCheckPath, Matcher });
  });
});
