import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { Report } from '../../../examples/demo/report';
import type { Deployed } from '../backend';
import type { CustomResourceEvent, World } from '../world';

/** Place of an event among others; -1 where there is none. */
export function indexOf(events: StackEvent[], type: string, status: string): number {
  return events.findIndex(({ ResourceType, ResourceStatus }) => ResourceType === type && ResourceStatus === status);
}

/** Whether the first event stands before the second. */
export function precedes(events: StackEvent[], first: [type: string, status: string], second: [type: string, status: string]): boolean {
  const [one, other] = [indexOf(events, ...first), indexOf(events, ...second)];
  return one >= 0 && other > one;
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
