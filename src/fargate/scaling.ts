import type { TimeZone } from 'aws-cdk-lib';
import type { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { ScalingPolicy } from './private/plans';

/** What a worker's backlog is. */
export interface QueueBacklogOptions {
  /** The queue that the tasks take messages from. */
  readonly queue: IQueue;

  /**
   * Messages that may wait for each task, more than 0: the time that a message may wait, divided by the time that a task needs for one.
   * With ten seconds to wait and half a second of work, 20.
   */
  readonly messagesPerTask: number;
}

/** Bounds that hold from one moment of a schedule on, until another changes them. */
export interface ScheduledBoundsOptions {
  /**
   * When the bounds start to hold: a cron expression of six fields, a rate, or a single moment.
   *
   * @see https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
   */
  readonly schedule: Schedule;

  /**
   * Least number of tasks from then on. To pause a service, set both numbers to 0.
   *
   * @default - as it was
   */
  readonly minTasks?: number;

  /**
   * Greatest number of tasks from then on.
   *
   * @default - as it was
   */
  readonly maxTasks?: number;

  /**
   * Time zone of the schedule.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/**
 * What makes a service scale between its least and its greatest number of tasks. With several, the one that asks for the most
 * tasks wins. Between equal numbers nothing scales, of which the library warns.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
 *
 * @example
 * import type { Stack } from 'aws-cdk-lib';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import type { IQueue } from 'aws-cdk-lib/aws-sqs';
 * import { FargateWorker, Scaling, ServiceImage } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * declare const queue: IQueue;
 * const worker = new FargateWorker(stack, 'Worker', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('worker'),
 *   minTasks: 0,
 *   maxTasks: 20,
 *   scaleOn: [Scaling.onQueueBacklog({ queue, messagesPerTask: 20 })],
 * });
 * queue.grantConsumeMessages(worker);
 */
export class Scaling {
  /** Keeps the average CPU use at this many percent of what the tasks have, from 1 to 100. Never asks for less than one task. */
  public static onCpuPercent(percent: number): Scaling {
    return new Scaling({ kind: 'cpu', target: percent });
  }

  /** Keeps the average memory use at this many percent of what the tasks have, from 1 to 100. Never asks for less than one task. */
  public static onMemoryPercent(percent: number): Scaling {
    return new Scaling({ kind: 'memory', target: percent });
  }

  /**
   * Keeps the requests in one minute at this many for each task, while an ingress routes to the service. Needs ingresses whose load balancer counts
   * requests, such as `PublicIngress`; a network load balancer does not.
   */
  public static onRequestsPerMinute(requestsPerTask: number): Scaling {
    return new Scaling({ kind: 'requests', target: requestsPerTask });
  }

  /**
   * Keeps the messages that wait in a queue at this many for each task. Works from zero tasks on, and without Container Insights: one
   * message starts the first task, and when none waits and none is in work for 15 minutes, the service is back at `minTasks`. A queue that was
   * idle for six hours reports again up to 15 minutes after a message came, so keep one task where that is too late.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html
   */
  public static onQueueBacklog(options: QueueBacklogOptions): Scaling {
    return new Scaling({ kind: 'backlog', backlog: options });
  }

  /**
   * Changes the bounds by the clock, also where `minTasks` equals `maxTasks`. A deployment that changes `minTasks` or `maxTasks` sets
   * them again.
   *
   * @param id name of the schedule, unique in its service
   */
  public static onSchedule(id: string, options: ScheduledBoundsOptions): Scaling {
    return new Scaling({ kind: 'schedule', id, bounds: options });
  }

  private constructor(
    /** @internal */
    public readonly _policy: ScalingPolicy,
  ) {}
}
