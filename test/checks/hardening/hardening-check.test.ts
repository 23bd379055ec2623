import { App, CfnCondition, CfnParameter, Fn, NestedStack, RemovalPolicy, Stack, Stage, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { judge, judgeStack, outcomeOf, raw } from './judge';
import { Posture } from '../../../src';
import { CheckOutcome } from '../../../src/checks/check-report';
import { HardeningCheck, HardeningLevel } from '../../../src/checks/hardening';
import { HARDENING_RULES } from '../../../src/checks/hardening/private/rules';

const TABLE = 'AWS::DynamoDB::Table';

describe('rules', () => {
  test('are named after the check, once each', () => {
    const ids = HARDENING_RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^hardening-[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([]);
  });

  test.each(HARDENING_RULES)('$id says what it asks for, why, what to change, and where that is written', ({ title, why, fix, see }) => {
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(why).toMatch(/^[A-Z].*\.$/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
    expect(see).toMatch(/^https:\/\/docs\.(aws\.amazon|github)\.com\//);
  });

  test('can all be acknowledged by their ids', () => {
    expect(new HardeningCheck().ruleIds).toEqual([...HARDENING_RULES.map(({ id }) => id), 'nested-template']);
  });
});

describe('the level', () => {
  const DEVELOPMENT_ONLY = ['hardening-secret-in-template'];
  const PRODUCTION = ['hardening-data-retained', 'hardening-secret-in-template', 'hardening-table-recovery'];

  function rulesOf(prepare: (app: App) => Stack, level?: HardeningLevel): string[] {
    const app = new App();
    raw(prepare(app), 'Table', TABLE);
    return judge(app, level).rules.map(({ ruleId }) => ruleId);
  }

  test('is production where no posture was applied', () => {
    expect(rulesOf((app) => new Stack(app, 'Main'))).toEqual(PRODUCTION);
  });

  test('is that of the posture that holds for the resource', () => {
    const app = new App();
    Posture.development().applyTo(app);
    const [trial, live] = [new Stack(app, 'Trial'), new Stack(app, 'Live')];
    Posture.production().applyTo(live);
    [trial, live].forEach((stack) => raw(stack, 'Table', TABLE));
    const paths = judge(app).findings.map(({ ruleId, constructPath }) => `${ruleId} ${constructPath}`);
    expect(paths).toEqual(['hardening-data-retained Live/Table', 'hardening-table-recovery Live/Table']);
  });

  test('is the one that is given, whatever the posture', () => {
    const inDevelopment = (app: App) => {
      Posture.development().applyTo(app);
      return new Stack(app, 'Main');
    };
    expect(rulesOf(inDevelopment)).toEqual(DEVELOPMENT_ONLY);
    expect(rulesOf(inDevelopment, HardeningLevel.PRODUCTION)).toEqual(PRODUCTION);
    expect(rulesOf((app) => new Stack(app, 'Main'), HardeningLevel.DEVELOPMENT)).toEqual(DEVELOPMENT_ONLY);
  });
});

describe('a report', () => {
  test('scores the rules that hold out of those that apply, with undecided ones among neither', () => {
    const report = judgeStack((stack) => {
      raw(stack, 'Kept', TABLE, { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
      raw(stack, 'Open', TABLE, { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: new CfnParameter(stack, 'Given').valueAsString } });
    });
    expect(report.rules).toEqual([
      expect.objectContaining({ ruleId: 'hardening-data-retained', applied: 2, held: 2 }),
      expect.objectContaining({ ruleId: 'hardening-secret-in-template', applied: 2, held: 2 }),
      expect.objectContaining({ ruleId: 'hardening-table-recovery', applied: 2, held: 1 }),
    ]);
    expect(report.summary).toBe('HardeningCheck: 2 of 3 rules that apply hold; findings: 1 undecided.');
    expect(report.success).toBe(true);
  });

  test('names the construct, the property and what to change', () => {
    const report = judgeStack((stack) => void new rds.DatabaseInstance(stack, 'Db', { engine: rds.DatabaseInstanceEngine.POSTGRES, vpc: new ec2.Vpc(stack, 'Vpc') }));
    expect(report.findings).toContainEqual(expect.objectContaining({
      ruleId: 'hardening-database-multi-az',
      outcome: CheckOutcome.VIOLATION,
      constructPath: 'Main/Db/Resource',
      resourceType: 'AWS::RDS::DBInstance',
      location: 'Properties/MultiAZ',
      message: 'A standby in another zone is off: MultiAZ is not set.',
      fix: 'Set multiAz to true, or give the cluster a reader in another zone.',
    }));
  });

  test('never repeats a secret', () => {
    const report = judgeStack((stack) => void raw(stack, 'Function', 'AWS::Lambda::Function', { Environment: { Variables: { DB_PASSWORD: 'correct-horse' } } }));
    expect(outcomeOf(report, 'hardening-secret-in-environment').outcomes).toEqual(['violation']);
    expect(JSON.stringify(report) + report.toMarkdown()).not.toContain('correct-horse');
  });

  test('fails where the app was not synthesised with the check', () => {
    expect(() => new HardeningCheck().report()).toThrow(/The check hasn't run yet.*\(in HardeningCheck\.report\(\)\)/);
  });
});

describe('acknowledging', () => {
  const REASON = 'Filled again from the events each night.';

  function acknowledged(choose: (stack: Stack) => Stack | App | s3.Bucket): { outcomes: string[]; reasons: (string | undefined)[] } {
    const report = judgeStack((stack) => {
      new s3.Bucket(stack, 'Cache', { removalPolicy: RemovalPolicy.DESTROY });
      Validations.of(choose(stack)).acknowledge({ id: 'hardening-data-retained', reason: REASON });
    });
    const findings = report.findings.filter(({ ruleId }) => ruleId === 'hardening-data-retained');
    return { outcomes: findings.map(({ outcome }) => outcome), reasons: findings.map(({ acknowledgement }) => acknowledgement) };
  }

  test('is possible on the construct', () => {
    expect(acknowledged((stack) => stack.node.findChild('Cache') as s3.Bucket)).toEqual({ outcomes: ['acknowledged'], reasons: [REASON] });
  });

  test('is possible on what the construct stands in', () => {
    expect(acknowledged((stack) => stack)).toEqual({ outcomes: ['acknowledged'], reasons: [REASON] });
    expect(acknowledged((stack) => stack.node.root as App)).toEqual({ outcomes: ['acknowledged'], reasons: [REASON] });
  });

  test('is no hold', () => {
    const report = judgeStack((stack) => {
      new s3.Bucket(stack, 'Cache', { removalPolicy: RemovalPolicy.DESTROY });
      Validations.of(stack).acknowledge({ id: 'hardening-data-retained', reason: REASON });
    });
    expect(report.rules.find(({ ruleId }) => ruleId === 'hardening-data-retained')).toMatchObject({ applied: 1, held: 0 });
  });

  test('of another construct changes nothing', () => {
    expect(acknowledged((stack) => new s3.Bucket(stack, 'Other', { removalPolicy: RemovalPolicy.RETAIN })).outcomes).toEqual(['violation']);
  });
});

describe('templates that belong together', () => {
  test('a flow log in another stack counts', () => {
    const app = new App();
    const vpc = new ec2.Vpc(new Stack(app, 'Network'), 'Vpc');
    new ec2.FlowLog(new Stack(app, 'Watch'), 'FlowLog', { resourceType: ec2.FlowLogResourceType.fromVpc(vpc) });
    expect(outcomeOf(judge(app), 'hardening-vpc-flow-logs').outcomes).toEqual(['holds']);
  });

  test('subnets of another stack are followed to their routes', () => {
    const app = new App();
    const vpc = new ec2.Vpc(new Stack(app, 'Network'), 'Vpc');
    new rds.SubnetGroup(new Stack(app, 'Data'), 'Group', { vpc, description: 'Group', vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    expect(outcomeOf(judge(app), 'hardening-database-private-subnets').outcomes).toEqual(['violation']);
  });

  test('what is in a nested stack is judged', () => {
    const report = judgeStack((stack) => void new s3.Bucket(new NestedStack(stack, 'Nested'), 'Bucket', { removalPolicy: RemovalPolicy.DESTROY }));
    expect(report.findings).toContainEqual(expect.objectContaining({ ruleId: 'hardening-data-retained', constructPath: 'Main/Nested/Bucket/Resource' }));
  });

  test('stacks of several accounts and stages are all in one report', () => {
    const app = new App();
    for (const account of ['111111111111', '222222222222']) {
      const stage = new Stage(app, `Stage${account}`, { env: { account, region: 'eu-west-1' } });
      new s3.Bucket(new Stack(stage, 'Data'), 'Bucket', { removalPolicy: RemovalPolicy.DESTROY });
    }
    const paths = judge(app).findings.filter(({ ruleId }) => ruleId === 'hardening-data-retained').map(({ constructPath }) => constructPath);
    expect(paths.sort()).toEqual(['Stage111111111111/Data/Bucket/Resource', 'Stage222222222222/Data/Bucket/Resource']);
  });
});

describe('conditions', () => {
  function staged(stack: Stack): CfnCondition {
    const stage = new CfnParameter(stack, 'StageName', { default: 'prod' });
    return new CfnCondition(stack, 'IsProduction', { expression: Fn.conditionEquals(stage.valueAsString, 'prod') });
  }

  test('a choice that breaks a rule on one side says on which', () => {
    const report = judgeStack((stack) => void raw(stack, 'Table', TABLE, {
      DeletionProtectionEnabled: Fn.conditionIf(staged(stack).logicalId, true, false),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }));
    const { outcomes, messages } = outcomeOf(report, 'hardening-data-retained');
    expect(outcomes).toEqual(['violation']);
    expect(messages).toMatch(/DeletionProtectionEnabled is off\. \(when .*StageName.* is not 'prod'\)/);
  });

  test('a flow log that only production has is missed elsewhere', () => {
    const report = judgeStack((stack) => {
      const { node: { defaultChild: flowLog } } = new ec2.Vpc(stack, 'Vpc').addFlowLog('FlowLog');
      (flowLog as ec2.CfnFlowLog).cfnOptions.condition = staged(stack);
    });
    expect(outcomeOf(report, 'hardening-vpc-flow-logs')).toEqual({ outcomes: ['violation'], messages: expect.stringMatching(/No flow log records its traffic\. \(when/) as string });
  });

  test('a choice that keeps a rule on both sides holds', () => {
    const report = judgeStack((stack) => void raw(stack, 'Db', 'AWS::RDS::DBInstance', { BackupRetentionPeriod: Fn.conditionIf(staged(stack).logicalId, 35, 14) }));
    expect(outcomeOf(report, 'hardening-database-backup').outcomes).toEqual(['holds']);
  });
});

describe('the pattern that most start with', () => {
  function popular(stack: Stack): void {
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const database = new rds.DatabaseInstance(stack, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 }) });
    const api = new ApplicationLoadBalancedFargateService(stack, 'Api', { vpc, taskImageOptions: { image: ecs.ContainerImage.fromRegistry('nginx') } });
    database.connections.allowDefaultPortFrom(api.service);
    new ec2.BastionHostLinux(stack, 'Bastion', { vpc });
  }

  test('breaks most rules of production', () => {
    const report = judgeStack(popular);
    const broken = [...new Set(report.findings.filter(({ outcome }) => outcome === CheckOutcome.VIOLATION).map(({ ruleId }) => ruleId))];
    expect(broken).toEqual([
      'hardening-alb-access-logs', 'hardening-alb-deletion-protection', 'hardening-alb-https', 'hardening-alb-invalid-headers', 'hardening-alb-redirect', 'hardening-alb-waf',
      'hardening-database-backup', 'hardening-database-deletion-protection', 'hardening-database-multi-az', 'hardening-disk-encryption', 'hardening-instance-imdsv2',
      'hardening-log-retention', 'hardening-security-group-egress', 'hardening-storage-encryption', 'hardening-vpc-flow-logs',
    ]);
  });

  test('breaks fewer of development', () => {
    const report = judgeStack(popular, HardeningLevel.DEVELOPMENT);
    expect([...new Set(report.findings.map(({ ruleId }) => ruleId))]).toEqual([
      'hardening-database-backup', 'hardening-database-public', 'hardening-disk-encryption', 'hardening-instance-imdsv2', 'hardening-storage-encryption',
    ]);
  });
});
