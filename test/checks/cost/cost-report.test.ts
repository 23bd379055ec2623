import { App, CfnCondition, CfnParameter, Fn, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as patterns from 'aws-cdk-lib/aws-ecs-patterns';
import * as rds from 'aws-cdk-lib/aws-rds';
import { linesOf, priceOf, priceOfApp, resource, silently } from './price-app';
import { PrivateBackendStack } from '../../../examples/01-private-backend/private-backend-stack';
import { Posture } from '../../../src';
import { CostReport } from '../../../src/checks/cost';

const NAT = 'AWS::EC2::NatGateway';
const POSTGRES = { Engine: 'postgres', DBInstanceClass: 'db.t4g.micro', AllocatedStorage: '20', StorageType: 'gp3' };

function sumOf(amounts: readonly number[]): number {
  return Number(amounts.reduce((sum, amount) => sum + amount, 0).toFixed(2));
}

describe('sums', () => {
  const summary = priceOfApp((app) => {
    for (const name of ['Red', 'Blue']) {
      const stack = new Stack(app, name);
      resource(stack, 'Gateway', NAT);
      resource(stack, 'Alarm', 'AWS::CloudWatch::Alarm', { Period: 60 });
      resource(stack, 'Database', 'AWS::RDS::DBInstance', POSTGRES);
    }
  });

  test('the total is the sum of the lines, of the stacks, of the constructs and of the postures', () => {
    // Twice 32.85 + 0.10 + 11.68 + 2.30.
    expect(summary.total).toBe(93.86);
    expect(summary.idleTotal).toBe(70.5);
    for (const parts of [summary.stacks, summary.constructs, summary.postures]) {
      expect(sumOf(parts.map(({ total }) => total))).toBe(93.86);
      expect(sumOf(parts.map(({ idleTotal }) => idleTotal))).toBe(70.5);
    }
    expect(sumOf(summary.lines.map(({ monthly }) => monthly))).toBe(93.86);
  });

  test('stacks and the constructs directly below them have sums of their own', () => {
    expect(summary.stacks).toEqual([{ name: 'Blue', total: 46.93, idleTotal: 35.25 }, { name: 'Red', total: 46.93, idleTotal: 35.25 }]);
    expect(summary.constructs.map(({ name, total }) => `${name} ${total}`)).toEqual([
      'Blue/Alarm 0.1', 'Blue/Database 13.98', 'Blue/Gateway 32.85', 'Red/Alarm 0.1', 'Red/Database 13.98', 'Red/Gateway 32.85',
    ]);
  });

  test('a line says what it is, where it stands and where its price comes from', () => {
    expect(summary.lines.find(({ construct, stack, unit }) => stack === 'Red' && construct === 'Database' && unit === 'hour')).toEqual({
      constructPath: 'Red/Database',
      construct: 'Database',
      stack: 'Red',
      resourceType: 'AWS::RDS::DBInstance',
      posture: 'none',
      priceKey: 'rds-postgres:db.t4g.micro',
      priceName: 'InstanceUsage:db.t4g.micro',
      region: 'us-east-1',
      quantity: 730,
      unit: 'hour',
      unitPrice: 0.016,
      monthly: 11.68,
      idleMonthly: 0,
    });
  });
});

describe('structure of an app', () => {
  test('a nested stack belongs to the stack around it', () => {
    const { stacks, lines } = priceOf((stack) => {
      resource(new NestedStack(stack, 'Inner'), 'Gateway', NAT);
    });
    expect(stacks).toEqual([{ name: 'Stack', total: 32.85, idleTotal: 32.85 }]);
    expect(lines.map(({ construct, constructPath }) => [construct, constructPath])).toEqual([['Inner', 'Stack/Inner/Gateway']]);
  });

  test('a service runs a task definition of another stack', () => {
    const summary = priceOfApp((app) => {
      const definitions = new Stack(app, 'Definitions');
      const task = resource(definitions, 'Task', 'AWS::ECS::TaskDefinition', { Cpu: '256', Memory: '512' });
      resource(new Stack(app, 'Services'), 'Service', 'AWS::ECS::Service', { LaunchType: 'FARGATE', DesiredCount: 1, TaskDefinition: task.ref });
    });
    expect(summary.stacks).toEqual([{ name: 'Services', total: 9.01, idleTotal: 0 }]);
  });

  test('stages keep their stacks apart', () => {
    const { stacks } = priceOfApp((app) => ['Blue', 'Green'].forEach((id) => resource(new Stack(new Stage(app, id), 'Main'), 'Gateway', NAT)));
    expect(stacks.map(({ name }) => name)).toEqual(['Blue/Main', 'Green/Main']);
  });

  test('each posture has a sum of its own', () => {
    const { postures } = priceOfApp((app) => {
      const development = new Stack(app, 'Try');
      Posture.development().applyTo(development);
      resource(development, 'Key', 'AWS::KMS::Key');
      const production = new Stack(app, 'Live');
      Posture.production().applyTo(production);
      resource(production, 'Gateway', NAT);
    });
    expect(postures).toEqual([{ name: 'development', total: 1, idleTotal: 1 }, { name: 'production', total: 32.85, idleTotal: 32.85 }]);
  });
});

describe('regions', () => {
  test('a stack is priced by the table of its region', () => {
    const { lines } = priceOf((stack) => resource(stack, 'Gateway', NAT), {}, { region: 'eu-central-1', account: '123456789012' });
    expect(lines.map(({ priceName, region, monthly }) => [priceName, region, monthly])).toEqual([['EUC1-NatGateway-Hours', 'eu-central-1', 37.96]]);
  });

  test('stacks of several regions add up', () => {
    const { total, stacks } = priceOfApp((app) => ['us-east-1', 'eu-west-1'].forEach((region) => resource(new Stack(app, region, { env: { region } }), 'Gateway', NAT)), {});
    // 730 × 0.048 = 35.04
    expect(stacks).toEqual([{ name: 'eu-west-1', total: 35.04, idleTotal: 35.04 }, { name: 'us-east-1', total: 32.85, idleTotal: 32.85 }]);
    expect(total).toBe(67.89);
  });

  test('a stack without a region is priced as us-east-1, which is an assumption', () => {
    const { lines, assumptions } = priceOf((stack) => resource(stack, 'Gateway', NAT), {});
    expect(lines[0].region).toBe('us-east-1');
    expect(assumptions).toContain('Without a region of their own and priced as us-east-1, the default; say new CostReport({ region }) with one of us-east-1, eu-central-1, eu-west-1: Stack.');
  });

  test('stacks without a region are priced as the region that was given, and all of them are named', () => {
    const { lines, assumptions } = priceOfApp((app) => ['Red', 'Blue'].forEach((id) => resource(new Stack(app, id), 'Gateway', NAT)), { region: 'eu-west-1' });
    expect(lines.map(({ priceName }) => priceName)).toEqual(['EU-NatGateway-Hours', 'EU-NatGateway-Hours']);
    expect(assumptions).toContain('Without a region of their own and priced as eu-west-1, as given: Blue, Red.');
  });

  test('a region without a table is priced as another, which is an assumption that names those with one', () => {
    const { lines, assumptions } = priceOf((stack) => resource(stack, 'Gateway', NAT), {}, { region: 'eu-north-1' });
    expect(lines[0].region).toBe('us-east-1');
    expect(assumptions).toContain('Without a price table and priced as us-east-1, the default; say new CostReport({ region }) with one of us-east-1, eu-central-1, eu-west-1: eu-north-1.');
  });

  test('fails: prices of a region without a table', () => {
    expect(() => new CostReport({ region: 'eu-north-1' })).toThrow("doesn't have a price table for `region` 'eu-north-1', only for us-east-1, eu-central-1, eu-west-1.");
  });

  test('an estimated price is an assumption, a verified one is not', () => {
    const estimated = priceOf((stack) => resource(stack, 'Db', 'AWS::RDS::DBInstance', { ...POSTGRES, DBInstanceClass: 'db.t4g.large' }), { region: 'eu-west-1' }).assumptions;
    expect(estimated).toContainEqual('Estimates, since no copy of the price list confirms them: EU-InstanceUsage:db.t4g.large.');
    expect(priceOf((stack) => resource(stack, 'Gateway', NAT)).assumptions.join()).not.toContain('Estimates');
  });

  test('a given price stands for the list price', () => {
    const { total } = priceOf((stack) => resource(stack, 'Gateway', NAT), { prices: { 'nat-gateway': 0.01 } });
    expect(total).toBe(7.3);
  });
});

describe('budget', () => {
  function synth(amount: number, build: (app: App) => void): void {
    const app = new App();
    build(app);
    Validations.of(app).addPlugins(CostReport.budget(amount, { region: 'us-east-1' }));
    silently(() => app.synth());
  }
  const gateway = (app: App) => {
    resource(new Stack(app, 'Stack'), 'Gateway', NAT);
  };

  test('an app that costs exactly its budget is synthesised', () => {
    expect(() => synth(32.85, gateway)).not.toThrow();
  });

  test('fails: an app that costs a cent more', () => {
    expect(() => synth(32.84, gateway)).toThrow(/CostReport/);
  });

  test('says how much it costs, and what costs most', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    resource(stack, 'Gateway', NAT);
    resource(stack, 'Key', 'AWS::KMS::Key');
    Validations.of(app).addPlugins(CostReport.budget(10));
    expect(() => silently(() => app.synth())).toThrow('The app costs 33.85 USD a month, more than the budget of 10.00. The most goes to Stack/Gateway: 32.85.');
  });

  test('fails: stacks of two regions that are within it each, and above it together', () => {
    expect(() => synth(60, (app) => ['us-east-1', 'eu-west-1'].forEach((region) => resource(new Stack(app, region, { env: { region } }), 'Gateway', NAT)))).toThrow(/CostReport/);
  });

  test.each([-1, Number.NaN])('fails: a budget of %s', (amount) => {
    expect(() => CostReport.budget(amount)).toThrow(`\`budget\` must be at least 0 US dollars a month, got ${amount}.`);
  });

  test('a report without a budget never fails', () => {
    expect(priceOf((stack) => resource(stack, 'Kafka', 'AWS::MSK::ServerlessCluster')).total).toBe(547.5);
  });
});

