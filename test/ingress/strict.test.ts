import { CfnResource, Stack, type App } from 'aws-cdk-lib';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { InternalIngress } from './fixtures/internal-ingress';
import { TcpIngress } from './fixtures/tcp-ingress';
import { BackendCluster, FargateApi, type FargateApiProps, DiscoveryNamespace, ServiceDeployment } from '../../src/fargate';
import { CustomDomain, PublicIngress } from '../../src/ingress';
import { createEndpoint, createSecret, createVpc, developmentApp, IMAGE, productionApp, TestBinding } from '../fargate/fixture';

const STRICT = { context: { '@aws-cdk/core:validateAgainstDefaultRules': true } };

beforeAll(() => {
  delete process.env.CDK_VALIDATION;
});

afterAll(() => {
  process.env.CDK_VALIDATION = 'false';
});

function createBackend(app: App, region?: string): { services: Stack } {
  const env = region === undefined ? undefined : { account: '111111111111', region };
  const [network, ingresses, services] = ['Network', 'Ingresses', 'Services'].map((id) => new Stack(app, id, { env }));
  const vpc = createVpc(network);
  const cluster = new BackendCluster(network, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
  const hostedZone = HostedZone.fromHostedZoneAttributes(ingresses, 'Zone', { hostedZoneId: 'Z0000000000000000000', zoneName: 'example.com' });
  const ingress = new PublicIngress(ingresses, 'Ingress', { vpc, domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com', 'www.example.com'] }) });
  const binding = new TestBinding(() => ({
    targets: [createEndpoint(network, 'Database', vpc)],
    secrets: { PGPASSWORD: createSecret(services, 'Password', 'password') },
    certificateAuthority: createSecret(services, 'Ca', 'ca'),
  }));
  const api = new FargateApi(services, 'Api', {
    cluster, image: IMAGE, connectTo: [binding], writablePaths: ['/var/cache/app'], minTasks: 1, maxTasks: 3, enableExecuteCommand: true,
  });
  ingress.addRoute('Api', { paths: ['/api/*'], hosts: ['api.example.com'], headers: { 'x-version': ['2'] }, target: api });
  return { services };
}

test.each([
  ['development, in any environment', developmentApp, undefined],
  ['production, in any environment', productionApp, undefined],
  ['production, in eu-central-1', productionApp, 'eu-central-1'],
])('the offline validator accepts a backend that is spread over stacks (%s)', (_name, createApp, region) => {
  // GIVEN
  const app = createApp(STRICT);
  const { services } = createBackend(app, region);

  // WHEN
  const template = app.synth().getStackByName(services.stackName).template as unknown;

  // THEN
  expect(JSON.stringify(template)).toContain('Fn::GetStackOutput');
});

test.each<[string, Partial<FargateApiProps>]>([
  ['HTTP', {}],
  ['gRPC over TLS', { appProtocol: AppProtocol.grpc, tls: true }],
  ['HTTP, and moves requests when it is deployed', { deployment: ServiceDeployment.linear() }],
])('the offline validator accepts ingresses of any kind before a service that speaks %s', (_name, props) => {
  const app = productionApp(STRICT);
  const stack = new Stack(app, 'Backend');
  const vpc = createVpc(stack);
  const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0000000000000000000', zoneName: 'example.com' });
  const api = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, ...props });
  new PublicIngress(stack, 'Public', { vpc, domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com'] }) }).addRoute('Public', { target: api });
  new TcpIngress(stack, 'Tcp', vpc).addRoute('Tcp', 443, api);
  if (props.appProtocol === undefined) {
    new InternalIngress(stack, 'Internal', vpc).addRoute('Internal', '/*', api);
  }

  expect(JSON.stringify(app.synth().getStackByName(stack.stackName).template)).toContain('"TargetType":"ip"');
});

test('fails where a template is wrong, which shows that the validator was asked', () => {
  // GIVEN
  const app = productionApp(STRICT);
  const { services } = createBackend(app);

  // WHEN
  new CfnResource(services, 'Wrong', { type: 'AWS::EC2::SecurityGroup', properties: { GroupDescription: 1, Nonsense: true } });

  // THEN
  expect(() => app.synth()).toThrow(/[Vv]alidation/);
});
