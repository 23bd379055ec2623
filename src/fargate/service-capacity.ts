import type { SpotPlan } from './private/plans';

/** Options of Spot capacity. */
export interface SpotCapacityOptions {
  /**
   * Share of the tasks beyond `onDemandBase` that run on Spot capacity, in whole percent from 1 to 100.
   *
   * @default 100
   */
  readonly spotPercent?: number;

  /**
   * Number of tasks that always run on demand, from 0 to 1000.
   *
   * @default 1
   */
  readonly onDemandBase?: number;
}

/**
 * What the tasks of a service run on.
 *
 * Going from one to the other replaces the ECS service, since CloudFormation cannot change a launch type: the new one starts before
 * the old one stops.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
 */
export class ServiceCapacity {
  /** Fargate on demand, which is there when it is needed. */
  public static onDemand(): ServiceCapacity {
    return new ServiceCapacity();
  }

  /**
   * Fargate on spare capacity, up to 70 % cheaper. When AWS needs it back, a task gets SIGTERM two minutes before it ends, and there may
   * be no other: so keep at least one task on demand, and work that can be started again. The cluster needs the capacity
   * provider: `fargateSpot` of a `BackendCluster`.
   */
  public static spot(options: SpotCapacityOptions = {}): ServiceCapacity {
    return new ServiceCapacity({ spotPercent: options.spotPercent ?? 100, onDemandBase: options.onDemandBase ?? 1 });
  }

  private constructor(
    /** @internal */
    public readonly _spot?: SpotPlan,
  ) {}
}