describe('what is not known', () => {
  test('a type without a price is listed, and is a warning', () => {
    const app = new App();
    resource(new Stack(app, 'Stack'), 'Search', 'AWS::OpenSearchService::Domain');
    const check = new CostReport();
    Validations.of(app).addPlugins(check);
    silently(() => app.synth());
    expect(check.report()).toMatchObject({ total: 0, unknownTypes: ['AWS::OpenSearchService::Domain'] });
    expect(check.ruleIds).toEqual(['cost-over-budget', 'cost-unknown-type', 'cost-undecided', 'nested-template']);
  });

  test('a warning about it can be acknowledged with a reason', () => {
    const printed = (acknowledge: boolean) => {
      const app = new App();
      const domain = resource(new Stack(app, 'Stack'), 'Search', 'AWS::OpenSearchService::Domain');
      if (acknowledge) {
        Validations.of(domain).acknowledge({ id: 'cost-unknown-type', reason: 'about 26 USD a month' });
      }
      Validations.of(app).addPlugins(new CostReport());
      const error = jest.spyOn(console, 'error').mockImplementation();
      app.synth();
      const text = error.mock.calls.join();
      error.mockRestore();
      return text;
    };
    expect(printed(false)).toContain('No price of AWS::OpenSearchService::Domain is known');
    expect(printed(true)).not.toContain('OpenSearchService');
  });

  test('what is charged by use is listed and costs nothing', () => {
    const summary = priceOf((stack) => {
      resource(stack, 'Function', 'AWS::Lambda::Function');
      resource(stack, 'Bucket', 'AWS::S3::Bucket');
      resource(stack, 'Role', 'AWS::IAM::Role');
    });
    expect(summary).toMatchObject({ total: 0, lines: [], unknownTypes: [], usageBasedTypes: ['AWS::Lambda::Function', 'AWS::S3::Bucket'] });
  });

  test('a number that is a parameter is assumed, and said to be', () => {
    const { lines, undecided } = priceOf((stack) => {
      resource(stack, 'Task', 'AWS::ECS::TaskDefinition', { Cpu: '256', Memory: '512' });
      resource(stack, 'Service', 'AWS::ECS::Service', { LaunchType: 'FARGATE', DesiredCount: new CfnParameter(stack, 'Tasks', { type: 'Number', default: 3 }).valueAsNumber, TaskDefinition: { Ref: 'Task' } });
    });
    expect(lines.map(({ quantity }) => quantity)).toEqual([365, 182.5]);
    expect(undecided).toEqual([{ constructPath: 'Stack/Service', resourceType: 'AWS::ECS::Service', message: 'DesiredCount is ${Stack.Tasks}, which only the deployment decides; 1 is assumed.' }]);
  });

  test('a class that is a parameter is not in the totals, and said not to be', () => {
    const { lines, undecided } = priceOf((stack) =>
      resource(stack, 'Database', 'AWS::RDS::DBInstance', { ...POSTGRES, DBInstanceClass: new CfnParameter(stack, 'Class').valueAsString, MultiAZ: new CfnParameter(stack, 'Standby').valueAsString }));
    expect(linesOf({ lines })).toEqual(['rds-storage-gp3-multi-az: 20 GB-month at 0.23 = 4.6 (4.6)']);
    expect(undecided.map(({ message }) => message)).toEqual([
      'MultiAZ is only decided by the deployment; a standby is assumed.',
      'DBInstanceClass is ${Stack.Class}, which only the deployment decides; the instance is not in the totals.',
    ]);
  });
});

