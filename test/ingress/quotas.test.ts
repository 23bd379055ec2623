import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { BackendCluster, FargateApi, ServiceDeployment } from '../../src/fargate';
import { CustomDomain, IngressMaintenance, PublicIngress, type IPublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, IMAGE } from '../fargate/fixture';

function createWorld(): { stack: Stack; vpc: ec2.Vpc; cluster: BackendCluster } {
  const stack = new Stack(developmentApp(), 'Backend');
  const vpc = createVpc(stack);
  return { stack, vpc, cluster: new BackendCluster(stack, 'Cluster', { vpc }) };
}

function addAnswers(ingress: IPublicIngress, count: number, from = 0): void {
  Array.from({ length: count }, (_, index) => from + index)
    .forEach((index) => ingress.addFixedResponse(`Gone${index}`, { paths: [`/gone/${index}`], statusCode: 410, priority: 100 + index }));
}

function warningsOf(stack: Stack, id: string): unknown[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(`PublicIngress.${id}\\]`)).map(({ entry }) => entry.data);
}

describe('rules', () => {
  test('are as many as a load balancer takes', () => {
    const { stack, vpc } = createWorld();
    addAnswers(new PublicIngress(stack, 'Ingress', { vpc }), 100);
    expect(warningsOf(stack, 'rules')).toEqual([]);
  });

  test('above that get one warning with their number', () => {
    const { stack, vpc } = createWorld();
    addAnswers(new PublicIngress(stack, 'Ingress', { vpc }), 110);
    expect(warningsOf(stack, 'rules')).toEqual([expect.stringMatching(/has 110 listener rules, and the default quota is 100\. Raise the quota 'Rules per Application Load Balancer'/)]);
  });

  test('count those of maintenance', () => {
    const { stack, vpc } = createWorld();
    addAnswers(new PublicIngress(stack, 'Ingress', { vpc, maintenance: IngressMaintenance.on({ allowFrom: ['203.0.113.0/24'] }) }), 96);
    expect(warningsOf(stack, 'rules')).toEqual([expect.stringContaining('has 101 listener rules')]);
  });

  test('count those of imports of the listener, and are warned of once', () => {
    const { stack, vpc } = createWorld();
    const own = new PublicIngress(stack, 'Ingress', { vpc });
    addAnswers(own, 60);
    addAnswers(PublicIngress.fromPublicIngressAttributes(stack, 'Import', { loadBalancer: own.loadBalancer, listener: own.listener }), 60, 60);
    expect(warningsOf(stack, 'rules')).toEqual([expect.stringContaining('has 120 listener rules')]);
  });

  test('of two load balancers do not add up', () => {
    const { stack, vpc } = createWorld();
    ['First', 'Second'].forEach((id) => addAnswers(new PublicIngress(stack, id, { vpc }), 60));
    expect(warningsOf(stack, 'rules')).toEqual([]);
  });
});

test('target groups above what a load balancer takes get a warning, and those that deployments move requests to count', () => {
  const { stack, vpc, cluster } = createWorld();
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  Array.from({ length: 10 }, (_, index) => new FargateApi(stack, `Api${index}`, { cluster, image: IMAGE, deployment: ServiceDeployment.blueGreen() })).forEach((target, index) => {
    Array.from({ length: 5 }, (_, path) => ingress.addRoute(`Api${index}${path}`, { paths: [`/${index}/${path}`], target, priority: 100 + 10 * index + path }));
  });
  expect(warningsOf(stack, 'targetGroups')).toEqual([]);
  ingress.addWeightedRoute('Last', { paths: ['/last'], targets: [{ target: new FargateApi(stack, 'Last', { cluster, image: IMAGE }), weight: 1 }] });
  stack.node.root.node.findAll().forEach(({ node }) => node.validate());
  expect(ingress.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('targetGroups'))).toEqual([expect.stringMatching(/has 101 target groups, and 100 is the quota/)]);
});

test.each([[26, 0], [27, 1]])('%i certificates, of which one is the default, get %i warnings', (count, expected) => {
  const { stack, vpc } = createWorld();
  const domains = Array.from({ length: count }, (_, index) => (
    CustomDomain.fromCertificate(Certificate.fromCertificateArn(stack, `Certificate${index}`, `arn:aws:acm:eu-west-1:111111111111:certificate/${index}`), [`shop${index}.example.com`])
  ));
  new PublicIngress(stack, 'Ingress', { vpc, domain: CustomDomain.combine(domains) });
  expect(warningsOf(stack, 'certificates')).toHaveLength(expected);
});
