import { Stack, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { referWeakly } from '../../private/cross-stack';
import { warn } from '../../private/errors';
import { LONGEST_KEY_TEXT, textWithPath } from '../../private/path-text';

/** The key of SNS that each account has, for nothing. */
const KEY_OF_SNS = 'alias/aws/sns';

/** Who sends messages: alarms, and rules on events. */
const CLOUDWATCH = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
const EVENTBRIDGE = new iam.ServicePrincipal('events.amazonaws.com');

/**
 * A topic for alarms. Neither CloudWatch nor EventBridge can use the key of SNS, whose policy nobody can change, so with alarms it has
 * a key of its own.
 *
 * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
export function createAlarmTopic(scope: Construct, alarms: boolean, removalPolicy: RemovalPolicy): sns.Topic {
  const masterKey = alarms ? createKey(scope, removalPolicy) : kms.Alias.fromAliasName(scope, 'KeyOfSns', KEY_OF_SNS);
  const topic = new sns.Topic(scope, 'Topic', { masterKey, enforceSSL: true });
  topic.applyRemovalPolicy(removalPolicy);
  referWeakly(...[topic, ...(alarms ? [masterKey] : [])].flatMap((shared) => shared.node.defaultChild ?? []));
  return topic;
}

function createKey(scope: Construct, removalPolicy: RemovalPolicy): kms.Key {
  return new kms.Key(scope, 'Key', { description: textWithPath(LONGEST_KEY_TEXT, 'Alarm topic of ', scope), enableKeyRotation: true, removalPolicy });
}

/**
 * Lets alarms and rules of this account send to a topic.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
export function allowAlarms(scope: Construct, topic: sns.ITopic): void {
  const { account } = Stack.of(topic);
  const statements = [
    new iam.PolicyStatement({
      sid: 'Alarms',
      principals: [CLOUDWATCH],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
    // No condition: EventBridge does not say for whom it publishes to an encrypted topic.
    new iam.PolicyStatement({ sid: 'Events', principals: [EVENTBRIDGE], actions: ['sns:Publish'], resources: [topic.topicArn] }),
  ];
  const changed = statements.map((statement) => topic.addToResourcePolicy(statement).statementAdded).every((added) => added);
  const keyChanged = topic.masterKey === undefined || allowKey(topic.masterKey, account);
  if (!changed || !keyChanged) {
    warn(scope, 'BackendMonitoring.importedTopic',
      `This app can't change the policy of '${topic.node.path}' or of its key, and without permission no notification arrives. `
      + `Allow '${CLOUDWATCH.service}' and '${EVENTBRIDGE.service}' to publish to the topic ('sns:Publish') and to use its key ('kms:Decrypt', 'kms:GenerateDataKey*').`);
  }
}

/**
 * "Not supported for EventBridge-to-encrypted topics", says AWS of conditions on `aws:SourceAccount` and `aws:SourceArn`. Alarms say for whom they publish.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
function allowKey(key: kms.IKey, account: string): boolean {
  const actions = ['kms:Decrypt', 'kms:GenerateDataKey*'];
  return [
    new iam.PolicyStatement({ sid: 'Alarms', principals: [CLOUDWATCH], actions, resources: ['*'], conditions: { StringEquals: { 'aws:SourceAccount': account } } }),
    new iam.PolicyStatement({ sid: 'Events', principals: [EVENTBRIDGE], actions, resources: ['*'] }),
  ].map((statement) => key.addToResourcePolicy(statement).statementAdded).every((added) => added);
}
