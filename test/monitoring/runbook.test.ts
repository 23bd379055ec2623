import { readFileSync } from 'fs';
import { resolve } from 'path';
import { CfnParameter } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { alarmsOf, createStacks, monitor, watchAll } from './monitoring-fixtures';
import { BackendMonitoring, CacheCapacity, RedisCache, type BackendMonitoringProps } from '../../src';
import { BackendAlarm } from '../../src/symptoms';
import { createVpc, productionApp } from '../fargate/fixture';
import { MonitoredCluster } from '../postgres/self-hosted/monitored-cluster';

const PAGE = readFileSync(resolve(__dirname, '..', '..', 'docs', 'monitoring.md'), 'utf8');
const [, RUNBOOK = ''] = PAGE.split('\n## Runbook\n');
const SECTIONS = [...RUNBOOK.split('\n## ')[0].matchAll(/^### (.+)$/gm)].map(([, title]) => title);
const URL = 'https://github.com/cdk-private-backend/cdk-private-backend/blob/main/docs/monitoring.md';

/** What is said by each alarm and by each message of a rule, of a monitoring of everything. */
function descriptions(props?: BackendMonitoringProps): string[] {
  const { stack, watched } = createStacks();
  const monitoring = new BackendMonitoring(stack, 'Monitoring', props);
  watchAll(monitoring, watched);
  monitoring.monitorPostgres(new MonitoredCluster(stack, 'Nodes', watched.postgres));
  monitoring.monitorCache(new RedisCache(stack, 'Serverless', { vpc: createVpc(stack), capacity: CacheCapacity.serverless() }));
  monitoring.monitorQueue(new Queue(stack, 'Work', { deadLetterQueue: { queue: new Queue(stack, 'Dead'), maxReceiveCount: 3 } }));
  const template = Template.fromStack(stack);
  const rules = Object.values(template.findResources('AWS::Events::Rule') as Record<string, { Properties: { Description: string } }>).map(({ Properties }) => Properties.Description);
  return [...Object.values(alarmsOf(template)).map(({ AlarmDescription }) => AlarmDescription), ...rules];
}

test('each alarm has one section in the runbook, and each section an alarm', () => {
  expect([...SECTIONS].sort()).toEqual(Object.values(BackendAlarm).map(({ section }) => section).sort());
});

test('each section says what to do first', () => {
  const bodies = RUNBOOK.split(/^### /m).slice(1);
  expect(bodies.filter((body) => body.trim().split(/\s+/).length < 30)).toEqual([]);
});

test('the table names each alarm, and links to its section', () => {
  expect([...PAGE.matchAll(/^\| \[([a-z-]+)\]\(#([a-z-]+)\)/gm)].map(([, name, anchor]) => [name, anchor])).toEqual(SECTIONS.map((section) => [section, section]));
});

test('links between sections lead somewhere', () => {
  const links = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links.filter((anchor) => !SECTIONS.includes(anchor))).toEqual([]);
});

test('what an alarm says ends with a link to its section, and all kinds of alarms were there', () => {
  const links = descriptions().map((text) => /^[^:]+: .+\. Runbook: (\S+)$/.exec(text)?.[1] ?? text);
  expect([...new Set(links)].sort()).toEqual(SECTIONS.map((section) => `${URL}#${section}`).sort());
});

test('a runbook of one\'s own has the same sections', () => {
  const texts = descriptions({ runbookUrl: 'https://wiki.example.com/on-call?space=rex' });
  expect(texts.filter((text) => !/ Runbook: https:\/\/wiki\.example\.com\/on-call\?space=rex#[a-z-]+$/.test(text))).toEqual([]);
});

test('the address of a runbook may be known only at deployment', () => {
  const { template } = monitor(productionApp(), undefined, (_, stack) => {
    const runbookUrl = new CfnParameter(stack, 'Runbook').valueAsString;
    new BackendMonitoring(stack, 'Other', { runbookUrl }).monitorCache(new RedisCache(stack, 'Cache', { vpc: createVpc(stack), capacity: CacheCapacity.serverless() }));
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ThrottledCmds', AlarmDescription: { 'Fn::Join': ['', Match.arrayWith([{ Ref: 'Runbook' }, '#cache-throttled'])] } });
});

test.each(['runbook.md', 'ftp://example.com', 'https://example.com/a#b', 'https://example.com/a b', ''])('fails on %p, which is no address that sections can be added to', (runbookUrl) => {
  expect(() => monitor(productionApp(), { runbookUrl })).toThrow(`\`runbookUrl\` must be an HTTP address without '#', such as 'https://wiki.example.com/runbook', got '${runbookUrl}'. Each alarm adds '#' and its section. (at 'Monitoring/Monitoring')`);
});
