import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { createVpc, developmentApp, exportsOf, IMAGE } from './fixture';
import { SsmBastion } from '../../src/access';
import { ServiceBinding } from '../../src/binding';
import { BackendCluster, FargateApi, FargateWorker, DiscoveryNamespace } from '../../src/fargate';

function createBackend(serviceDiscovery: DiscoveryNamespace | undefined = DiscoveryNamespace.privateDns('rex.internal'), app: App = developmentApp()) {
  const stack = new Stack(app, 'Backend');
  const vpc = createVpc(stack);
  return { app, stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery }) };
}

function environmentOf(template: Template, taskId: string): { [name: string]: unknown } {
  const [task] = Object.entries(template.findResources('AWS::ECS::TaskDefinition')).filter(([id]) => id.startsWith(taskId)).map(([, resource]) => resource);
  const containers = task.Properties.ContainerDefinitions as { Name: string; Environment: { Name: string; Value: unknown }[] }[];
  return Object.fromEntries(containers[0].Environment.map(({ Name, Value }) => [Name, Value]));
}

describe('private DNS', () => {
  test('an API is found under its id in kebab case, with the addresses of its tasks', () => {
    // GIVEN
    const { stack, cluster } = createBackend();

    // WHEN
    const api = new FargateApi(stack, 'OrdersApi', { cluster, image: IMAGE });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ServiceDiscovery::Service', {
      Name: 'orders-api',
      DnsConfig: { DnsRecords: [{ TTL: 10, Type: 'A' }], RoutingPolicy: 'MULTIVALUE', NamespaceId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Cluster.*Namespace'), 'Id'] } },
      HealthCheckCustomConfig: { FailureThreshold: 1 },
    });
    template.hasResourceProperties('AWS::ECS::Service', { ServiceRegistries: [{ RegistryArn: Match.anyValue() }] });
    expect(api.endpoint).toBe('orders-api.rex.internal');
  });

  test('a worker is not registered', () => {
    const { stack, cluster } = createBackend();
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
    Template.fromStack(stack).resourceCountIs('AWS::ServiceDiscovery::Service', 0);
  });

  test('a namespace that was given by its name alone does the same', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack), serviceDiscovery: DiscoveryNamespace.privateDns('rex.internal') });
    expect(new FargateApi(stack, 'Api', { cluster, image: IMAGE }).endpoint).toBe('api.rex.internal');
  });

  test('in a cluster without discovery nothing is registered', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const cluster = new BackendCluster(stack, 'Cluster', { vpc: createVpc(stack) });
    new FargateApi(stack, '日本', { cluster, image: IMAGE });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { ServiceRegistries: Match.absent(), ServiceConnectConfiguration: Match.absent() });
  });

  test('a tunnel leads to a service', () => {
    // GIVEN
    const { stack, vpc, cluster } = createBackend();
    const api = new FargateApi(stack, 'Api', { cluster, image: IMAGE });

    // WHEN
    new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Api', { target: api });

    // THEN
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::SSM::Document'))).toContain('api.rex.internal');
  });
});

