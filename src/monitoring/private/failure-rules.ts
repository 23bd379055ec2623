import { Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

const LONGEST_DESCRIPTION = 512;

/** What happened, and where to read what to do. */
export interface Failure {
  readonly id: string;
  readonly description: string;
  readonly detailType: string;
  readonly detail: Record<string, unknown>;
  readonly resources?: string[];
  /** Fields of the event that the message tells, by what they are called in it. */
  readonly fields: { readonly [name: string]: string };
}

/** The way from an event of ECS to a topic. The message is text for people, not the event. */
export function createFailureRule(scope: Construct, topic: ITopic, { id, description, detailType, detail, resources, fields }: Failure): void {
  const told = Object.entries(fields).map(([name, path]) => `${name}: ${events.EventField.fromPath(path)}`);
  const message = events.RuleTargetInput.fromText([description, ...told].join(' | '));
  new events.Rule(scope, id, {
    // The link is at the end.
    description: Token.isUnresolved(description) ? description : description.slice(-LONGEST_DESCRIPTION),
    eventPattern: { source: ['aws.ecs'], detailType: [detailType], resources, detail },
    // The target of aws-events-targets would write the permissions that the topic has already, once more for each rule.
    targets: [{ bind: () => ({ arn: topic.topicArn, input: message, targetResource: topic }) }],
  });
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html */
export function deploymentFailed(id: string, description: string, serviceArn: string): Failure {
  return {
    id,
    description,
    detailType: 'ECS Deployment State Change',
    resources: [serviceArn],
    detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
    fields: { Reason: '$.detail.reason', Deployment: '$.detail.deploymentId' },
  };
}

/**
 * Tasks of a family that ended with an error, or did not start. A container that never ran has no exit code.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function taskFailed(id: string, description: string, family: string): Failure {
  return {
    id,
    description,
    detailType: 'ECS Task State Change',
    detail: {
      group: [`family:${family}`],
      lastStatus: ['STOPPED'],
      $or: [{ containers: { exitCode: [{ 'anything-but': 0 }] } }, { stopCode: ['TaskFailedToStart'] }],
    },
    fields: { Reason: '$.detail.stoppedReason', Task: '$.detail.taskArn' },
  };
}
