import { App, Stack, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { BackendMonitoring, CostReport, HardeningCheck } from '../../src';
import { developmentApp, productionApp } from '../fargate/fixture';
import { errorOf } from '../support/validated';

/** What synthesis says of a monitoring of a queue, with checks in place. */
function said(app: App, ...plugins: IPolicyValidationPlugin[]): string {
  const stack = new Stack(app, 'Monitoring', { env: { account: '111111111111', region: 'us-east-1' } });
  new BackendMonitoring(stack, 'Monitoring').monitorQueue(sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:us-east-1:111111111111:jobs'));
  return errorOf(app, plugins);
}

test.each([['development', developmentApp], ['production', productionApp]])('the hardening check finds nothing in %s', (_posture, createApp) => {
  const check = new HardeningCheck();
  expect(said(createApp(), check)).toBe('');
  expect(check.report().findings).toEqual([]);
  expect(check.report().rulesApplied).toBeGreaterThan(0);
});

test.each([['development', developmentApp, 0], ['production', productionApp, 4.1]])('the cost report counts in %s what the class says', (_posture, createApp, total) => {
  const report = new CostReport({ region: 'us-east-1' });
  said(createApp(), report);
  expect(report.report().total).toBeCloseTo(total, 2);
  expect([report.report().unknownTypes, report.report().undecided]).toEqual([[], []]);
});

test.each([['development', developmentApp], ['production', productionApp]])('the nag packs find nothing in %s', (_posture, createApp) => {
  expect(said(createApp(), new AwsSolutionsChecks(), new NIST80053R5Checks())).toBe('');
});
