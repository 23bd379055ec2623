import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { createWorld, domainIn, type NetworkWorld } from './network-ingress-world';
import { BackendCluster, FargateApi, type FargateApiProps, Scaling, ServiceDeployment } from '../../src/fargate';
import { NetworkIngress, type NetworkIngressRouteOptions, PublicIngress } from '../../src/ingress';
import { BackendMonitoring } from '../../src/monitoring';
import { Posture } from '../../src/posture';
import { createVpc, developmentApp, exportsOf, IMAGE, productionApp } from '../fargate/fixture';

const SERVICE = 'AWS::ECS::Service';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

const withTls = () => createWorld((home) => ({ domain: domainIn(home, 'api.example.com') }));

/** Production with all that it demands but of the stack. */
function strictApp(): App {
  const app = new App();
  Posture.production({ terminationProtection: false }).applyTo(app);
  return app;
}

/** A service behind an ingress, as its stack has it. */
function routed(world: NetworkWorld, props: Partial<FargateApiProps> = {}, options: Partial<NetworkIngressRouteOptions> = {}) {
  const api = world.api('Api', props);
  const route = world.ingress.addRoute('Api', { target: api, ...options });
  return { api, route, template: Template.fromStack(world.services) };
}

function idsOf(template: Template, type: string): string[] {
  return Object.keys(template.findResources(type));
}

describe('a route', () => {
  test.each(['development', 'production'] as const)('has a listener and a target group in the stack of the service, which waits for them and for both security groups, in %s', (posture) => {
    const world = createWorld(undefined, posture === 'production' ? productionApp() : developmentApp());
    const { api, route, template } = routed(world);

    const [listener] = idsOf(template, LISTENER);
    const [group] = idsOf(template, TARGET_GROUP);
    template.hasResourceProperties(LISTENER, { Protocol: 'TCP', Port: 80, Certificates: Match.absent(), DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: group } }] });
    template.hasResourceProperties(SERVICE, { LoadBalancers: [{ TargetGroupArn: { Ref: group }, ContainerName: 'Service', ContainerPort: 8080 }], HealthCheckGracePeriodSeconds: 60 });
    const ways = ['AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress'].flatMap((type) => Object.entries(template.findResources(type)))
      .filter(([, { Properties }]) => Properties.Description === 'Ingress to service' && Properties.FromPort === 8080).map(([id]) => id);
    expect(ways).toHaveLength(2);
    template.hasResource(LISTENER, { DependsOn: Match.arrayWith(ways.sort()) });
    [listener, group].forEach((id) => template.hasResource(SERVICE, { DependsOn: Match.arrayWith([id]) }));
    expect(exportsOf(world.home).filter((name) => name.includes('Ingress'))).toEqual([]);
    expect([route.port, api.url]).toEqual([80, route.url]);
  });

  test.each<[string, Partial<FargateApiProps>, object]>([
    ['HTTP by its health path', {}, { HealthCheckProtocol: 'HTTP', HealthCheckPath: '/healthz', Matcher: { HttpCode: '200-299' } }],
    ['TLS by its health path over HTTPS', { tls: true }, { HealthCheckProtocol: 'HTTPS', HealthCheckPath: '/healthz' }],
    ['HTTP/2 by whether the port is open', { appProtocol: AppProtocol.http2 }, { HealthCheckProtocol: 'TCP', HealthCheckPath: Match.absent(), Matcher: Match.absent() }],
    ['gRPC by whether the port is open', { appProtocol: AppProtocol.grpc }, { HealthCheckProtocol: 'TCP', HealthCheckPath: Match.absent(), Matcher: Match.absent() }],
  ])('asks a service that speaks %s', (_name, props, expected) => {
    routed(createWorld(), props).template.hasResourceProperties(TARGET_GROUP, {
      TargetType: 'ip', Protocol: 'TCP', Port: 80, HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5, HealthyThresholdCount: 2, UnhealthyThresholdCount: 3, ...expected,
    });
  });

  test.each<[string, Partial<FargateApiProps>, string]>([
    ['a minute', {}, '60'],
    ['as long as the service says', { deregistrationDelay: Duration.seconds(5) }, '5'],
  ])('keeps new connections away from a stopping task for %s, preserves no client address and cuts no connection', (_name, props, seconds) => {
    const [{ Properties }] = Object.values(routed(createWorld(), props).template.findResources(TARGET_GROUP)) as { Properties: { TargetGroupAttributes: object[] } }[];
    expect(Properties.TargetGroupAttributes).toEqual(expect.arrayContaining([
      { Key: 'deregistration_delay.timeout_seconds', Value: seconds }, { Key: 'preserve_client_ip.enabled', Value: 'false' },
    ]));
    expect(JSON.stringify(Properties.TargetGroupAttributes)).not.toContain('connection_termination');
  });

  test('lets the service keep idle connections longer than the load balancer does', () => {
    routed(createWorld()).template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'KEEP_ALIVE_TIMEOUT_SECONDS', Value: '355' }]) })],
    });
  });
});

