import { App, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { checked, expectFindings, findingsOf } from './support';
import { BackendCluster, BackendNetwork, FargateApi, Posture, PrivatePostgres, PublicIngress, ServiceImage, SsmBastion, PemFile } from '../../../src';
import { ReachabilityCheck, ReachabilityPoint } from '../../../src/checks/reachability';
import { EXAMPLES } from '../../support/whole-backend';

const { of, internet, cidr } = ReachabilityPoint;

/** A backend of this library, and what is said about it. */
function backend(state: (check: ReachabilityCheck, parts: ReturnType<typeof partsOf>) => void): string[] {
  const app = new App();
  Posture.development().applyTo(app);
  const parts = partsOf(new Stack(app, 'Backend'));
  const check = new ReachabilityCheck();
  state(check, parts);
  return findingsOf(app, check);
}

function partsOf(stack: Stack) {
  const { vpc } = new BackendNetwork(stack, 'Network');
  const cluster = new BackendCluster(stack, 'Cluster', { vpc });
  const postgres = new PrivatePostgres(stack, 'Postgres', { vpc, databaseName: 'app', caCertificates: PemFile.fromText('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----') });
  const api = new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory(`${EXAMPLES}/services/go-api`), connectTo: [postgres.database.addUser('Api')] });
  const ingress = new PublicIngress(stack, 'Ingress', { vpc });
  ingress.addRoute('Api', { paths: ['/*'], target: api });
  const bastion = new SsmBastion(stack, 'Bastion', { vpc });
  return { stack, vpc, postgres, api, ingress, bastion };
}

describe('expect', () => {
  test('holds for what the constructs of this library open', () => {
    expectFindings(backend((check, { api, postgres, ingress }) => {
      check.expect(of(api), of(postgres), ec2.Port.tcp(5432));
      check.expect(of(ingress), of(api), ec2.Port.tcp(8080));
      check.expect(internet(), of(ingress), ec2.Port.tcp(80));
      check.expect(of(api), internet(), ec2.Port.tcp(443));
      check.expect(of(api), cidr('198.51.100.0/24'), ec2.Port.HTTPS);
    }), []);
  });

  test('fails with the blocking hop where a bastion has no tunnel to the server', () => {
    expectFindings(backend((check, { bastion, postgres }) => check.expect(of(bastion), of(postgres), ec2.Port.tcp(5432))), [
      /violation expected Backend\/Bastion\/Resource\/Resource\/Resource: Backend\/Bastion was stated to reach Backend\/Postgres on TCP 5432 and does not: .*security group Backend\/Bastion\/SecurityGroup has no egress rule for TCP 5432/,
    ]);
  });

  test('fails on another port', () => {
    expectFindings(backend((check, { api, postgres }) => check.expect(of(api), of(postgres), ec2.Port.tcpRange(5432, 5433))), [/violation expected Backend\/Api.*Backend\/Api was stated to reach Backend\/Postgres on TCP 5432 to 5433 and does not: .*has no egress rule for TCP 5433/]);
  });

  test('fails where the internet is to reach a server', () => {
    expectFindings(backend((check, { postgres }) => check.expect(internet(), of(postgres), ec2.Port.tcp(5432))), [/violation expected Backend\/Postgres.*: the internet was stated to reach Backend\/Postgres on TCP 5432 and does not: .*no route to an internet gateway/]);
  });

  test('fails where addresses behind no gateway are to be reached', () => {
    expectFindings(backend((check, { postgres }) => check.expect(cidr('192.168.0.0/24'), of(postgres), ec2.Port.tcp(5432))), [/violation expected Backend\/Postgres.*: 192\.168\.0\.0\/24 was stated/]);
  });
});

