import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { dropRules, rulesOf } from './self-hosted';
import { checked, findingsOf } from './support';
import { BackendCluster, BackendNetwork, FargateApi, Posture, SelfHostedPostgres, SsmBastion } from '../../../src';
import { buildTwoRegions } from '../../support/two-regions';

/** A cluster of three nodes with a service and a bastion, without the rules of security groups whose paths match. */
function withCluster(without: RegExp = /^$/): { readonly app: App; readonly rules: string[] } {
  const app = new App({ analyticsReporting: false });
  Posture.production().applyTo(app);
  const stack = new Stack(app, 'Own', { terminationProtection: true, env: { account: '111111111111', region: 'eu-west-1' } });
  const { vpc } = new BackendNetwork(stack, 'Network', { maxAzs: 3 });
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new SelfHostedPostgres(stack, 'Postgres', { vpc, databaseName: 'app' });
  new FargateApi(stack, 'Api', { cluster, image: ContainerImage.fromRegistry('nginx:1.29'), connectTo: [postgres.addUser('Api')] });
  new SsmBastion(stack, 'Bastion', { vpc }).addTunnel('Postgres', { target: postgres });
  const rules = rulesOf(stack).filter((path) => /NodeGroup|BalancerGroup/.test(path));
  dropRules(stack, without);
  return { app, rules };
}

/** Which rule of the check finds that a rule of a security group is missing, by its end and port. */
function findingFor(path: string): RegExp {
  return /Bastion/.test(path) ? /violation tunnel/ : /Sql|Api/.test(path) ? /violation client-to-store/ : /BalancerGroup/.test(path) ? /violation balancer-to-target/ : /violation client-to-instance/;
}

describe('a self-hosted cluster of three nodes', () => {
  test('has every way that it needs, and no other one', () => {
    const report = checked(withCluster().app).report();
    expect(report.findings).toEqual([]);
    expect(report.rules.map(({ ruleId, applied, held }) => `${ruleId}: ${held} of ${applied}`)).toEqual(expect.arrayContaining([
      'reachability-balancer-to-target: 3 of 3', 'reachability-client-to-instance: 3 of 3', 'reachability-client-to-store: 3 of 3', 'reachability-instance-first-boot: 4 of 4',
    ]));
  });

  test.each(withCluster().rules)('fails without %s', (path) => {
    const { app } = withCluster(new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
    const violations = findingsOf(app).filter((line) => line.startsWith('violation'));
    expect(violations.length).toBeGreaterThan(0);
    expect(violations.filter((line) => !findingFor(path).test(line))).toEqual([]);
  });
});

describe('a self-hosted cluster of another region that is not active', () => {
  function inactive(without: RegExp = /^$/): App {
    const app = new App({ analyticsReporting: false });
    Posture.production({ terminationProtection: false }).applyTo(app);
    const { there } = buildTwoRegions(app, { active: false });
    dropRules(there, without);
    return app;
  }

  test('has network interfaces that its load balancer reaches once there are instances', () => {
    expect(findingsOf(inactive()).filter((line) => line.includes('There/'))).toEqual([]);
  });

  test('fails where these interfaces do not let the load balancer in', () => {
    const findings = findingsOf(inactive(/There.*NodeGroup.*BalancerGroup/)).filter((line) => line.includes('There/'));
    expect(findings).toHaveLength(new Set(findings).size);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.filter((line) => !/violation balancer-to-target There\/Server\/Node[123]\/Interface\/Resource: /.test(line))).toEqual([]);
  });
});
