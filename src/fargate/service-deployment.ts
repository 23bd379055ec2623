import { Duration } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { DeploymentPlan } from './private/plans';

/** What every kind of deployment can be told. */
export interface DeploymentOptions {
  /**
   * Alarms that roll a deployment back when one of them goes off. Alarms on metrics of the service itself would make it depend on
   * what depends on it, which is an error: give such an alarm an `alarmName` and refer to it by `Alarm.fromAlarmName`, or take an alarm
   * on the load balancer.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
   * @default - none; tasks that do not start or do not become healthy roll a deployment back in any case
   */
  readonly alarms?: IAlarm[];
}

/**
 * Options of a deployment that replaces tasks one after the other. ECS rounds up what must stay and down what may run, for all tasks of
 * the service together. Numbers that leave no room for one task more or one less are an error, which names numbers that do.
 */
export interface RollingDeploymentOptions extends DeploymentOptions {
  /**
   * Tasks that must stay healthy meanwhile, in percent of those wanted, from 0 to 100, rounded up.
   *
   * @default 100
   */
  readonly minHealthyPercent?: number;

  /**
   * Tasks that may run meanwhile, in percent of those wanted, from 100 to 200, rounded down.
   *
   * @default 200
   */
  readonly maxHealthyPercent?: number;
}

/** Options of a deployment that starts all new tasks beside the old ones. */
export interface BlueGreenDeploymentOptions extends DeploymentOptions {
  /**
   * Time for which the old tasks stay when all requests go to the new ones, in whole minutes up to a day. Rolling back meanwhile
   * takes seconds.
   *
   * @default Duration.minutes(5)
   */
  readonly bakeTime?: Duration;
}

/** Options of a deployment that moves requests in equal steps. */
export interface LinearDeploymentOptions extends BlueGreenDeploymentOptions {
  /**
   * Share of the requests that moves with each step, in percent, from 3 to 100 with at most one decimal.
   *
   * @default 10
   */
  readonly stepPercent?: number;

  /**
   * Time between two steps, in whole minutes up to a day.
   *
   * @default Duration.minutes(6)
   */
  readonly stepBakeTime?: Duration;
}

/** Options of a deployment that moves some requests first. */
export interface CanaryDeploymentOptions extends BlueGreenDeploymentOptions {
  /**
   * Share of the requests that moves first, in percent, from 0.1 to 100 with at most one decimal.
   *
   * @default 5
   */
  readonly canaryPercent?: number;

  /**
   * Time until all other requests follow, in whole minutes up to a day.
   *
   * @default Duration.minutes(10)
   */
  readonly canaryBakeTime?: Duration;
}

/**
 * How a service goes from one version to the next. Each kind is rolled back by ECS when tasks fail, and when an alarm goes off.
 *
 * | | old and new side by side | requests move | for |
 * |---|---|---|---|
 * | `rolling` | some of both | with the tasks | everything, and workers; the default |
 * | `blueGreen` | all of both | at once, back within seconds | versions that must not answer beside each other |
 * | `linear` | all of both | in equal steps | watching load grow |
 * | `canary` | all of both | a few first, then the rest | trying a version on few users |
 *
 * The last three run twice the tasks meanwhile, and need an ingress's route or Service Connect to move requests.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service-options.html
 *
 * @example
 * import type { Stack } from 'aws-cdk-lib';
 * import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
 * import type { ICluster } from 'aws-cdk-lib/aws-ecs';
 * import { ServiceDeployment, FargateApi, ServiceImage } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const cluster: ICluster;
 * declare const serverErrors: IAlarm;
 * new FargateApi(stack, 'Api', {
 *   cluster,
 *   image: ServiceImage.fromDirectory('service'),
 *   deployment: ServiceDeployment.canary({ canaryPercent: 10, alarms: [serverErrors] }),
 * });
 */
export class ServiceDeployment {
  /** New tasks take the place of old ones, one after the other. */
  public static rolling(options: RollingDeploymentOptions = {}): ServiceDeployment {
    const { alarms = [], minHealthyPercent = 100, maxHealthyPercent = 200 } = options;
    return new ServiceDeployment({ alarms, minHealthyPercent, maxHealthyPercent });
  }

  /** All new tasks start beside the old ones; then all requests go to them. */
  public static blueGreen(options: BlueGreenDeploymentOptions = {}): ServiceDeployment {
    return new ServiceDeployment(sideBySide('BLUE_GREEN', options));
  }

  /** All new tasks start beside the old ones; then requests move in equal steps. */
  public static linear(options: LinearDeploymentOptions = {}): ServiceDeployment {
    const step = { percent: options.stepPercent ?? 10, bakeTime: options.stepBakeTime ?? Duration.minutes(6) };
    return new ServiceDeployment({ ...sideBySide('LINEAR', options), step });
  }

  /** All new tasks start beside the old ones; then a few requests move, and later the rest. */
  public static canary(options: CanaryDeploymentOptions = {}): ServiceDeployment {
    const step = { percent: options.canaryPercent ?? 5, bakeTime: options.canaryBakeTime ?? Duration.minutes(10) };
    return new ServiceDeployment({ ...sideBySide('CANARY', options), step });
  }

  private constructor(
    /** @internal */
    public readonly _plan: DeploymentPlan,
  ) {}
}

function sideBySide(strategy: DeploymentPlan['strategy'], options: BlueGreenDeploymentOptions): DeploymentPlan {
  return { strategy, alarms: options.alarms ?? [], minHealthyPercent: 100, maxHealthyPercent: 200, bakeTime: options.bakeTime ?? Duration.minutes(5) };
}
