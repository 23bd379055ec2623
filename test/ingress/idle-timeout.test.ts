import { Duration, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { FargateApi } from '../../src/fargate';
import { PublicIngress, type PublicIngressProps } from '../../src/ingress';
import { createCluster, IMAGE } from '../fargate/fixture';

/** A service that each of some ingresses routes to. */
function route(ingresses: Partial<PublicIngressProps>[], environment?: { [name: string]: string }): Template {
  const { stack, vpc, cluster } = createCluster();
  const target = new FargateApi(stack, 'Api', { cluster, image: IMAGE, environment });
  ingresses.forEach((props, index) => new PublicIngress(stack, `Ingress${index}`, { vpc, ...props }).addRoute('Api', { target }));
  return Template.fromStack(stack);
}

function variables(template: Template): { [name: string]: string } {
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition')) as { Properties: { ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[] } }[];
  return Object.fromEntries(task.Properties.ContainerDefinitions[0].Environment.map(({ Name, Value }) => [Name, Value]));
}

describe('the idle timeout', () => {
  test('is left to the load balancer, and services are told nothing, unless it is asked for', () => {
    const template = route([{}]);
    const [{ Properties }] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer')) as { Properties: { LoadBalancerAttributes: { Key: string }[] } }[];
    expect(Properties.LoadBalancerAttributes.map(({ Key }) => Key).filter((key) => /idle|keep_alive/.test(key))).toEqual([]);
    expect(variables(template)).toEqual({ PORT: '8080' });
  });

  test('is set on the load balancer, and a routed service is told to keep connections longer', () => {
    const template = route([{ idleTimeout: Duration.minutes(5), clientKeepAlive: Duration.hours(2) }]);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '300' }, { Key: 'client_keep_alive.seconds', Value: '7200' }]),
    });
    expect(variables(template)).toEqual({ PORT: '8080', KEEP_ALIVE_TIMEOUT_SECONDS: '305' });
  });

  test.each([[100, 20], [20, 100]])('of %d and %d seconds on two ingresses: the service is told the longer one', (first, second) => {
    expect(variables(route([{ idleTimeout: Duration.seconds(first) }, { idleTimeout: Duration.seconds(second) }]))).toMatchObject({ KEEP_ALIVE_TIMEOUT_SECONDS: '105' });
  });

  test.each([[0, 1], [1, 0]])('of ten seconds beside an ingress without: the service is told what outlives both, in any order', (first, second) => {
    const ingresses = [{ idleTimeout: Duration.seconds(10) }, {}];
    expect(variables(route([ingresses[first], ingresses[second]]))).toMatchObject({ KEEP_ALIVE_TIMEOUT_SECONDS: '65' });
  });

  test('of a service whose own variable is known at deployment is not judged', () => {
    const value = Token.asString({ Ref: 'KeepAlive' });
    expect(variables(route([{ idleTimeout: Duration.seconds(100) }], { KEEP_ALIVE_TIMEOUT_SECONDS: value }))).toMatchObject({ KEEP_ALIVE_TIMEOUT_SECONDS: { Ref: 'KeepAlive' } });
  });

  test('fails on a service whose own variable is shorter than that of an ingress nobody told otherwise', () => {
    expect(() => route([{}], { KEEP_ALIVE_TIMEOUT_SECONDS: '30' })).toThrow(/to '30', but an ingress that routes to this service keeps idle connections for 60 seconds/);
  });

  test('leaves a service alone that keeps connections longer by itself', () => {
    expect(variables(route([{ idleTimeout: Duration.seconds(100) }], { KEEP_ALIVE_TIMEOUT_SECONDS: '101' }))).toMatchObject({ KEEP_ALIVE_TIMEOUT_SECONDS: '101' });
  });

  test.each([['100'], ['5'], ['long']])('fails on a service whose own variable says %s', (value) => {
    expect(() => route([{ idleTimeout: Duration.seconds(100) }], { KEEP_ALIVE_TIMEOUT_SECONDS: value }))
      .toThrow(`\`environment\` sets 'KEEP_ALIVE_TIMEOUT_SECONDS' to '${value}', but an ingress that routes to this service keeps idle connections for 100 seconds. A service that closes a connection first causes 502 errors. Set more than 100, for example '105', or remove the variable.`);
  });

  test.each([
    ['idleTimeout', Duration.seconds(0), /`idleTimeout` must be from 1 to 4000 whole seconds, got 0.*Ingress0/],
    ['idleTimeout', Duration.seconds(4001), /got 4001/],
    ['idleTimeout', Duration.millis(1500), /got 1.5/],
    ['idleTimeout', Duration.seconds(Token.asNumber({ Ref: 'Timeout' })), /`idleTimeout` isn't known until deployment/],
    ['clientKeepAlive', Duration.seconds(59), /`clientKeepAlive` must be from 60 to 604800 whole seconds, got 59/],
    ['clientKeepAlive', Duration.days(8), /got 691200/],
  ])('fails on a %s of %s', (prop, value, message) => {
    expect(() => route([{ [prop]: value }])).toThrow(message);
  });
});
