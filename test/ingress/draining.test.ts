import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { BackendCluster, FargateApi, ServiceDeployment, type FargateApiProps } from '../../src/fargate';
import { PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

const GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';

interface World {
  readonly stack: Stack;
  readonly api: FargateApi;
  ingress(id: string, idleTimeout?: Duration): PublicIngress;
}

function createWorld(props: Partial<FargateApiProps> = {}): World {
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = createVpc(stack);
  const api = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, ...props });
  return { stack, api, ingress: (id, idleTimeout) => new PublicIngress(stack, id, { vpc, idleTimeout }) };
}

/** Seconds that each target group waits. */
function delaysOf(stack: Stack): string[] {
  return Object.values(Template.fromStack(stack).findResources(GROUP)).map(({ Properties }) => (
    (Properties as { TargetGroupAttributes: { Key: string; Value: string }[] }).TargetGroupAttributes.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')!.Value
  )).sort();
}

function warningsOf(stack: Stack): unknown[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('IngressRoute.requestsCut')).map(({ entry }) => entry.data);
}

describe('a task that stops', () => {
  test.each<[string, Duration | undefined, string]>([
    ['as long as an ingress of which nobody said otherwise', undefined, '60'],
    ['as long as an ingress with short requests', Duration.seconds(10), '10'],
    ['as long as an ingress with long requests', Duration.minutes(5), '300'],
    ['as long as a target group can, which is less than an ingress', Duration.seconds(4000), '3600'],
  ])('lets requests finish %s', (_name, idleTimeout, seconds) => {
    const { stack, api, ingress } = createWorld();
    ingress('Ingress', idleTimeout).addRoute('Api', { target: api });
    expect(delaysOf(stack)).toEqual([seconds]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('waits for each ingress in its own way, and for shares too', () => {
    const { stack, api, ingress } = createWorld();
    ingress('Fast', Duration.seconds(10)).addRoute('Api', { target: api });
    ingress('Slow', Duration.seconds(120)).addWeightedRoute('Api', { targets: [{ target: api, weight: 1 }] });
    expect(delaysOf(stack)).toEqual(['10', '120']);
  });

  test('waits in both target groups of a deployment that moves requests', () => {
    const { stack, api, ingress } = createWorld({ deployment: ServiceDeployment.blueGreen() });
    ingress('Ingress', Duration.seconds(120)).addRoute('Api', { target: api });
    expect(delaysOf(stack)).toEqual(['120', '120']);
  });
});

describe('a chosen delay', () => {
  test.each<[number, number | undefined, number]>([[30, undefined, 1], [60, undefined, 0], [90, undefined, 0], [60, 120, 1], [120, 120, 0], [5, 5, 0], [0, undefined, 1], [3600, 4000, 0]])(
    'of %i seconds with an idle timeout of %p seconds gives %i warnings',
    (delay, idle, count) => {
      const { stack, api, ingress } = createWorld({ deregistrationDelay: Duration.seconds(delay) });
      ingress('Ingress', idle === undefined ? undefined : Duration.seconds(idle)).addRoute('Api', { target: api });
      expect(delaysOf(stack)).toEqual([`${delay}`]);
      expect(warningsOf(stack)).toHaveLength(count);
    },
  );

  test('is named with the route and both numbers', () => {
    const { stack, api, ingress } = createWorld({ deregistrationDelay: Duration.seconds(30) });
    ingress('Ingress').addRoute('Api', { target: api });
    expect(warningsOf(stack)).toEqual([expect.stringMatching(/^Route 'Api': requests to 'Backend\/Api' may run for 60 seconds \(`idleTimeout`\), but .* after 30 seconds \(`deregistrationDelay`\)/)]);
  });

  test('is warned of at each ingress that waits longer', () => {
    const { stack, api, ingress } = createWorld({ deregistrationDelay: Duration.seconds(30) });
    ingress('Fast', Duration.seconds(10)).addRoute('Api', { target: api });
    ingress('Slow', Duration.seconds(120)).addWeightedRoute('Api', { targets: [{ target: api, weight: 1 }] });
    expect(warningsOf(stack)).toHaveLength(1);
  });

  test('may be known only at deployment', () => {
    const { stack, api, ingress } = createWorld({ deregistrationDelay: Duration.seconds(Token.asNumber({ Ref: 'Delay' })) });
    ingress('Ingress').addRoute('Api', { target: api });
    expect(warningsOf(stack)).toEqual([]);
  });
});
