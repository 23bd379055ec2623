import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { InternalIngress } from './fixtures/internal-ingress';
import { TcpIngress } from './fixtures/tcp-ingress';
import type { IIngressRoute, IIngressTarget } from '../../src/binding';
import { BackendCluster, FargateApi, type FargateApiProps, Scaling, ServiceDeployment, ServiceRehearsal } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';
import { BackendMonitoring } from '../../src/monitoring';
import { BackendNetwork } from '../../src/network';
import { Egress } from '../../src/posture';
import { expectFindings, findingsOf } from '../checks/reachability/support';
import { developmentApp, exportsOf, IMAGE } from '../fargate/fixture';

const SERVICE = 'AWS::ECS::Service';
const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';

/** An ingress from outside of the library, and its one way to route. */
interface Kind {
  readonly name: string;
  readonly type: string;
  /** What ECS changes to move requests. */
  readonly production: string;
  readonly countsRequests: boolean;
  readonly make: (scope: Construct, vpc: IVpc) => { readonly ingress: InternalIngress | TcpIngress; readonly addRoute: (target: IIngressTarget) => IIngressRoute };
}

const INTERNAL: Kind = {
  name: 'an internal application load balancer',
  type: 'application',
  production: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  countsRequests: true,
  make: (scope, vpc) => {
    const ingress = new InternalIngress(scope, 'Ingress', vpc);
    return { ingress, addRoute: (target) => ingress.addRoute('Route', '/*', target) };
  },
};

const TCP: Kind = {
  name: 'a network load balancer',
  type: 'network',
  production: 'AWS::ElasticLoadBalancingV2::Listener',
  countsRequests: false,
  make: (scope, vpc) => {
    const ingress = new TcpIngress(scope, 'Ingress', vpc);
    return { ingress, addRoute: (target) => ingress.addRoute('Route', 443, target) };
  },
};

function createWorld({ make }: Kind, props: Partial<FargateApiProps> = {}) {
  const app = developmentApp();
  const stack = new Stack(app, 'Backend', { env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
  const { ingress, addRoute } = make(stack, vpc);
  const services = new Stack(app, 'Services', { env: stack });
  const api = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE, ...props });
  const route = addRoute(api);
  return { app, stack, services, vpc, ingress, api, route };
}

function idsOf(template: Template, type: string): string[] {
  return Object.keys(template.findResources(type));
}

