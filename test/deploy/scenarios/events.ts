import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { Report } from '../../../examples/demo/report';
import type { Deployed } from '../backend';
import type { CustomResourceEvent, World } from '../world';

/** An event: the type of its resource, and how its status reads. */
type Pattern = readonly [type: string, status: RegExp];

/** Whether there are two such events, and the first stands before the second. */
export function precedes(events: StackEvent[], first: Pattern, second: Pattern): boolean {
  const [one, other] = [first, second].map(([type, status]) => events.findIndex(({ ResourceType, ResourceStatus = '' }) => ResourceType === type && status.test(ResourceStatus)));
  return one >= 0 && other > one;
}

/** Stacks that got so far, in the order in which they did. */
export function stacksThat(events: StackEvent[], status: 'CREATE_COMPLETE' | 'DELETE_COMPLETE'): string[] {
  return events
    .filter(({ ResourceType, ResourceStatus }) => ResourceType === 'AWS::CloudFormation::Stack' && ResourceStatus === status)
    .sort((a, b) => Number(a.Timestamp) - Number(b.Timestamp))
    .map(({ StackName = '' }) => StackName);
}

/** Reasons of all failed events. */
export function failures(events: StackEvent[]): string[] {
  return events
    .filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('FAILED'))
    .map(({ LogicalResourceId, ResourceStatusReason = '' }) => `${LogicalResourceId}: ${ResourceStatusReason}`);
}

/** Whether a deployment did what it should; prints why not. */
export function checkDeployed(report: Report, { succeeded, output }: Deployed, text = 'cdk deploy succeeds'): void {
  report.check(succeeded, text, succeeded ? '' : output);
}

/** Whether a deployment failed, as it should. */
export function checkFailed(report: Report, { succeeded, events }: Deployed, type: string, reason: RegExp): void {
  const found = events.find(({ ResourceType, ResourceStatus = '' }) => ResourceType === type && ResourceStatus.endsWith('_FAILED'))?.ResourceStatusReason ?? '';
  report.check(!succeeded, 'cdk deploy fails');
  report.check(reason.test(found), `the event of ${type} says why`, found.replaceAll('\n', ' ⏎ '));
}

/** The newest request to a resource of a type. */
export function lastRequest({ recordedEvents }: World, type: string): CustomResourceEvent {
  const found = recordedEvents().filter(({ ResourceType }) => ResourceType === type).at(-1);
  if (found === undefined) throw new Error(`No request to ${type} was recorded.`);
  return found;
}
