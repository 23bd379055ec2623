import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { alarmsOf, createBackend, createStacks, monitor, watchAll } from './monitoring-fixtures';
import { BackendMonitoring, type BackendMonitoringProps, type IPublicIngress, Posture } from '../../src';
import { developmentApp, exportsOf, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { losses, replacements, synthesizeWith } from '../support/living-stack';
import { literalsOfPartition, type TemplateJson } from '../support/templates';

const SERVICES = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'];
const MAY_PUBLISH = [
  Match.objectLike({ Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: SERVICES[0] }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } }),
  Match.objectLike({ Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: SERVICES[1] } }),
];
const MAY_USE = [{ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }, Match.absent()].map((Condition, index) =>
  Match.objectLike({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Principal: { Service: SERVICES[index] }, Resource: '*', Condition }));

function monitorQueue(monitoring: BackendMonitoring, stack: Stack): void {
  monitoring.monitorQueue(new sqs.Queue(stack, 'Queue'));
}

describe('in production', () => {
  test('there is a topic with a key of its own, that alarms and events may use over TLS', () => {
    const { template } = monitor(productionApp(), undefined);
    template.hasResource('AWS::SNS::Topic', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^MonitoringKey'), 'Arn'] }, TopicName: Match.absent() },
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'RetainExceptOnCreate', Properties: { EnableKeyRotation: true, KeyPolicy: { Statement: Match.arrayWith(MAY_USE) } } });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: { Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }), ...MAY_PUBLISH] },
    });
  });

  test('there is one dashboard, with a heading for each construct and each alarm in its graph', () => {
    const { stack, watched } = createStacks();
    const monitoring = new BackendMonitoring(stack, 'Monitoring');
    watchAll(monitoring, watched);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: Match.absent() });
    const body = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
    expect(['Api', 'Worker', 'Ingress', 'Postgres', 'Cache', 'Queue'].filter((id) => !body.includes(`## Backend/${id}`))).toEqual([]);
    const { length } = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) => (Properties as { AlarmActions?: unknown }).AlarmActions !== undefined);
    // An alarm with a metric of its own is drawn as a line at its threshold.
    expect(body.match(/\\+"horizontal\\+"/g)).toHaveLength(length);
  });

  test('what is not wanted is not made', () => {
    const { template } = monitor(productionApp(), { alarms: false }, monitorQueue);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    monitor(productionApp(), { dashboard: false }, monitorQueue).template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});

describe('in development', () => {
  test('there is an encrypted topic, and nothing that costs', () => {
    // GIVEN
    const { stack, watched } = createStacks(developmentApp());
    const monitoring = new BackendMonitoring(stack, 'Monitoring');

    // WHEN
    watchAll(monitoring, watched);

    // THEN
    const template = Template.fromStack(stack);
    expect(Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type).sort()).toEqual(['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy']);
    template.hasResource('AWS::SNS::Topic', { DeletionPolicy: 'Delete', Properties: { KmsMasterKeyId: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':alias/aws/sns$')])] } } });
    expect(monitoring.dashboard).toBeUndefined();
  });

  test('alarms can be asked for', () => {
    const { template } = monitor(developmentApp(), { alarms: true }, monitorQueue);
    expect(Object.keys(alarmsOf(template))).toEqual(['Monitoring/Queue queue-age']);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete' });
  });

  test('the dashboard can be asked for alone', () => {
    const { template } = monitor(developmentApp(), { dashboard: true }, monitorQueue);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    expect(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'))).toContain('Age of the oldest message');
  });

  test('an explicit removal policy wins', () => {
    const { template } = monitor(developmentApp(), { alarms: true, removalPolicy: RemovalPolicy.RETAIN });
    template.hasResource('AWS::SNS::Topic', { DeletionPolicy: 'Retain' });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain' });
  });
});

