import { judge } from './judge';
import { buildExample, EXAMPLES } from '../../../examples/checks/cases';
import { HardeningLevel } from '../../../src/checks/hardening';

describe.each(EXAMPLES)('example $directory', (example) => {
  test('keeps every rule of development in development', () => {
    const { findings, rulesApplied } = judge(buildExample(example, 'development').app, HardeningLevel.DEVELOPMENT);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(12);
  });

  test('keeps every rule of production in production', () => {
    const { findings, rulesApplied } = judge(buildExample(example, 'production').app, HardeningLevel.PRODUCTION);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(31);
  });

  test('is far from production in development', () => {
    expect([...new Set(judge(buildExample(example, 'development').app, HardeningLevel.PRODUCTION).findings.map(({ ruleId }) => ruleId))]).toEqual(expect.arrayContaining([
      'hardening-alb-https', 'hardening-alb-waf', 'hardening-vpc-flow-logs',
      // A self-hosted database is instances.
      example.directory === '02-hello-birthday' ? 'hardening-data-retained' : 'hardening-database-multi-az',
    ]));
  });
});
