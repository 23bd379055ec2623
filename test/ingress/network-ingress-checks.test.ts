import { App, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { CostReport } from '../../src/checks/cost';
import { HardeningLevel } from '../../src/checks/hardening';
import { ReachabilityCheck, ReachabilityPoint } from '../../src/checks/reachability';
import { BackendCluster, FargateApi, type FargateApiProps, ServiceDeployment } from '../../src/fargate';
import { CustomDomain, type INetworkIngressRoute, NetworkIngress, type NetworkIngressProps } from '../../src/ingress';
import { BackendNetwork } from '../../src/network';
import { Egress, Posture } from '../../src/posture';
import { judge } from '../checks/hardening/judge';
import { expectFindings, findingsOf } from '../checks/reachability/support';
import { IMAGE } from '../fargate/fixture';

const ENV = { account: '111111111111', region: 'us-east-1' };
const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true };

interface Checked {
  readonly app: App;
  readonly stack: Stack;
  readonly ingress: NetworkIngress;
  readonly api: FargateApi;
  readonly route: INetworkIngressRoute;
}

function createApp(posture: Posture, props: Partial<NetworkIngressProps> = {}, apiProps: Partial<FargateApiProps> = {}): Checked {
  const app = new App({ context: STRICT });
  posture.applyTo(app);
  const stack = new Stack(app, 'Backend', { env: ENV, terminationProtection: true });
  const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natGateway() });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/example');
  const ingress = new NetworkIngress(stack, 'Ingress', { vpc, domain: CustomDomain.fromCertificate(certificate, ['api.example.com']), ...props });
  const api = new FargateApi(stack, 'Api', { cluster: new BackendCluster(stack, 'Cluster', { vpc }), image: IMAGE, ...apiProps });
  return { app, stack, ingress, api, route: ingress.addRoute('Api', { target: api }) };
}

describe.each([['development', () => Posture.development()], ['production', () => Posture.production()]])('in %s', (level, posture) => {
  test.each([true, false])('a service behind it is reached, which is proven (internet-facing: %p)', (internetFacing) => {
    expectFindings(findingsOf(createApp(posture(), { internetFacing }).app), []);
  });

  test('the hardening check has nothing to say of it but that development does not protect it', () => {
    const findings = judge(createApp(posture(), { internetFacing: true }).app, HardeningLevel.PRODUCTION).findings.filter(({ constructPath }) => constructPath.startsWith('Backend/Ingress') || constructPath.includes('/Routes/'));
    expect(findings.map(({ ruleId }) => ruleId)).toEqual(level === 'development' ? ['hardening-alb-deletion-protection'] : []);
  });

  describe('the offline validator', () => {
    const outside = process.env.CDK_VALIDATION;
    beforeAll(() => {
      delete process.env.CDK_VALIDATION;
    });
    afterAll(() => {
      process.env.CDK_VALIDATION = outside;
    });

    test.each<[string, Partial<NetworkIngressProps>, Partial<FargateApiProps>]>([
      ['HTTP', { internetFacing: true, accessLogs: true }, {}],
      ['TLS, and moves connections when it is deployed', {}, { tls: true, deployment: ServiceDeployment.linear() }],
      ['gRPC', {}, { appProtocol: AppProtocol.grpc }],
    ])('accepts it before a service that speaks %s', (_name, props, apiProps) => {
      const { app, stack } = createApp(posture(), props, apiProps);
      expect(JSON.stringify(app.synth().getStackByName(stack.stackName).template)).toContain('"TargetType":"ip"');
    });
  });
});

test.each([
  ['Egress0', /load balancer Backend\/Ingress does not reach Backend\/Api on TCP 8080: .*Backend\/Ingress\/SecurityGroup has no egress rule for TCP 8080/],
  ['from', /load balancer Backend\/Ingress does not reach Backend\/Api on TCP 8080: .*Backend\/Api\/SecurityGroup has no ingress rule for TCP 8080/],
  ['Clients0', /violation listener .*nobody on the internet reaches Backend\/Ingress on TCP 443/],
])('fails in the reachability check without the rule %s', (id, finding) => {
  const { app, stack } = createApp(Posture.development(), { internetFacing: true });
  const rules = stack.node.findAll().filter((each) => (each instanceof ec2.CfnSecurityGroupEgress || each instanceof ec2.CfnSecurityGroupIngress) && each.node.id.startsWith(id) && each.node.path.includes('/Api/'));
  expect(rules.map(({ node: { scope, id: own } }) => scope?.node.tryRemoveChild(own))).toEqual([true]);
  expectFindings(findingsOf(app), [finding]);
});

test.each([[true, 16.43 + 2 * 3.65], [false, 16.43]])('costs what its documentation says, and is closed to whom it is not for (internet-facing: %p)', (internetFacing, monthly) => {
  const { app, ingress, api } = createApp(Posture.development(), { internetFacing });
  const [cost, reachability] = [new CostReport(), new ReachabilityCheck()];
  const internet = ReachabilityPoint.cidr('203.0.113.0/24');
  reachability[internetFacing ? 'expect' : 'forbid'](internet, ReachabilityPoint.of(ingress), ec2.Port.tcp(443));
  reachability.forbid(internet, ReachabilityPoint.of(ingress), ec2.Port.tcp(80));
  reachability.forbid(internet, ReachabilityPoint.of(api), ec2.Port.allTraffic());
  Validations.of(app).addPlugins(cost, reachability);
  const quiet = jest.spyOn(console, 'error').mockImplementation();
  app.synth();
  quiet.mockRestore();

  expect(reachability.report().findings).toEqual([]);
  const lines = cost.report().lines.filter(({ constructPath }) => constructPath.startsWith('Backend/Ingress'));
  expect(lines.reduce((sum, line) => sum + line.monthly, 0)).toBeCloseTo(monthly, 1);
});
