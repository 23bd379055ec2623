import { Stack, Token, type App } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { IpAddressType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { IngressContentType, IngressMaintenance, type IngressMaintenanceOptions, PublicIngress } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';

interface World {
  readonly app: App;
  readonly stacks: Stack[];
  readonly ingress: PublicIngress;
}

/** An ingress in one stack, an API with a route in another. */
function createWorld(maintenance?: IngressMaintenance, priority?: number): World {
  const app = developmentApp();
  const [network, home, services] = ['Network', 'Ingress', 'Services'].map((id) => new Stack(app, id));
  const vpc = createVpc(network);
  const ingress = new PublicIngress(home, 'Ingress', { vpc, maintenance });
  const target = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE });
  ingress.addRoute('Api', { target, priority });
  return { app, stacks: [network, home, services], ingress };
}

function rulesOf({ stacks: [, home] }: World): { Properties: { Priority: number; Conditions: { SourceIpConfig: { Values: string[] } }[]; Actions: unknown[] } }[] {
  return Object.values(Template.fromStack(home).findResources(RULE)) as ReturnType<typeof rulesOf>;
}

test('maintenance answers every request with 503 before any route', () => {
  // WHEN
  const world = createWorld(IngressMaintenance.on());

  // THEN
  expect(rulesOf(world).map(({ Properties }) => Properties)).toEqual([{
    ListenerArn: { Ref: 'IngressHttp4C035516' },
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'Down for maintenance. Please try again later.' } }],
  }]);
});

test('turning maintenance on adds rules to the stack of the ingress, and changes nothing else', () => {
  const resourcesOf = (maintenance?: IngressMaintenance) => {
    const { stacks } = createWorld(maintenance);
    return stacks.map((stack) => Template.fromStack(stack).toJSON());
  };
  const [network, home, services] = resourcesOf();
  const [networkOn, homeOn, servicesOn] = resourcesOf(IngressMaintenance.on({ allowFrom: ['203.0.113.0/24'] }));
  expect([networkOn, servicesOn]).toEqual([network, services]);
  const added = Object.entries(homeOn.Resources as Record<string, { Type: string }>).filter(([id]) => !(id in home.Resources));
  expect(added).toHaveLength(5);
  expect(added.every(([, { Type }]) => Type === RULE)).toBe(true);
  const rest = { ...homeOn, Resources: { ...homeOn.Resources, ...Object.fromEntries(added.map(([id]) => [id, undefined])) } };
  // The ingress also says so in its metadata, which changes no resource.
  expect(JSON.parse(JSON.stringify(rest).replace('"maintenance":true', '"maintenance":false'))).toEqual(home);
});

test('addresses that are allowed are all that no rule lists, five in a rule', () => {
  // WHEN
  const rules = rulesOf(createWorld(IngressMaintenance.on({ allowFrom: ['203.0.113.7/32', '192.0.2.0/24'], messageBody: '<h1>Soon</h1>', contentType: IngressContentType.TEXT_HTML })));

  // THEN
  const ranges = rules.flatMap(({ Properties }) => Properties.Conditions.flatMap(({ SourceIpConfig }) => SourceIpConfig.Values));
  expect(ranges).toContain('0.0.0.0/1');
  expect(ranges).toContain('203.0.113.6/32');
  expect(ranges).not.toContain('203.0.113.7/32');
  expect(rules.map(({ Properties }) => Properties.Priority)).toEqual(rules.map((_, index) => index + 1));
  expect(rules.every(({ Properties }) => Properties.Conditions[0].SourceIpConfig.Values.length <= 5)).toBe(true);
  expect(rules).toHaveLength(Math.ceil(ranges.length / 5));
  expect(rules[0].Properties.Actions).toEqual([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/html', MessageBody: '<h1>Soon</h1>' } }]);
});

test('the address that load balancers refuse is in no rule', () => {
  const rules = rulesOf(createWorld(IngressMaintenance.on({ allowFrom: ['255.255.255.254/32'] })));
  expect(JSON.stringify(rules)).not.toContain('255.255.255.255/32');
  expect(rules).toHaveLength(7);
});

test.each<[RegExp, IngressMaintenanceOptions]>([
  [/'203.0.113.7', which is not an address range.*'203.0.113.7\/32'/, { allowFrom: ['203.0.113.7'] }],
  [/'203.0.113.7\/24', which is not the start of a range. Write '203.0.113.0\/24' for the range or '203.0.113.7\/32'/, { allowFrom: ['203.0.113.7/24'] }],
  [/'0.0.0.0\/0', which is every address/, { allowFrom: ['0.0.0.0/0'] }],
  [/IPv6 range '2001:db8::\/32', and clients reach this ingress by IPv4 only/, { allowFrom: ['2001:db8::/32'] }],
  [/`allowFrom` has a range that isn't known until deployment \(it's a token\)/, { allowFrom: [Token.asString({ Ref: 'Office' })] }],
  [/`allowFrom` needs 50 listener rules \(250 ranges of other addresses, 5 in a rule\), and 40 are available.*fewer or larger/, { allowFrom: [1, 2, 4, 8, 16, 32, 64, 128, 200].map((first) => `${first}.0.0.1/32`) }],
  [/`maintenance`: `messageBody` has 1025 bytes/, { messageBody: 'a'.repeat(1025) }],
])('fails with %s', (message: RegExp, options: IngressMaintenanceOptions) => {
  expect(() => createWorld(IngressMaintenance.on(options))).toThrow(message);
});

test('fails at synth where a route would come before maintenance', () => {
  const { stacks } = createWorld(IngressMaintenance.on({ allowFrom: ['203.0.113.7/32'] }), 7);
  expect(() => Template.fromStack(stacks[1])).toThrow(/Route 'Api' has priority 7, and `maintenance` uses priorities 1 to 7.*Set `priority` to more than 7 and deploy.*`allowFrom`/);
});

test('a route behind its rules needs no change', () => {
  const world = createWorld(IngressMaintenance.on({ allowFrom: ['203.0.113.7/32'] }), 8);
  expect(rulesOf(world)).toHaveLength(7);
});

test('a route that could be in the way of maintenance is warned of before', () => {
  const [low, high] = [40, 41].map((priority) => createWorld(undefined, priority).stacks[1]);
  Annotations.fromStack(low).hasWarning('/Ingress/Ingress', Match.stringLikeRegexp('Route \'Api\' has priority 40, and `maintenance` can use priorities 1 to 40.*Set `priority` to 41 or more'));
  Annotations.fromStack(high).hasNoWarning('/Ingress/Ingress', Match.stringLikeRegexp('before you need maintenance'));
});

test('clients with IPv6 addresses get no further than others', () => {
  // GIVEN
  const stack = new Stack(developmentApp(), 'Stack');
  const { vpc } = new BackendNetwork(stack, 'Network', { ipv6: true });

  // WHEN
  new PublicIngress(stack, 'Ingress', { vpc, ipAddressType: IpAddressType.DUAL_STACK, maintenance: IngressMaintenance.on({ allowFrom: ['128.0.0.0/1', '8000::/1'] }) });

  // THEN
  Template.fromStack(stack).hasResourceProperties(RULE, { Conditions: [{ Field: 'source-ip', SourceIpConfig: { Values: ['0.0.0.0/1', '::/1'] } }] });
});
