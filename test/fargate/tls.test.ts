import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { createCluster, createVpc, developmentApp, IMAGE } from './fixture';
import {
  BackendCluster, BackendNetwork, CustomDomain, DiscoveryNamespace, Egress, FargateApi, type FargateApiProps, PublicIngress, ServiceDeployment, ServiceRehearsal,
} from '../../src';
import { HardeningLevel } from '../../src/checks/hardening';
import { judge } from '../checks/hardening/judge';
import { expectFindings, findingsOf } from '../checks/reachability/support';

const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const TASK = 'AWS::ECS::TaskDefinition';

function routed(props: Partial<FargateApiProps>, https = false): Stack {
  const { stack, vpc, cluster } = createCluster();
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
  const ingress = new PublicIngress(stack, 'Ingress', { vpc, domain: https ? CustomDomain.fromCertificate(certificate, ['api.example.com']) : undefined });
  ingress.addRoute('Api', { target: new FargateApi(stack, 'Api', { cluster, image: IMAGE, ...props }) });
  return stack;
}

/** A service in a namespace, and one that calls it on its port and on another. */
function called(serviceDiscovery: DiscoveryNamespace, props: Partial<FargateApiProps>): { stack: Stack; sessions: FargateApi; cluster: BackendCluster } {
  const stack = new Stack(developmentApp(), 'Stack');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery });
  return { stack, cluster, sessions: new FargateApi(stack, 'Sessions', { cluster, image: IMAGE, ...props }) };
}

function environmentOf(stack: Stack, id: string): unknown {
  const [{ Properties }] = Object.entries(Template.fromStack(stack).findResources(TASK)).filter(([logicalId]) => logicalId.startsWith(id)).map(([, resource]) => resource as { Properties: { ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[] } });
  return Object.fromEntries(Properties.ContainerDefinitions[0].Environment.filter(({ Name }) => Name.endsWith('_URL')).map(({ Name, Value }) => [Name, Value]));
}

function behindIngress(): { app: App; api: FargateApi } {
  const app = developmentApp();
  const stack = new Stack(app, 'Backend', { env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
  const api = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, tls: true });
  new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['api.example.com']) }).addRoute('Api', { target: api });
  return { app, api };
}

describe('a service with TLS', () => {
  test.each([
    ['HTTP/1.1', { tls: true }, 'HTTPS', 'HTTPS', 'HTTP1', { HttpCode: '200-299' }],
    ['gRPC', { tls: true, appProtocol: AppProtocol.grpc }, 'HTTPS', 'HTTPS', 'GRPC', { GrpcCode: '12' }],
    ['HTTP/1.1 without it', { tls: false }, 'HTTP', Match.absent(), 'HTTP1', { HttpCode: '200-299' }],
  ])('is connected to, and asked, over it (%s)', (_name, props, Protocol, HealthCheckProtocol, ProtocolVersion, Matcher) => {
    Template.fromStack(routed(props, true)).hasResourceProperties(TARGET_GROUP, { Protocol, HealthCheckProtocol, ProtocolVersion, Matcher });
  });

  test('has it in both target groups of a deployment that moves requests', () => {
    const template = Template.fromStack(routed({ tls: true, deployment: ServiceDeployment.blueGreen() }));

    template.resourcePropertiesCountIs(TARGET_GROUP, { Protocol: 'HTTPS', HealthCheckProtocol: 'HTTPS' }, 2);
  });

  test('has it with clients of HTTP, whose ingress does not say what its targets speak', () => {
    const template = Template.fromStack(routed({ tls: true }));

    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Protocol: 'HTTP' });
    template.hasResourceProperties(TARGET_GROUP, { Protocol: 'HTTPS' });
  });

  test.each([[true, 'https'], [false, 'http'], [undefined, 'http']])('is called by that (tls: %s), and on further ports without', (tls, scheme) => {
    const { stack, cluster, sessions } = called(DiscoveryNamespace.privateDns('backend.internal'), { tls, additionalPorts: [9090] });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [sessions, sessions.onPort(9090)] });

    expect(environmentOf(stack, 'Api')).toEqual({
      SESSIONS_URL: `${scheme}://sessions.backend.internal:8080`, SESSIONS_9090_URL: 'http://sessions.backend.internal:9090',
    });
    expect(sessions.endpoint).toBe('sessions.backend.internal');
  });

  test('passes through Service Connect as TCP, which has no time for a request', () => {
    const connect = DiscoveryNamespace.serviceConnect('backend.internal', { requestTimeout: Duration.seconds(10) });
    const { stack, cluster, sessions } = called(connect, { tls: true });
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [sessions] });

    expect(environmentOf(stack, 'Api')).toEqual({ SESSIONS_URL: 'https://sessions.backend.internal:8080' });
    const template = Template.fromStack(stack);
    template.hasResourceProperties(TASK, { ContainerDefinitions: [Match.objectLike({ PortMappings: [{ ContainerPort: 8080, Name: 'service', Protocol: 'tcp' }] })] });
    template.hasResourceProperties('AWS::ECS::Service', {
      ServiceConnectConfiguration: Match.objectLike({ Services: [{ ClientAliases: [{ DnsName: 'sessions.backend.internal', Port: 8080 }], DiscoveryName: 'sessions', PortName: 'service', Timeout: Match.absent() }] }),
    });
  });

  test('is rehearsed by its port, which needs no certificate', () => {
    Template.fromStack(routed({ tls: true, rehearsal: ServiceRehearsal.enabled() })).hasResourceProperties(TASK, {
      ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'Rehearsal', Environment: Match.arrayWith([{ Name: 'REHEARSAL_CHECK', Value: 'port' }]) })]),
    });
  });

  test('is understood by the checks', () => {
    expectFindings(findingsOf(behindIngress().app), []);
    expect(judge(behindIngress().app, HardeningLevel.PRODUCTION).findings.filter(({ ruleId }) => /^hardening-alb-(https|redirect|tls-policy)$/.test(ruleId))).toEqual([]);
  });

  test('fails in the reachability check where its ingress does not reach it', () => {
    const { app, api } = behindIngress();
    const [rule] = api.node.findAll().filter(({ node }) => node.id === 'Egress0');
    expect(rule.node.scope?.node.tryRemoveChild('Egress0')).toBe(true);

    expectFindings(findingsOf(app), [/violation balancer-to-target Backend\/Api.*Backend\/Ingress.* does not reach Backend\/Api on TCP 8080/]);
  });
});
