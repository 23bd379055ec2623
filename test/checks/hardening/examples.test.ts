import { judge } from './judge';
import { buildExample, EXAMPLES } from '../../../examples/checks/cases';
import { HardeningLevel } from '../../../src/checks/hardening';

describe.each(EXAMPLES)('example $directory', (example) => {
  test('keeps every rule of development in development', () => {
    const { findings, rulesApplied } = judge(buildExample(example, 'development').app, HardeningLevel.DEVELOPMENT);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(13);
  });

  test('keeps every rule of production in production', () => {
    const { findings, rulesApplied } = judge(buildExample(example, 'production').app, HardeningLevel.PRODUCTION);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(35);
  });

  test('is far from production in development', () => {
    expect([...new Set(judge(buildExample(example, 'development').app, HardeningLevel.PRODUCTION).findings.map(({ ruleId }) => ruleId))]).toEqual(expect.arrayContaining([
      'hardening-alb-https', 'hardening-alb-waf', 'hardening-database-multi-az', 'hardening-vpc-flow-logs',
    ]));
  });
});