describe('forbid', () => {
  test('holds for what the constructs of this library keep closed', () => {
    expectFindings(backend((check, { api, postgres, ingress, bastion, stack }) => {
      check.forbid(internet(), of(postgres), ec2.Port.allTraffic());
      check.forbid(internet(), of(api), ec2.Port.allTcp());
      check.forbid(internet(), of(bastion), ec2.Port.allTraffic());
      check.forbid(of(ingress), of(postgres), ec2.Port.allTraffic());
      check.forbid(cidr('203.0.113.0/24'), of(postgres), ec2.Port.tcp(5432));
      check.forbid(of(postgres), of(api), ec2.Port.allTraffic());
      expect(stack.node.path).toBe('Backend');
    }), []);
  });

  test('fails with the way where a service reaches its server', () => {
    expectFindings(backend((check, { api, postgres }) => check.forbid(of(api), of(postgres), ec2.Port.allTraffic())), [
      /violation forbidden Backend\/Api.*: Backend\/Api was stated not to reach Backend\/Postgres on all traffic and does: the way is .*egress rules of security group Backend\/Api\/SecurityGroup, the local route, ingress rules of security group Backend\/Postgres\/SecurityGroup/,
    ]);
  });

  test('fails where one of many ports is open', () => {
    expectFindings(backend((check, { ingress }) => check.forbid(internet(), of(ingress), ec2.Port.tcpRange(1, 1024))), [/violation forbidden Backend\/Ingress/]);
  });
});

describe('points', () => {
  test('a security group means everything that has it', () => {
    expectFindings(backend((check, { api, postgres }) => check.expect(of(api.connections.securityGroups[0]), of(postgres.connections.securityGroups[0]), ec2.Port.tcp(5432))), []);
  });

  test('a construct that is imported has no interface, and the error says so', () => {
    expectUnknown((check, stack) => {
      const imported = rds.DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Legacy', { instanceEndpointAddress: 'db', instanceIdentifier: 'legacy', port: 5432, securityGroups: [] });
      check.forbid(internet(), of(imported), ec2.Port.tcp(5432));
    }, /found no network interface for this construct in any template.*at 'Main\/Legacy'/s);
  });

  test('fails for a construct of another app', () => {
    expectUnknown((check) => check.forbid(internet(), of(new ec2.Vpc(new Stack(new App(), 'Else'), 'Vpc')), ec2.Port.tcp(22)), /belongs to another app.*at 'Else\/Vpc'/s);
  });

  test('fails for addresses that are none', () => {
    expect(() => cidr('10.0.0.0')).toThrow("`cidr` must be a range of addresses such as '203.0.113.0/24' or '2001:db8::/32', got '10.0.0.0'.");
    expect(() => cidr('10.0.0.300/24')).toThrow('`cidr` must be a range');
    expect(() => cidr('2001:db8::1::/32')).toThrow('`cidr` must be a range');
  });

  test('fails where neither end is in the app', () => {
    expect(() => new ReachabilityCheck().expect(internet(), cidr('10.0.0.0/8'), ec2.Port.tcp(1))).toThrow('`source` and `target` are both outside of the app');
  });

  test('fails to report before synthesis', () => {
    expect(() => new ReachabilityCheck().report()).toThrow('The check hasn\'t run yet');
  });
});

/** A statement that cannot be judged stops synthesis with its reason. */
function expectUnknown(state: (check: ReachabilityCheck, stack: Stack) => void, message: RegExp): void {
  const app = new App();
  const stack = new Stack(app, 'Main');
  new ec2.Vpc(stack, 'Vpc');
  const check = new ReachabilityCheck();
  state(check, stack);
  Validations.of(app).addPlugins(check);
  expect(() => app.synth()).toThrow(message);
}

test('statements about stacks of two regions are judged where they belong', () => {
  const app = new App();
  const check = new ReachabilityCheck();
  for (const region of ['eu-west-1', 'us-east-1']) {
    const stack = new Stack(app, `In-${region}`, { env: { account: '111111111111', region } });
    const bastion = new ec2.BastionHostLinux(stack, 'Bastion', { vpc: new ec2.Vpc(stack, 'Vpc') });
    check.expect(of(bastion), internet(), ec2.Port.HTTPS);
  }
  const report = checked(app, check).report();
  expect(report.rules.find(({ ruleId }) => ruleId === 'reachability-expected')).toEqual(expect.objectContaining({ applied: 2, held: 2 }));
});