describe('a service as a binding', () => {
  test('the caller gets the URL, one port is opened, and it waits until the called service runs', () => {
    // GIVEN
    const { stack, cluster } = createBackend();
    const supertokens = new FargateApi(stack, 'Supertokens', { cluster, image: IMAGE, port: 3567 });

    // WHEN
    new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [supertokens] });

    // THEN
    const template = Template.fromStack(stack);
    expect(environmentOf(template, 'ApiTask')).toEqual({ PORT: '8080', SUPERTOKENS_URL: 'http://supertokens.rex.internal:3567' });
    const ports = { FromPort: 3567, ToPort: 3567, IpProtocol: 'tcp' };
    const [caller, called] = [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ApiSecurityGroup'), 'GroupId'] }, { 'Fn::GetAtt': [Match.stringLikeRegexp('^SupertokensSecurityGroup'), 'GroupId'] }];
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { ...ports, GroupId: called, SourceSecurityGroupId: caller });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { ...ports, GroupId: caller, DestinationSecurityGroupId: called });
    const [[, service]] = Object.entries(template.findResources('AWS::ECS::Service')).filter(([id]) => id.startsWith('ApiService'));
    expect(service.DependsOn).toContainEqual(expect.stringMatching(/^SupertokensService/));
  });

  test('a name of its own names the variable too, and a prefix stands before it', () => {
    // GIVEN
    const { stack, cluster } = createBackend();
    const [eu, us] = ['Eu', 'Us'].map((id) => new FargateApi(stack, id, { cluster, image: IMAGE, discoveryName: `auth-${id.toLowerCase()}` }));

    // WHEN
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [eu, ServiceBinding.withPrefix('FAR', us)] });

    // THEN
    expect(environmentOf(Template.fromStack(stack), 'WorkerTask')).toMatchObject({
      AUTH_EU_URL: 'http://auth-eu.rex.internal:8080', FAR_AUTH_US_URL: 'http://auth-us.rex.internal:8080',
    });
  });

  test('port, name and namespace may be known only at deployment', () => {
    // GIVEN
    const { stack, cluster } = createBackend(DiscoveryNamespace.privateDns(Token.asString({ Ref: 'Namespace' })));
    const called = new FargateApi(stack, 'Auth', { cluster, image: IMAGE, port: Token.asNumber({ Ref: 'Port' }), discoveryName: Token.asString({ Ref: 'Name' }) });

    // WHEN
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [called] });

    // THEN
    const template = Template.fromStack(stack);
    expect(environmentOf(template, 'WorkerTask').AUTH_URL).toEqual({ 'Fn::Join': ['', ['http://', { Ref: 'Name' }, '.', { Ref: 'Namespace' }, ':', { Ref: 'Port' }]] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: { Ref: 'Port' } });
  });

  test.each([['private DNS', DiscoveryNamespace.privateDns('rex.internal')], ['Service Connect', DiscoveryNamespace.serviceConnect('rex.internal')]])('from another stack the rules stand with the caller, and nothing is exported (%s)', (_kind, discovery) => {
    // GIVEN
    const { app, stack, vpc, cluster } = createBackend(discovery);
    const auth = new Stack(app, 'Auth');
    const called = new FargateApi(auth, 'Supertokens', { cluster, image: IMAGE });
    const consumer = new Stack(app, 'Consumer');

    // WHEN
    new FargateWorker(consumer, 'Worker', { cluster, image: IMAGE, connectTo: [called] });

    // THEN
    Template.fromStack(auth).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    Template.fromStack(consumer).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
    expect(consumer.dependencies).toContain(auth);
    expect([...exportsOf(auth), ...exportsOf(stack).filter((path) => !path.includes(vpc.node.id))]).toEqual([]);
  });

  test('two stacks that call each other: the other direction is an error that says why', () => {
    const { app, cluster } = createBackend();
    const [first, second] = ['First', 'Second'].map((id) => new Stack(app, id));
    const one = new FargateApi(first, 'One', { cluster, image: IMAGE });
    const two = new FargateApi(second, 'Two', { cluster, image: IMAGE, connectTo: [one] });
    expect(() => new FargateWorker(first, 'Three', { cluster, image: IMAGE, connectTo: [two] })).toThrow(/'Second\/Two.* uses 'First\/One.*Services depend on what they are connected to, never the reverse/);
  });
});

