import { Size } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** User and group id of containers that bring no other: what Node's and most distributions' images call the first user. */
export const DEFAULT_USER = '1000:1000';

/** What AWS recommends after tests in which Docker's default of 1 MB lost lines. */
const LOG_BUFFER = Size.mebibytes(25);

/** What differs from one hardened container to another. */
export interface HardenedContainerProps {
  /** Where the container's output goes. */
  readonly logGroup: logs.ILogGroup;
  /** First part of the name of each log stream. */
  readonly streamPrefix: string;
  /** User that the process runs as, numeric so that the image needs no entry for it. Default: `DEFAULT_USER`. */
  readonly user?: string;
  /** Size of the writable `/tmp`, part of the task's memory. Default: 64 MiB. */
  readonly tmpSize?: Size;
  /** Whether the process runs on where CloudWatch Logs is slow, at the price of lines. Default: it waits and loses none. */
  readonly loseLogsBeforeBlocking?: boolean;
}

/** Options that every container of this library has. */
export type HardenedContainerOptions = Required<Pick<
  ecs.ContainerDefinitionOptions,
  'user' | 'privileged' | 'readonlyRootFilesystem' | 'linuxParameters' | 'logging'
>>;

/**
 * Renders the options that every container of this library has: nothing writable but a tmpfs `/tmp`, no capability, no
 * root user, an init process that forwards signals and reaps children, and a log mode that the account does not decide.
 *
 * @param scope parent of the Linux parameters; use each id once in it
 */
export function hardenedContainer(scope: Construct, id: string, props: HardenedContainerProps): HardenedContainerOptions {
  const linuxParameters = new ecs.LinuxParameters(scope, id, { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  linuxParameters.addTmpfs({
    // A bind mount would belong to root; a tmpfs takes over the mode of the image's own /tmp, which anyone may write to.
    containerPath: '/tmp',
    size: (props.tmpSize ?? Size.mebibytes(64)).toMebibytes(),
    mountOptions: [ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV],
  });
  return {
    user: props.user ?? DEFAULT_USER,
    privileged: false,
    readonlyRootFilesystem: true,
    linuxParameters,
    logging: ecs.LogDrivers.awsLogs({ logGroup: props.logGroup, streamPrefix: props.streamPrefix, ...logMode(props) }),
  };
}

/**
 * A service that waited for CloudWatch Logs would stop answering with it; what runs once must keep its last lines, which
 * say why it failed. The default of accounts was blocking until June 2025 and is non-blocking since.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#default-log-driver-mode
 * @see https://aws.amazon.com/blogs/containers/preventing-log-loss-with-non-blocking-mode-in-the-awslogs-container-log-driver/
 */
function logMode({ loseLogsBeforeBlocking }: HardenedContainerProps): Pick<ecs.AwsLogDriverProps, 'mode' | 'maxBufferSize'> {
  return loseLogsBeforeBlocking === true
    ? { mode: ecs.AwsLogDriverMode.NON_BLOCKING, maxBufferSize: LOG_BUFFER }
    : { mode: ecs.AwsLogDriverMode.BLOCKING };
}