describe('open conditions', () => {
  test('the outcome that costs most is reported, and said to be', () => {
    const { total, assumptions } = priceOf((stack) => {
      const condition = new CfnCondition(stack, 'Big', { expression: Fn.conditionEquals(new CfnParameter(stack, 'Size').valueAsString, 'big') });
      resource(stack, 'Database', 'AWS::RDS::DBInstance', { ...POSTGRES, DBInstanceClass: Fn.conditionIf('Big', 'db.r7g.large', 'db.t4g.micro') });
      resource(stack, 'Gateway', NAT).cfnOptions.condition = condition;
    });
    // 174.47 + 2.30 + 32.85
    expect(total).toBe(209.62);
    expect(assumptions).toContainEqual(expect.stringMatching(/^Conditions leave 2 outcomes open; the one that costs most is shown, when /));
  });
});

describe('output', () => {
  const summary = priceOf((stack) => {
    resource(stack, 'Gateway', NAT);
    resource(stack, 'Second', NAT);
    resource(stack, 'Search', 'AWS::OpenSearchService::Domain');
  });

  test('the text is a table whose columns align', () => {
    const [header, first, second] = summary.toText().split('\n');
    expect(header).toMatch(/^construct +price +a month +unit price +USD +USD idle$/);
    expect(first).toMatch(/^Gateway +NatGateway-Hours +730 hours +0\.045 +32\.85 +32\.85$/);
    expect(new Set([header, first, second].map(({ length }) => length)).size).toBe(1);
    expect(summary.toText()).toMatch(/^all +65\.70 +65\.70$/m);
  });

  test('the Markdown is a table with the same numbers', () => {
    expect(summary.toMarkdown()).toContain('| Gateway | `NatGateway-Hours` | 730 hours | 0.045 | 32.85 | 32.85 |');
    expect(summary.toMarkdown()).toContain('| **all** |  |  |  | **65.70** | **65.70** |');
  });

  test('rows name their stack where there are several, which have sums of their own', () => {
    const text = priceOfApp((app) => ['Red', 'Blue'].forEach((id) => resource(new Stack(app, id), 'Gateway', NAT))).toText();
    expect(text).toMatch(/^Blue\/Gateway .*32\.85$/m);
    expect(text).toMatch(/^stack Red +32\.85 +32\.85$/m);
  });

  test('both say what is missing', () => {
    for (const text of [summary.toText(), summary.toMarkdown()]) {
      expect(text).toMatch(/Types without a known price, not in the totals:\n+- AWS::OpenSearchService::Domain/);
      expect(text).toContain('List prices of us-east-1, 20');
    }
  });

  test('the JSON has every member', () => {
    const json = JSON.parse(summary.toJson()) as Record<string, unknown>;
    expect(json).toMatchObject({ currency: 'USD', total: 65.7, idleTotal: 65.7, unknownTypes: ['AWS::OpenSearchService::Domain'] });
    expect(Object.keys(json)).toEqual(['currency', 'total', 'idleTotal', 'stacks', 'constructs', 'postures', 'lines', 'assumptions', 'undecided', 'unknownTypes', 'usageBasedTypes']);
  });

  test('fails: a report of an app that was not synthesised', () => {
    expect(() => new CostReport().report()).toThrow(/hasn't run yet.*app\.synth\(\)/);
  });

  test('a second synthesis replaces the first', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    resource(stack, 'Gateway', NAT);
    const check = new CostReport();
    resource(stack, 'Second', NAT);
    Validations.of(app).addPlugins(check);
    app.synth();
    expect(check.report().total).toBe(65.7);
    stack.node.tryRemoveChild('Second');
    app.synth({ force: true });
    expect(check.report().total).toBe(32.85);
  });
});