describe('a topic that is given', () => {
  function withTopic(create: (stack: Stack) => sns.ITopic, app = productionApp(), props: BackendMonitoringProps = {}) {
    const topics = new Stack(app, 'Topics');
    const stack = new Stack(app, 'Monitoring');
    const monitoring = new BackendMonitoring(stack, 'Monitoring', { ...props, topic: create(topics) });
    monitoring.monitorQueue(new sqs.Queue(stack, 'Queue'));
    return { topics, stack, monitoring };
  }

  test('gets what alarms and events need, once for all monitorings', () => {
    // GIVEN
    const { topics, stack, monitoring } = withTopic((home) => new sns.Topic(home, 'Topic', { masterKey: new kms.Key(home, 'Key') }));

    // WHEN
    new BackendMonitoring(stack, 'Other', { topic: monitoring.alarmTopic });

    // THEN
    const template = Template.fromStack(topics);
    template.hasResourceProperties('AWS::SNS::TopicPolicy', { PolicyDocument: { Statement: MAY_PUBLISH } });
    template.hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: [Match.anyValue(), ...MAY_USE] } });
    Template.fromStack(stack).resourceCountIs('AWS::SNS::Topic', 0);
    expect(alarmsOf(Template.fromStack(stack))['Monitoring/Queue queue-age'].AlarmActions).toHaveLength(1);
  });

  test('is left alone where there are no alarms', () => {
    const { topics } = withTopic((home) => new sns.Topic(home, 'Topic'), developmentApp());
    Template.fromStack(topics).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('without a key needs none', () => {
    const { topics, stack } = withTopic((home) => new sns.Topic(home, 'Topic'));
    Template.fromStack(topics).hasResourceProperties('AWS::SNS::TopicPolicy', { PolicyDocument: { Statement: MAY_PUBLISH } });
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('can\'t change the policy'));
  });

  test('and is imported must have been told, says a warning', () => {
    const { stack } = withTopic((home) => sns.Topic.fromTopicArn(home, 'Topic', home.formatArn({ service: 'sns', resource: 'pager' })));
    Annotations.fromStack(stack).hasWarning('/Monitoring/Monitoring', Match.stringLikeRegexp("can't change the policy of 'Topics/Topic' or of its key.*Allow 'cloudwatch.amazonaws.com' and 'events.amazonaws.com' to publish"));
  });

  test('that is encrypted with the key of SNS gets a warning, because no alarm would arrive', () => {
    const { stack } = withTopic((home) => new sns.Topic(home, 'Topic', { masterKey: kms.Alias.fromAliasName(home, 'Key', 'alias/aws/sns') }));
    Annotations.fromStack(stack).hasWarning('/Monitoring/Monitoring', Match.stringLikeRegexp('can\'t change the policy of .* or of its key'));
  });

  test('fails where it is FIFO', () => {
    expect(() => withTopic((home) => new sns.Topic(home, 'Topic', { fifo: true }))).toThrow("`topic` 'Topics/Topic' is a FIFO topic. EventBridge rules can't publish to it without a message group, and e-mail addresses can't subscribe to it. Pass a standard SNS topic. (at 'Monitoring/Monitoring')");
  });
});