describe.each([INTERNAL, TCP])('behind an ingress with $name, an unchanged FargateApi', (kind) => {
  test('is registered, waits for all that leads to it, and has its grace period', () => {
    const { services, stack, api, route } = createWorld(kind);

    const template = Template.fromStack(services);
    const [group] = idsOf(template, TARGET_GROUP);
    template.hasResourceProperties(SERVICE, {
      LoadBalancers: [{ TargetGroupArn: { Ref: group }, ContainerName: 'Service', ContainerPort: 8080 }],
      HealthCheckGracePeriodSeconds: 60,
    });
    const ways = [kind.production, 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].flatMap((type) => idsOf(template, type).filter((id) => id.startsWith('ApiRoute')));
    expect(ways).toHaveLength(3);
    template.hasResource(SERVICE, { DependsOn: Match.arrayWith([...ways, group].sort()) });
    template.hasResourceProperties(TARGET_GROUP, { TargetType: 'ip', HealthCheckPath: '/healthz', HealthCheckProtocol: kind === TCP ? 'HTTP' : Match.absent() });
    Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: kind.type });
    expect(api.url).toBe(route.url);
    expect(exportsOf(services)).toEqual([]);
  });

  test('moves requests between two target groups of the route when it is deployed', () => {
    const template = Template.fromStack(createWorld(kind, { deployment: ServiceDeployment.canary() }).services);

    const [first, second] = idsOf(template, TARGET_GROUP);
    const [production] = idsOf(template, kind.production);
    template.hasResourceProperties(SERVICE, {
      LoadBalancers: [{
        TargetGroupArn: { Ref: first },
        AdvancedConfiguration: { AlternateTargetGroupArn: { Ref: second }, ProductionListenerRule: { Ref: production }, RoleArn: Match.anyValue() },
      }],
    });
    const weights = [{ TargetGroupArn: { Ref: first }, Weight: 100 }, { TargetGroupArn: { Ref: second }, Weight: 0 }];
    template.hasResourceProperties(kind.production, { [kind === TCP ? 'DefaultActions' : 'Actions']: [{ Type: 'forward', ForwardConfig: { TargetGroups: weights } }] });
  });

  test('scales on requests where somebody counts them, and on its CPU in any case', () => {
    const template = Template.fromStack(createWorld(kind, { minTasks: 1, maxTasks: 4 }).services);

    const names = Object.values(template.findResources(POLICY)).map(({ Properties }) => (Properties as { PolicyName: string }).PolicyName);
    expect(names.sort()).toEqual(kind.countsRequests ? ['Cpu', 'Requests-Route'] : ['Cpu']);
  });

  test('is rehearsed without a wait for what leads requests to it', () => {
    const template = Template.fromStack(createWorld(kind, { rehearsal: ServiceRehearsal.enabled() }).services);

    const [{ DependsOn: before = [] }] = Object.values(template.findResources('Custom::Rehearsal')) as { DependsOn?: string[] }[];
    expect(before).not.toEqual([]);
    expect(before.filter((id) => idsOf(template, kind.production).includes(id))).toEqual([]);
  });

  test('is reached, which is proven', () => {
    expectFindings(findingsOf(createWorld(kind).app), []);
  });

  test.each([
    ['Egress0', 'Backend/Ingress/SecurityGroup has no egress rule for TCP 8080 to security group Services/Api/SecurityGroup'],
    ['Ingress0', 'Services/Api/SecurityGroup has no ingress rule for TCP 8080 from security group Backend/Ingress/SecurityGroup'],
  ])('fails in the reachability check without the rule %s', (rule, reason) => {
    const { app, route } = createWorld(kind);
    expect(route.node.tryRemoveChild(rule)).toBe(true);

    expectFindings(findingsOf(app), [new RegExp(`^violation balancer-to-target Services/Api/Resource/Service: load balancer Backend/Ingress does not reach Services/Api on TCP 8080: .*${reason}`)]);
  });

  test('is monitored through its ingress, with the routes that there are', () => {
    const { app, ingress } = createWorld(kind);
    const home = new Stack(app, 'Alarms', { env: { account: '111111111111', region: 'eu-west-1' } });

    new BackendMonitoring(home, 'Monitoring', { alarms: true }).monitor(ingress);
    const alarms = Object.values(Template.fromStack(home).findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => (Properties as { Namespace: string }).Namespace)).toEqual([kind === TCP ? 'AWS/NetworkELB' : 'AWS/ApplicationELB']);
  });
});

describe('a network load balancer', () => {
  test('keeps idle connections for longer than others, which the service is told', () => {
    Template.fromStack(createWorld(TCP).services).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Environment: Match.arrayWith([{ Name: 'KEEP_ALIVE_TIMEOUT_SECONDS', Value: '355' }]) })],
    });
  });

  test('fails with scaling on requests, which it does not count', () => {
    expect(() => createWorld(TCP, { scaleOn: [Scaling.onCpuPercent(60), Scaling.onRequestsPerMinute(500)] }))
      .toThrow(/`scaleOn` has `Scaling.onRequestsPerMinute`, and the load balancer of route 'Services\/Api\/Route' does not count requests/);
  });

  test.each([
    ['gRPC only whether the port is open', { appProtocol: AppProtocol.grpc }, { HealthCheckProtocol: 'TCP', HealthCheckPath: Match.absent() }],
    ['TLS over HTTPS', { tls: true }, { HealthCheckProtocol: 'HTTPS', HealthCheckPath: '/healthz' }],
  ])('asks a service that speaks %s', (_name, props, expected) => {
    Template.fromStack(createWorld(TCP, props).services).hasResourceProperties(TARGET_GROUP, { Protocol: 'TCP', ...expected });
  });

  test('leads to the same service as an ingress of the library', () => {
    const { stack, services, vpc, api } = createWorld(TCP, { minTasks: 1, maxTasks: 4 });

    new PublicIngress(stack, 'Public', { vpc }).addRoute('Public', { target: api });
    const template = Template.fromStack(services);
    template.hasResourceProperties(SERVICE, { LoadBalancers: [Match.anyValue(), Match.anyValue()] });
    template.resourcePropertiesCountIs(POLICY, { PolicyName: 'Requests-Public' }, 1);
  });
});
