import { App } from 'aws-cdk-lib';
import { judge } from './judge';
import { PrivateBackendStack } from '../../../examples/01-private-backend/private-backend-stack';
import { HelloBirthdayStack } from '../../../examples/02-hello-birthday/hello-birthday-stack';
import { Posture } from '../../../src';
import { HardeningLevel } from '../../../src/checks/hardening';

const HOSTED_ZONE = { hostedZone: { hostedZoneId: 'Z00000000000EXAMPLE', zoneName: 'example.com' } };

describe.each([PrivateBackendStack, HelloBirthdayStack])('%p', (Example) => {
  test('keeps every rule of development in development', () => {
    const app = new App();
    Posture.development().applyTo(app);
    new Example(app, 'Example');
    const { findings, rulesApplied } = judge(app, HardeningLevel.DEVELOPMENT);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(15);
  });

  test('keeps every rule of production in production', () => {
    const app = new App();
    Posture.production().applyTo(app);
    new Example(app, 'Example', HOSTED_ZONE);
    const { findings, rulesApplied } = judge(app, HardeningLevel.PRODUCTION);
    expect(findings).toEqual([]);
    expect(rulesApplied).toBeGreaterThanOrEqual(35);
  });

  test('is far from production in development', () => {
    const app = new App();
    Posture.development().applyTo(app);
    new Example(app, 'Example');
    expect([...new Set(judge(app, HardeningLevel.PRODUCTION).findings.map(({ ruleId }) => ruleId))]).toEqual(expect.arrayContaining([
      'hardening-alb-https', 'hardening-alb-waf', 'hardening-database-multi-az', 'hardening-task-public-ip', 'hardening-vpc-flow-logs',
    ]));
  });
});
