import { type App, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { createVpc, developmentApp } from './fixture';
import { BackendCluster, DiscoveryNamespace } from '../../src';

const DNS = DiscoveryNamespace.privateDns('backend.internal');
const CONNECT = DiscoveryNamespace.serviceConnect('backend.internal');
const cluster = (scope: Construct, vpc: ec2.IVpc, serviceDiscovery: DiscoveryNamespace, id = 'Cluster') => new BackendCluster(scope, id, { vpc, serviceDiscovery });

/** What synthesis says, where it fails. */
function failureOf(declare: (stack: Stack, app: App) => void): string {
  const app = developmentApp({ analyticsReporting: false });
  declare(new Stack(app, 'Backend'), app);
  try {
    app.synth();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a private DNS namespace', () => {
  test('fails beside one of the same name in the same VPC, and names both clusters', () => {
    const failure = failureOf((stack) => {
      const vpc = createVpc(stack);
      cluster(stack, vpc, DNS, 'One');
      cluster(stack, vpc, DNS, 'Two');
    });
    expect(failure).toMatch(/\[Backend\/One\] The namespace 'backend\.internal' of this cluster has the same name as 'Backend\/Two' in the same VPC/);
    expect(failure).toContain('[cdk-private-backend:BackendCluster.duplicateNamespace]');
  });

  test.each<[string, (stack: Stack, vpc: ec2.IVpc, app: App) => void]>([
    ['a cluster of CDK\'s own', (stack, vpc) => new ecs.Cluster(stack, 'Two', { vpc, defaultCloudMapNamespace: { name: 'backend.internal', type: servicediscovery.NamespaceType.DNS_PRIVATE, vpc } })],
    ['a namespace of CDK\'s own', (stack, vpc) => new servicediscovery.PrivateDnsNamespace(stack, 'Two', { name: 'Backend.Internal', vpc })],
    ['a private hosted zone', (stack, vpc) => new route53.PrivateHostedZone(stack, 'Two', { zoneName: 'backend.internal', vpc })],
    ['a hosted zone to which the VPC is added', (stack, vpc) => new route53.HostedZone(stack, 'Two', { zoneName: 'backend.internal' }).addVpc(vpc)],
    ['a hosted zone of the lowest level', (stack, vpc) => new route53.CfnHostedZone(stack, 'Two', { name: 'backend.internal.', vpcs: [{ vpcId: vpc.vpcId, vpcRegion: stack.region }] })],
    ['a hosted zone of another stack', (_stack, vpc, app) => new route53.PrivateHostedZone(new Stack(app, 'Zones'), 'Two', { zoneName: 'backend.internal', vpc })],
    ['a cluster of another stack', (_stack, vpc, app) => cluster(new Stack(app, 'Other'), vpc, DNS, 'Two')],
  ])('fails beside %s of the same name', (_what, declare) => {
    expect(failureOf((stack, app) => {
      const vpc = createVpc(stack);
      cluster(stack, vpc, DNS);
      declare(stack, vpc, app);
    })).toMatch(/as '(Backend|Zones|Other)\/Two' in the same VPC/);
  });

  test('fails in two imports of one VPC', () => {
    const imported = (stack: Stack, id: string) => ec2.Vpc.fromVpcAttributes(stack, id, { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] });
    expect(failureOf((stack) => {
      cluster(stack, imported(stack, 'A'), DNS, 'One');
      cluster(stack, imported(stack, 'B'), DNS, 'Two');
    })).toContain('duplicateNamespace');
  });

  test.each<[string, (stack: Stack, vpc: ec2.IVpc, app: App) => void]>([
    ['another name', (stack, vpc) => cluster(stack, vpc, DiscoveryNamespace.privateDns('orders.backend.internal'), 'Two')],
    ['another VPC', (stack) => cluster(stack, createVpc(stack, 'OtherVpc'), DNS, 'Two')],
    ['a public zone', (stack) => new route53.PublicHostedZone(stack, 'Two', { zoneName: 'backend.internal' })],
    ['an HTTP namespace', (stack, vpc) => cluster(stack, vpc, CONNECT, 'Two')],
  ])('may stand beside %s', (_what, declare) => {
    expect(failureOf((stack, app) => {
      const vpc = createVpc(stack);
      cluster(stack, vpc, DNS);
      declare(stack, vpc, app);
    })).toBe('');
  });
});

describe('a namespace of Service Connect', () => {
  test('fails beside one of the same name in the same stack, whatever the VPC', () => {
    expect(failureOf((stack) => {
      cluster(stack, createVpc(stack, 'A'), CONNECT, 'One');
      cluster(stack, createVpc(stack, 'B'), CONNECT, 'Two');
    })).toMatch(/'backend\.internal' of this cluster has the same name as 'Backend\/Two' in the same account and region/);
  });

  const env = { account: '111111111111', region: 'eu-west-1' };

  test.each([
    ['fails in one account and region', env, env, true],
    ['may be the same in two regions', env, { ...env, region: 'eu-north-1' }, false],
    ['may be the same where the environment is known at deployment only', undefined, undefined, false],
  ])('of two stacks %s', (_what, one, two, fails) => {
    const failure = failureOf((_stack, app) => [one, two].forEach((each, index) => {
      const stage = new Stage(app, `Stage${index}`, { env: each });
      const stack = new Stack(stage, 'Backend');
      cluster(stack, createVpc(stack), CONNECT);
    }));
    expect(failure.includes('duplicateNamespace')).toBe(fails);
  });
});
