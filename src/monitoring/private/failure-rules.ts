import { Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Failure } from '../../symptoms/shared/failure';
import { idOf } from '../../symptoms/shared/symptom';

const LONGEST_DESCRIPTION = 512;

/** The way from an event to a topic. The message is text for people, not the event. */
export function createFailureRule(scope: Construct, topic: ITopic, failure: Failure): void {
  const { alarm, description, source = 'aws.ecs', detailType, detail, resources, fields } = failure;
  const told = Object.entries(fields).map(([name, text]) => `${name}: ${text}`);
  const message = events.RuleTargetInput.fromText([description, ...told].join(' | '));
  new events.Rule(scope, idOf({ alarm }), {
    // The link is at the end.
    description: Token.isUnresolved(description) ? description : description.slice(-LONGEST_DESCRIPTION),
    eventPattern: { source: [source], detailType: [detailType], resources, detail },
    // The target of aws-events-targets would write the permissions that the topic has already, once more for each rule.
    targets: [{ bind: () => ({ arn: topic.topicArn, input: message, targetResource: topic }) }],
  });
}
