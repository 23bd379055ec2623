import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HardeningLevel } from '../../src/checks/hardening';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { CustomDomain, IngressJwt, IngressMaintenance, PublicIngress } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { judge } from '../checks/hardening/judge';
import { expectFindings, findingsOf } from '../checks/reachability/support';
import { IMAGE } from '../fargate/fixture';

/** An ingress with every kind of rule. */
function createApp({ https }: { https: boolean }): { app: App; stack: Stack; ingress: PublicIngress } {
  const app = new App();
  Posture.production({ requireHttps: https, terminationProtection: false }).applyTo(app);
  const stack = new Stack(app, 'Backend', { env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/example');
  const domain = https ? CustomDomain.fromCertificate(certificate, ['example.com']) : undefined;
  const ingress = new PublicIngress(stack, 'Ingress', { vpc, domain, maintenance: IngressMaintenance.on({ allowFrom: ['203.0.113.0/24'] }) });
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const targets = ['First', 'Second'].map((id, weight) => ({ target: new FargateApi(stack, id, { cluster, image: IMAGE }), weight }));
  const jwt = https ? IngressJwt.fromIssuer({ issuer: 'https://login.example.com', jwksEndpoint: 'https://login.example.com/keys' }) : undefined;
  ingress.addRoute('Plain', { paths: ['/plain/*'], target: targets[0].target, jwt });
  ingress.addWeightedRoute('Shares', { paths: ['/shares/*'], targets, targetVerifiesTokens: true });
  ingress.addFixedResponse('Robots', { paths: ['/robots.txt'], statusCode: 200 });
  ingress.addRedirect('Old', { paths: ['/old/*'], path: '/new/#{path}' });
  return { app, stack, ingress };
}

const ingressRules = (app: App) => judge(app, HardeningLevel.PRODUCTION).findings.filter(({ ruleId }) => ruleId.startsWith('hardening-alb-')).map(({ ruleId }) => ruleId);

test('rules of every kind are no finding where the ingress speaks HTTPS', () => {
  expect(ingressRules(createApp({ https: true }).app)).toEqual([]);
});

test('rules of every kind are a finding where the ingress answers HTTP', () => {
  expect(ingressRules(createApp({ https: false }).app)).toEqual(expect.arrayContaining(['hardening-alb-https', 'hardening-alb-redirect']));
});

test('all that rules need is reachable', () => {
  expectFindings(findingsOf(createApp({ https: true }).app), []);
});

test('fails where the way to the keys is taken away', () => {
  const { app, ingress } = createApp({ https: true });
  expect(ingress.node.tryRemoveChild('KeysEgress')).toBe(true);
  expectFindings(findingsOf(app), [/violation balancer-to-issuer Backend\/First\/Routes\/Backend--Ingress\/Plain/]);
});