describe('Service Connect', () => {
  test('an API is a server and a worker is a caller, in one namespace', () => {
    // GIVEN
    const { stack, cluster } = createBackend(DiscoveryNamespace.serviceConnect('rex.internal'));
    const called = new FargateApi(stack, 'Supertokens', { cluster, image: IMAGE, port: 3567 });

    // WHEN
    new FargateWorker(stack, 'Worker', { cluster, image: IMAGE, connectTo: [called] });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ServiceDiscovery::HttpNamespace', { Name: 'rex.internal' });
    template.resourceCountIs('AWS::ServiceDiscovery::Service', 0);
    const namespace = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Cluster.*Namespace'), 'Arn'] };
    template.hasResourceProperties('AWS::ECS::Service', {
      ServiceConnectConfiguration: {
        Enabled: true,
        Namespace: namespace,
        LogConfiguration: Match.objectLike({ LogDriver: 'awslogs', Options: Match.objectLike({ 'awslogs-stream-prefix': 'ServiceConnect' }) }),
        Services: [{ PortName: 'service', DiscoveryName: 'supertokens', ClientAliases: [{ DnsName: 'supertokens.rex.internal', Port: 3567 }], Timeout: { PerRequestTimeoutSeconds: 60 } }],
      },
    });
    template.hasResourceProperties('AWS::ECS::Service', { ServiceConnectConfiguration: { Enabled: true, Namespace: namespace, Services: Match.absent() } });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ PortMappings: [{ ContainerPort: 3567, Protocol: 'tcp', Name: 'service', AppProtocol: 'http' }] })],
    });
    expect(environmentOf(template, 'WorkerTask').SUPERTOKENS_URL).toBe('http://supertokens.rex.internal:3567');
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 3567, ToPort: 3567 });
  });

  test('requests may take as long as is said', () => {
    const { stack, cluster } = createBackend(DiscoveryNamespace.serviceConnect('rex.internal', { requestTimeout: Duration.minutes(5) }));
    new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', { ServiceConnectConfiguration: Match.objectLike({ Services: [Match.objectLike({ Timeout: { PerRequestTimeoutSeconds: 300 } })] }) });
  });
});

describe('errors', () => {
  test('fails to connect to a service whose cluster has no discovery', () => {
    const { stack, vpc } = createBackend();
    const cluster = new ecs.Cluster(stack, 'Plain', { vpc });
    const called = new FargateApi(stack, 'Auth', { cluster, image: IMAGE });
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, connectTo: [called] })).toThrow(/Other services can't find 'Backend\/Auth', because its cluster does not have service discovery.*`serviceDiscovery: .*Backend\/Api/);
    expect(() => called.endpoint).toThrow(/Other services can't find/);
  });

  test('fails to use Service Connect from another cluster, or in DNS', () => {
    const { stack, vpc, cluster } = createBackend(DiscoveryNamespace.serviceConnect('rex.internal'));
    const called = new FargateApi(stack, 'Auth', { cluster, image: IMAGE });
    const other = new BackendCluster(stack, 'Other', { vpc });
    expect(() => new FargateApi(stack, 'Api', { cluster: other, image: IMAGE, connectTo: [called] })).toThrow(/'auth.rex.internal' is a name of Service Connect, which only services of the same cluster can use/);
    expect(() => called.endpoint).toThrow(/a name of Service Connect, which DNS does not know/);
  });

  test('fails for two services of one name in one cluster, also of different stacks', () => {
    const { app, stack, cluster } = createBackend();
    new FargateApi(stack, 'Api', { cluster, image: IMAGE });
    expect(() => new FargateApi(new Stack(app, 'Other'), 'Api', { cluster, image: IMAGE })).toThrow(/The name 'api' already leads to 'Backend\/Api' in this cluster. Use another id for this service, or set `discoveryName`/);
  });

  test.each([['Orders_', 'orders_'], ['-orders', '-orders'], ['1st', '1st'], ['a'.repeat(64), 'a{64}']])('fails for the name \'%s\'', (discoveryName, shown) => {
    const { stack, cluster } = createBackend();
    expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, discoveryName })).toThrow(new RegExp(`\`discoveryName\` must be 1 to 63.*got '${shown}'`, 'i'));
  });

  test('fails for an id that gives no name', () => {
    const { stack, cluster } = createBackend();
    expect(() => new FargateApi(stack, '日本', { cluster, image: IMAGE })).toThrow(/follows from the id '日本',.*got ''.*`discoveryName: 'orders-api'`/);
  });

  test('fails for a namespace that is not a domain name', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = createVpc(stack);
    expect(() => new BackendCluster(stack, 'Bad', { vpc, serviceDiscovery: DiscoveryNamespace.serviceConnect('Rex') })).toThrow(/The namespace of `serviceDiscovery` must be a domain name in lower case.*got 'Rex'/);
  });
});
