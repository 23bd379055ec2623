import { Token, type Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { refuseOf, type Refuse } from '../private/errors';

/** Limits between which an Aurora Serverless v2 cluster scales. */
export interface ServerlessCapacityOptions {
  /**
   * Least capacity, in Aurora capacity units (about 2 GiB of memory each), in steps of 0.5. With 0 the cluster pauses when
   * nobody is connected, and needs up to half a minute to answer again.
   */
  readonly min: number;

  /** Greatest capacity, in Aurora capacity units, in steps of 0.5, from 1 to 256. */
  readonly max: number;

  /**
   * Time without connections after which the cluster pauses, from 5 minutes to a day. Only with a least capacity of 0.
   *
   * @default - 5 minutes, where the least capacity is 0
   */
  readonly autoPause?: Duration;
}

/**
 * What a PostgreSQL server runs on.
 *
 * A living server cannot go from one kind to the other: CloudFormation refuses to change the type of a resource. Restore a
 * snapshot under another construct id instead.
 */
export class PostgresCapacity {
  /**
   * One RDS for PostgreSQL instance, with a standby where Multi-AZ is on. The type can change later, with a restart.
   *
   * @param instanceType default: that of the posture
   */
  public static instance(instanceType?: ec2.InstanceType): PostgresCapacity {
    return new PostgresCapacity(instanceType, undefined);
  }

  /**
   * An Aurora Serverless v2 cluster with one writer, and a reader to fail over to where Multi-AZ is on. The limits can
   * change later.
   *
   * @throws when a limit is out of range
   */
  public static serverless(options: ServerlessCapacityOptions): PostgresCapacity {
    validateServerless(options);
    return new PostgresCapacity(undefined, options);
  }

  private constructor(
    /** Instance type of an RDS instance; none: that of the posture. */
    public readonly instanceType: ec2.InstanceType | undefined,
    /** Limits of an Aurora Serverless v2 cluster; none: an RDS instance. */
    public readonly serverlessLimits: ServerlessCapacityOptions | undefined,
  ) {}
}

function validateServerless({ min, max, autoPause }: ServerlessCapacityOptions): void {
  const refuse: Refuse = refuseOf('PostgresCapacity.serverless()');
  for (const [name, value, least] of [['min', min, 0], ['max', max, 1]] as const) {
    if (!Token.isUnresolved(value) && (value < least || value > 256 || !Number.isInteger(value * 2))) {
      refuse('PostgresCapacity.limits', `\`${name}\` must be from ${least} to 256 in steps of 0.5, got ${value}.`);
    }
  }
  if (!Token.isUnresolved(min) && !Token.isUnresolved(max) && min > max) {
    refuse('PostgresCapacity.minAboveMax', `\`min\` (${min}) must not be greater than \`max\` (${max}).`);
  }
  if (autoPause === undefined) {
    return;
  }
  if (!Token.isUnresolved(min) && min !== 0) {
    refuse('PostgresCapacity.autoPauseMin', `\`autoPause\` needs a \`min\` of 0, got ${min}. A cluster with a higher minimum never pauses. Set \`min: 0\`, or remove \`autoPause\`.`);
  }
  if (!autoPause.isUnresolved() && (autoPause.toSeconds() < 300 || autoPause.toSeconds() > 86_400)) {
    refuse('PostgresCapacity.autoPause', `\`autoPause\` must be from 5 minutes to 1 day, got ${autoPause.toHumanString()}.`);
  }
}
