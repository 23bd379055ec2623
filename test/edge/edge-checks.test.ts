import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HardeningLevel } from '../../src/checks/hardening';
import { EdgeDomain, EdgeJwt, EdgeMaintenance, PublicEdge } from '../../src/edge';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { judge } from '../checks/hardening/judge';
import { expectFindings, findingsOf } from '../checks/reachability/support';
import { IMAGE } from '../fargate/fixture';

/** An edge with every kind of rule. */
function createApp({ https }: { https: boolean }): { app: App; stack: Stack; edge: PublicEdge } {
  const app = new App();
  Posture.production({ requireHttps: https }).applyTo(app);
  const stack = new Stack(app, 'Backend', { env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/example');
  const domain = https ? EdgeDomain.fromCertificate(certificate, ['example.com']) : undefined;
  const edge = new PublicEdge(stack, 'Edge', { vpc, domain, maintenance: EdgeMaintenance.on({ allowFrom: ['203.0.113.0/24'] }) });
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const targets = ['First', 'Second'].map((id, weight) => ({ target: new FargateApi(stack, id, { cluster, image: IMAGE }), weight }));
  const jwt = https ? EdgeJwt.fromIssuer({ issuer: 'https://login.example.com', jwksEndpoint: 'https://login.example.com/keys' }) : undefined;
  edge.addRoute('Plain', { paths: ['/plain/*'], target: targets[0].target, jwt });
  edge.addWeightedRoute('Shares', { paths: ['/shares/*'], targets });
  edge.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200 });
  edge.addRedirect('Old', { paths: ['/old/*'], path: '/new/#{path}' });
  return { app, stack, edge };
}

const edgeRules = (app: App) => judge(app, HardeningLevel.PRODUCTION).findings.filter(({ ruleId }) => ruleId.startsWith('hardening-alb-')).map(({ ruleId }) => ruleId);

test('rules of every kind are no finding where the edge speaks HTTPS', () => {
  expect(edgeRules(createApp({ https: true }).app)).toEqual([]);
});

test('rules of every kind are a finding where the edge answers HTTP', () => {
  expect(edgeRules(createApp({ https: false }).app)).toEqual(expect.arrayContaining(['hardening-alb-https', 'hardening-alb-redirect']));
});

test('all that rules need is reachable', () => {
  expectFindings(findingsOf(createApp({ https: true }).app), []);
});

test('fails where the way to the keys is taken away', () => {
  const { app, edge } = createApp({ https: true });
  expect(edge.node.tryRemoveChild('KeysEgress')).toBe(true);
  expectFindings(findingsOf(app), [/violation balancer-to-issuer Backend\/First\/Routes\/Backend--Edge\/Plain/]);
});
