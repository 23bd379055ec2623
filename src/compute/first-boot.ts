import { Duration, Stack, type CfnResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { InstanceImage } from './image';
import { problem } from '../private/errors';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const LONGEST_USER_DATA = 16_384;

/** What an instance does once, at its first boot. */
export interface FirstBootProps {
  readonly image: InstanceImage;
  /** Bash lines, with `retry COMMAND`. Everybody who can look at the instance can read them, so they hold no secret. */
  readonly setUp: string[];
  /**
   * Resource that CloudFormation waits for. It fails with the first command that fails.
   *
   * @default - nobody waits, and a command that fails does not keep those after it from running
   */
  readonly reportsTo?: CfnResource;
  /** How long CloudFormation waits. @default - 20 minutes, which is longer than all attempts to install packages take */
  readonly timeout?: Duration;
}

const SET_UP_TIMEOUT = Duration.minutes(20);

/** Puts the first boot into user data, and lets CloudFormation wait for one instance of the resource. */
export function addFirstBoot(userData: ec2.UserData, { image, setUp, reportsTo, timeout = SET_UP_TIMEOUT }: FirstBootProps): void {
  if (reportsTo !== undefined) {
    userData.addCommands(...image.report(reportsTo));
    reportsTo.cfnOptions.creationPolicy = { resourceSignal: { count: 1, timeout: timeout.toIsoString() } };
  }
  userData.addCommands(...image.prepare(reportsTo === undefined ? '' : ' || exit'), ...setUp);
}

/** Refuses user data that EC2 would refuse in the deployment. Of what only the deployment knows, nothing is counted. */
export function limitUserData(scope: IConstruct, userData: ec2.UserData): void {
  scope.node.addValidation({
    validate: () => {
      const size = sizeOf(Stack.of(scope).resolve(userData.render()));
      return size <= LONGEST_USER_DATA ? [] : [problem('Instance.userDataSize', `The user data of the instance has at least ${size} bytes, and EC2 takes ${LONGEST_USER_DATA}. `
        + 'Move commands into a file that the instance reads from S3, or into its image.')];
    },
  });
}

/** Text, or a join of text and references. */
function sizeOf(resolved: unknown): number {
  if (typeof resolved === 'string') {
    return Buffer.byteLength(resolved);
  }
  const parts = (resolved as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']?.[1] ?? [];
  return parts.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : 0)).reduce((sum, bytes) => sum + bytes, 0);
}