describe('misuse', () => {
  test('fails on an ingress of somebody else, whose routes it cannot see', () => {
    expect(() => monitor(developmentApp(), {}, (monitoring, stack) => monitoring.monitorIngress(new Construct(stack, 'Gate') as unknown as IPublicIngress)))
      .toThrow("'Monitoring/Gate' isn't an ingress of this library, so its routes aren't known. Pass a `PublicIngress`, or import the load balancer with `PublicIngress.fromPublicIngressAttributes`. (at 'Monitoring/Monitoring')");
  });

  test('fails to watch a construct twice', () => {
    expect(() => monitor(developmentApp(), {}, (monitoring, stack) => {
      const queue = new sqs.Queue(stack, 'Queue');
      monitoring.monitorQueue(queue);
      monitoring.monitorQueue(queue);
    })).toThrow("'Monitoring/Queue' is monitored already. Remove one of the two calls. (at 'Monitoring/Monitoring')");
  });

  test('fails to watch what is in another region', () => {
    const app = productionApp();
    const [here, there] = ['eu-west-1', 'us-east-1'].map((region) => new Stack(app, region, { env: { region, account: '111111111111' } }));
    expect(() => new BackendMonitoring(here, 'Monitoring').monitorQueue(new sqs.Queue(there, 'Queue')))
      .toThrow("'us-east-1/Queue' is in region 'us-east-1' and this monitoring in 'eu-west-1', but an alarm must be in the region of its metric. Create a `BackendMonitoring` in 'us-east-1' too.");
  });

  test('fails to watch what depends on the monitoring', () => {
    const { backend, stack, watched } = createStacks();
    backend.addStackDependency(stack);
    expect(() => new BackendMonitoring(stack, 'Monitoring').monitorService(watched.api)).toThrow(/'Backend\/Api' can't be used here.*Monitoring depends on what it monitors, never the reverse\./);
  });

  test('fails to use a topic of a stack that depends on this one', () => {
    const app = productionApp();
    const [first, second] = ['First', 'Second'].map((id) => new Stack(app, id));
    second.addStackDependency(first);
    expect(() => new BackendMonitoring(first, 'Monitoring', { topic: new sns.Topic(second, 'Topic') })).toThrow(/Monitoring depends on its topic, never the reverse/);
  });

  test('fails to take a snapshot', () => {
    expect(() => monitor(productionApp(), { removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT/);
  });
});

describe('anywhere', () => {
  const all = (stack: Stack) => watchAll(new BackendMonitoring(stack, 'Monitoring'), createBackend(stack));

  test('a stack of its own depends on what it watches, without exports of the library', () => {
    const { backend, stack, watched } = createStacks();
    watchAll(new BackendMonitoring(stack, 'Monitoring'), watched);
    expect([stack.dependencies.map(({ node }) => node.id), backend.dependencies]).toEqual([['Backend'], []]);
    Template.fromStack(stack);
    // The queue is the app's own: how it is referred to is for the app to say.
    expect(exportsOf(backend).filter((path) => !path.includes('Queue'))).toEqual([]);
  });

  test('two live in one stack, and watch the same', () => {
    const { stack, watched } = createStacks();
    ['First', 'Second'].forEach((id) => watchAll(new BackendMonitoring(stack, id), watched));
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SNS::Topic', 2);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 2);
    template.resourceCountIs('AWS::Events::Rule', 12);
  });

  test.each(['cn-north-1', 'us-gov-west-1'])('nothing names another partition in %s', (region) => {
    const app = productionApp();
    const stack = new Stack(app, 'Monitoring', { env: { account: '111111111111', region } });
    new BackendMonitoring(stack, 'Monitoring').monitorQueue(new sqs.Queue(stack, 'Queue'));
    expect(literalsOfPartition(Template.fromStack(stack).toJSON())).toEqual([]);
  });

  test('flags, unset or all recommended, change nothing', () => {
    const [unset, recommended] = [{}, allFlags()].map((context) => {
      const { stack, watched } = createStacks(productionApp({ context }));
      // A reference to a queue of another stack is CDK's own, and follows the flags.
      watchAll(new BackendMonitoring(stack, 'Monitoring'), { ...watched, queue: new sqs.Queue(stack, 'Queue') });
      return Template.fromStack(stack).toJSON() as TemplateJson;
    });
    expect(recommended).toEqual(unset);
  });

  test('a change of posture replaces nothing, and keeps the topic', () => {
    const build = (app: App) => monitorQueue(new BackendMonitoring(new Stack(app, 'Monitoring'), 'Monitoring'), app.node.findChild('Monitoring') as Stack);
    const [development, production] = [Posture.development(), Posture.production()].map((posture) => synthesizeWith(posture, build));
    expect([...losses(development, production), ...losses(production, development), ...replacements(development, production)]).toEqual([]);
    const [before, after] = [development, production].map((living) => Object.keys(living).filter((id) => living[id].Type === 'AWS::SNS::Topic'));
    expect(after).toEqual(before);
  });

  test.each([['anywhere', undefined], ['eu-central-1', 'eu-central-1'], ['cn-north-1', 'cn-north-1'], ['us-gov-west-1', 'us-gov-west-1']])('the offline validator accepts a monitoring of a queue (%s)', (_where, region) => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      const stack = new Stack(app, 'Monitoring', { env: region === undefined ? undefined : { account: '111111111111', region } });
      monitorQueue(new BackendMonitoring(stack, 'Monitoring'), stack);
      expect(app.synth().stacks).toHaveLength(1);
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });

  test('the offline validator accepts a monitoring of everything', () => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      all(new Stack(app, 'Backend'));
      expect(app.synth().stacks).toHaveLength(1);
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });
});
