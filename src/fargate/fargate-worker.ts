import { Duration, Tokenization } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CommonServiceProps } from './common-service-props';
import { ServiceBase } from './private/service-base';
import { TASK_PROTECTION, allowTaskProtection } from './private/task-protection';

/** Environment variable that tells a worker how long it has to finish its work after SIGTERM. */
const STOP_TIMEOUT_VARIABLE = 'STOP_TIMEOUT_SECONDS';

/** Properties of a worker on Fargate. */
export interface FargateWorkerProps extends CommonServiceProps {
  /**
   * Whether a task may protect itself, while it works, from being stopped by scaling in or by a deployment:
   * `PUT ${ECS_AGENT_URI}${TASK_PROTECTION_PATH}` with `{"ProtectionEnabled": true, "ExpiresInMinutes": 30}`. `ECS_AGENT_URI` is
   * there in every task, `TASK_PROTECTION_PATH` with this option. A deployment waits for protected tasks.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
   * @default false
   */
  readonly taskProtection?: boolean;
}

/**
 * A service on Fargate that nobody connects to: it takes its work from a queue, a table or a schedule of its own.
 *
 * ## What it makes
 * A task definition with two roles, a Fargate service, a security group, a log group, and scaling where `maxTasks` is
 * greater than `minTasks`. With a binding that brings a certificate authority, a second container that writes it to
 * `/run/cdk-private-backend/ca/ca.pem` and ends before the service starts.
 *
 * ## Defaults that matter
 * As a `FargateApi`, but without a port, a health path and a route, and with 120 seconds between SIGTERM and SIGKILL, the
 * longest that Fargate gives, told to the container as `STOP_TIMEOUT_SECONDS`. ECS takes a task for healthy when it runs, unless
 * `containerHealthCheck` says otherwise: a worker that cannot work must end, so that a deployment notices.
 *
 * ## Security considerations
 * Nothing may connect to it. The root file system is read-only but for `/tmp`, the process is not root and has no Linux
 * capability. It may connect to what it is bound to, and to TCP 443 anywhere. The task role has no permissions until you
 * grant some.
 *
 * ## Cost
 * About 7.20 USD a month for each task of the default size in us-east-1 (0.25 vCPU × 23.64 + 0.5 GB × 2.60, ARM64), and
 * 3.65 for its public IPv4 address where it has one.
 *
 * @see https://aws.amazon.com/fargate/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendCluster, BackendNetwork, FargateWorker, ServiceImage } from 'cdk-private-backend';
 *
 * const stack = new Stack(new App(), 'Backend');
 * const vpc = new BackendNetwork(stack, 'Network').vpc;
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc });
 * new FargateWorker(stack, 'Worker', { cluster, image: ServiceImage.fromDirectory('worker') });
 */
export class FargateWorker extends ServiceBase {
  /**
   * @throws InvalidBackendError for a CPU and memory pair that Fargate does not offer, a value out of its range, or a
   * variable that is given twice
   */
  constructor(scope: Construct, id: string, props: FargateWorkerProps) {
    super(scope, id, props, {
      construct: 'FargateWorker',
      scaling: [{ kind: 'cpu', target: 60 }],
      defaultStopTimeout: Duration.seconds(120),
      environment: ({ stopTimeout }) => ({
        stopTimeout: { [STOP_TIMEOUT_VARIABLE]: Tokenization.stringifyNumber(stopTimeout.toSeconds()) },
        taskProtection: props.taskProtection === true ? TASK_PROTECTION : {},
      }),
    });
    if (props.taskProtection === true) {
      allowTaskProtection(this, props.cluster, this._parts.task.taskRole);
    }
    this._describe('worker');
  }
}