describe('whole apps', () => {
  test.each([['development', 57.13, 27.87], ['production', 574.95, 172.02]] as const)('example 01 in %s costs %s, idle %s', (posture, total, idleTotal) => {
    const summary = priceOfApp((app) => {
      Posture[posture]().applyTo(app);
      new PrivateBackendStack(app, 'PrivateBackend', posture === 'production' ? { hostedZone: { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' } } : {});
    });
    expect(summary).toMatchObject({ total, idleTotal, unknownTypes: [], undecided: [], postures: [{ name: posture, total, idleTotal }] });
  });

  test('the popular pattern with an instance and a bastion, all defaults', () => {
    const summary = priceOf((stack) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      new patterns.ApplicationLoadBalancedFargateService(stack, 'Service', { vpc, taskImageOptions: { image: ecs.ContainerImage.fromRegistry('nginx') } });
      new rds.DatabaseInstance(stack, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 }) });
      new ec2.BastionHostLinux(stack, 'Bastion', { vpc });
    });
    expect(summary).toMatchObject({ unknownTypes: [], undecided: [] });
    expect(linesOf(summary)).toEqual([
      'ebs-gp3: 8 GB-month at 0.08 = 0.64 (0.64)',
      'ec2:t3.large: 730 hour at 0.0052 = 3.8 (0)',
      'rds-postgres:db.m5.large: 730 hour at 0.178 = 129.94 (0)',
      'rds-storage-gp2: 100 GB-month at 0.115 = 11.5 (11.5)',
      'secret: 1 month at 0.4 = 0.4 (0.4)',
      'application-load-balancer: 730 hour at 0.0225 = 16.43 (16.43)',
      'fargate-x86-memory: 365 GB-hour at 0.004445 = 1.62 (0)',
      'fargate-x86-vcpu: 182.5 vCPU-hour at 0.04048 = 7.39 (0)',
      'public-ipv4: 1460 hour at 0.005 = 7.3 (7.3)',
      'nat-gateway: 730 hour at 0.045 = 32.85 (32.85)',
      'nat-gateway: 730 hour at 0.045 = 32.85 (32.85)',
      'public-ipv4: 730 hour at 0.005 = 3.65 (3.65)',
      'public-ipv4: 730 hour at 0.005 = 3.65 (3.65)',
    ]);
    expect(summary).toMatchObject({ total: 252.02, idleTotal: 109.27 });
  });
});