describe('TLS', () => {
  test('ends at the listener where there is a domain, with every certificate', () => {
    const { template, route } = routed(createWorld((home) => ({ domain: domainIn(home, 'api.example.com', 'www.example.com') })));
    const arn = (name: string) => ({ CertificateArn: `arn:aws:acm:eu-west-1:111111111111:certificate/${name}` });
    template.hasResourceProperties(LISTENER, { Protocol: 'TLS', Port: 443, SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06', Certificates: [arn('api.example.com')], AlpnPolicy: Match.absent() });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerCertificate', { ListenerArn: { Ref: idsOf(template, LISTENER)[0] }, Certificates: [arn('www.example.com')] });
    template.hasResourceProperties(TARGET_GROUP, { Protocol: 'TCP' });
    expect(route.url).toBe('https://api.example.com');
  });

  test('goes on to a service that speaks it', () => {
    const { template } = routed(withTls(), { tls: true });
    template.hasResourceProperties(LISTENER, { Protocol: 'TLS' });
    template.hasResourceProperties(TARGET_GROUP, { Protocol: 'TLS', HealthCheckProtocol: 'HTTPS' });
  });

  test('passes through to such a service where there is no domain, also in production', () => {
    const world = createWorld(undefined, strictApp());
    const { template, route } = routed(world, { tls: true });
    template.hasResourceProperties(LISTENER, { Protocol: 'TCP', Port: 443, Certificates: Match.absent() });
    expect(JSON.stringify(world.services.resolve(route.url))).toContain('https://');
    expect(world.ingress.node.validate()).toEqual([]);
    Annotations.fromStack(world.home).hasNoWarning('*', Match.stringLikeRegexp('NetworkIngress'));
  });

  test.each([[AppProtocol.http2], [AppProtocol.grpc]])('offers HTTP/2 only to clients of a service that speaks %p', (appProtocol) => {
    routed(withTls(), { appProtocol }).template.hasResourceProperties(LISTENER, { Protocol: 'TLS', AlpnPolicy: ['HTTP2Only'] });
  });

  test('is missed in development with a warning, and fails in production, unless that was accepted', () => {
    const world = createWorld();
    routed(world);
    Annotations.fromStack(world.home).hasWarning('/Home/Ingress', Match.stringLikeRegexp("Route 'Api': .* unencrypted, because `domain` of this ingress isn't set, and 'Services/Api' doesn't speak TLS itself"));
    expect(world.ingress.node.validate()).toEqual([]);

    const strict = createWorld(undefined, strictApp());
    strict.ingress.addRoute('Api', { target: strict.api('Api') });
    expect(strict.ingress.node.validate()).toEqual([expect.stringMatching(/^The production posture requires TLS, which route 'Api' lacks, because `domain` of this ingress isn't set.*`Posture.production\(\{ requireHttps: false \}\)`/)]);

    const accepted = createWorld(undefined, productionApp());
    routed(accepted);
    expect(accepted.ingress.node.validate()).toEqual([]);
  });
});

describe('ports', () => {
  test('lead to one service each, and one service can have several', () => {
    const world = withTls();
    const [first, second] = [world.api('First'), world.api('Second')];
    const routes = [world.ingress.addRoute('First', { target: first }), world.ingress.addRoute('Second', { target: second, port: 8443 }), world.ingress.addRoute('More', { target: first, port: 9443 })];
    expect(routes.map(({ url }) => url)).toEqual(['https://api.example.com', 'https://api.example.com:8443', 'https://api.example.com:9443']);
    const template = Template.fromStack(world.services);
    template.resourceCountIs(LISTENER, 3);
    const ways = Object.values(template.findResources('AWS::EC2::SecurityGroupEgress')).filter(({ Properties }) => Properties.Description === 'Ingress to service');
    expect(ways).toHaveLength(2);
  });

  test.each<[string, number | undefined, RegExp]>([
    ['taken by another route', 443, /Route 'Second' and route 'First' both use port 443, and a network load balancer leads a port to one target/],
    ['taken by default', undefined, /both use port 443/],
    ['of nobody', 0, /`port` must be a whole number from 1 to 65535, got 0/],
    ['too great', 65_536, /got 65536/],
    ['that is no whole number', 80.5, /got 80.5/],
    ['that is known only at deployment', Lazy.number({ produce: () => 80 }), /got a number that isn't known until deployment/],
  ])('fail where one is %s', (_name, port, message) => {
    const world = withTls();
    world.ingress.addRoute('First', { target: world.api('First') });
    expect(() => world.ingress.addRoute('Second', { target: world.api('Second'), port })).toThrow(message);
  });
});

describe('what a network load balancer cannot do', () => {
  test.each<[string, object, RegExp]>([
    ['paths', { paths: ['/*'] }, /routes by port only.*Use a `PublicIngress`/],
    ['hosts', { hosts: ['api.example.com'] }, /routes by port only/],
    ['headers', { headers: {} }, /routes by port only/],
    ['a priority', { priority: 1 }, /routes by port only/],
    ['shares', { targets: [] }, /routes by port only/],
    ['tokens', { jwt: {} }, /reads no requests/],
    ['no target', { target: undefined }, /`target` is missing/],
    ['something that does not listen', { target: {} }, /can't be a Object/],
  ])('fails with %s', (_name, options, message) => {
    const { ingress, api } = createWorld();
    expect(() => ingress.addRoute('Api', { target: api('Api'), ...options })).toThrow(message);
  });

  test('fails with an id that is taken, and with a service in another VPC', () => {
    const { ingress, services, api } = createWorld();
    ingress.addRoute('Api', { target: api('Api') });
    expect(() => ingress.addRoute('Api', { target: api('Other'), port: 81 })).toThrow(/already has a route 'Api'/);
    const foreign = new FargateApi(services, 'Foreign', { cluster: new BackendCluster(services, 'ForeignCluster', { vpc: new ec2.Vpc(services, 'Vpc', { restrictDefaultSecurityGroup: false }) }), image: IMAGE });
    expect(() => ingress.addRoute('Foreign', { target: foreign, port: 82 })).toThrow(/is in a different VPC from this ingress/);
  });

  test('fails with a service before its ingress', () => {
    const { ingress, home, services, api, vpc } = createWorld();
    const target = api('Api');
    expect(ingress.addRoute('Api', { target }).node.path).toContain('Services/Api');
    const late = new NetworkIngress(services, 'Late', { vpc });
    const early = new FargateApi(home, 'Early', { cluster: new BackendCluster(home, 'EarlyCluster', { vpc }), image: IMAGE });
    expect(() => late.addRoute('Early', { target: early })).toThrow(/Services depend on their ingress, never the reverse/);
  });

  test('fails with scaling on requests, which nobody counts', () => {
    const { ingress, api } = createWorld();
    const target = api('Api', { minTasks: 1, maxTasks: 4, scaleOn: [Scaling.onRequestsPerMinute(500)] });
    expect(() => ingress.addRoute('Api', { target })).toThrow(/does not count requests/);
  });
});

describe('deployments that move connections', () => {
  test('have a second target group with the settings of the first, and the listener for ECS to change', () => {
    const { template, route } = routed(withTls(), { deployment: ServiceDeployment.blueGreen(), tls: true });
    const [first, second] = idsOf(template, TARGET_GROUP);
    template.hasResourceProperties(SERVICE, {
      LoadBalancers: [{
        TargetGroupArn: { Ref: first },
        AdvancedConfiguration: { AlternateTargetGroupArn: { Ref: second }, ProductionListenerRule: { Ref: idsOf(template, LISTENER)[0] }, RoleArn: Match.anyValue() },
      }],
    });
    const weights = [{ TargetGroupArn: { Ref: first }, Weight: 100 }, { TargetGroupArn: { Ref: second }, Weight: 0 }];
    template.hasResourceProperties(LISTENER, { DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: weights } }] });
    const [one, other] = Object.values(template.findResources(TARGET_GROUP)).map(({ Properties }) => Properties as object);
    expect(other).toEqual(one);
    expect(route.alternateTargetGroup).toBeDefined();
  });

  test('are none by default', () => {
    expect(routed(createWorld()).route.alternateTargetGroup).toBeUndefined();
  });
});

describe('a renamed route', () => {
  const resourcesOf = (serviceId: string, routeId: string) => {
    const world = createWorld((home) => ({ domain: domainIn(home, 'api.example.com'), allowFrom: [ec2.Peer.anyIpv4(), ec2.Peer.ipv4('203.0.113.0/24')] }));
    world.ingress.addRoute(routeId, { target: world.api(serviceId) });
    const { Resources } = Template.fromStack(world.services).toJSON() as { Resources: Record<string, { Type: string; Properties: { Description?: string } }> };
    return Object.entries(Resources).filter(([, { Type, Properties }]) => Type === LISTENER || Properties?.Description === 'Clients').map(([id]) => id).sort();
  };

  test('keeps its listener and the rules for clients, of which a load balancer takes no second ones', () => {
    const before = resourcesOf('Api', 'Api');
    expect(before).toHaveLength(3);
    expect(resourcesOf('Orders', 'Api')).toEqual(before);
    expect(resourcesOf('Api', 'Orders')).toEqual(before);
  });

  test('has others on another ingress', () => {
    const world = withTls();
    const second = new NetworkIngress(world.home, 'Second', { vpc: world.vpc });
    world.ingress.addRoute('Api', { target: world.api('Api'), port: 80 });
    second.addRoute('Api', { target: world.api('Other') });
    expect(new Set(idsOf(Template.fromStack(world.services), LISTENER)).size).toBe(2);
  });
});

describe('monitoring', () => {
  test.each([
    ['one target group', ServiceDeployment.rolling(), 1],
    ['two target groups between which a deployment moves', ServiceDeployment.blueGreen(), 2],
  ])('watches the targets of each route, whenever it is added, with %s', (_name, deployment, groups) => {
    const { app, ingress, api } = createWorld((home) => ({ domain: domainIn(home, 'api.example.com') }), developmentApp());
    const alarms = new Stack(app, 'Alarms', { env: { account: '111111111111', region: 'eu-west-1' } });
    ingress.addRoute('Early', { target: api('Early', { deployment }) });
    new BackendMonitoring(alarms, 'Monitoring', { alarms: true }).monitor(ingress);
    ingress.addRoute('Late', { target: api('Late', { deployment }), port: 8443 });

    const found = Object.values(Template.fromStack(alarms).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties as { AlarmDescription: string; MetricName?: string; Metrics?: unknown[] });
    expect(found.map(({ AlarmDescription }) => /#([a-z-]+)/.exec(AlarmDescription)?.[1]).sort()).toEqual(['route-empty', 'route-empty', 'route-unhealthy', 'route-unhealthy']);
    const text = JSON.stringify(found);
    expect(text.split('"AWS/NetworkELB"')).toHaveLength(1 + 4 * groups);
    expect(text).not.toContain('AWS/ApplicationELB');
    expect(text).toContain('UnHealthyHostCount');
  });

  test('draws any metric of the load balancer', () => {
    const { home, ingress } = createWorld();
    expect(home.resolve(ingress.metric('NewFlowCount').dimensions)).toEqual({ LoadBalancer: { 'Fn::GetAtt': [expect.any(String), 'LoadBalancerFullName'] } });
  });
});

test('a service is behind a network and an application load balancer at once, and scales on the requests of the latter', () => {
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = createVpc(stack);
  const target = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, minTasks: 1, maxTasks: 4 });
  new NetworkIngress(stack, 'Internal', { vpc }).addRoute('Internal', { target });
  new PublicIngress(stack, 'Public', { vpc }).addRoute('Public', { target });
  const template = Template.fromStack(stack);
  template.hasResourceProperties(SERVICE, { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
  template.resourcePropertiesCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', { PolicyName: 'Requests-Public' }, 1);
});
