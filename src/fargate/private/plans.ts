import type { Duration } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { QueueBacklogOptions, ScheduledBoundsOptions } from '../scaling';

/** What a `Deployment` says, with its defaults. */
export interface DeploymentPlan {
  /** None for a rolling deployment. */
  readonly strategy?: 'BLUE_GREEN' | 'LINEAR' | 'CANARY';
  readonly alarms: IAlarm[];
  readonly minHealthyPercent: number;
  readonly maxHealthyPercent: number;
  readonly bakeTime?: Duration;
  readonly step?: { readonly percent: number; readonly bakeTime: Duration };
}

/** What `ServiceRehearsal.enabled()` says, with its defaults. */
export interface RehearsalPlan {
  readonly timeout: Duration;
  readonly stableTime: Duration;
}

/** What `ServiceCapacity.spot()` says, with its defaults. */
export interface SpotPlan {
  readonly spotPercent: number;
  readonly onDemandBase: number;
}

/** What one `Scaling` says. */
export type ScalingPolicy =
  | { readonly kind: 'cpu' | 'memory' | 'requests'; readonly target: number }
  | { readonly kind: 'backlog'; readonly backlog: QueueBacklogOptions }
  | { readonly kind: 'schedule'; readonly id: string; readonly bounds: ScheduledBoundsOptions };
