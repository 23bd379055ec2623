import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { IngressSide } from './ingress-path';
import { protocolVersionOf } from './target-protocol';
import type { IIngressTarget } from '../../binding';
import { InvalidBackendError, warn } from '../../private/errors';

/** What load balancers do that nobody told otherwise. */
const USUAL_IDLE_TIMEOUT = 60;

/** The longest delay that a target group takes. */
const MAX_DELAY = 3600;

/** A target group that a target registers itself with. */
export function createTargetGroup(scope: Construct, id: string, side: IngressSide, target: IIngressTarget, vpc = target.vpc): elbv2.ApplicationTargetGroup {
  return new elbv2.ApplicationTargetGroup(scope, id, {
    vpc,
    targetType: elbv2.TargetType.IP,
    protocol: target.tls === true ? elbv2.ApplicationProtocol.HTTPS : elbv2.ApplicationProtocol.HTTP,
    protocolVersion: usableProtocolVersion(target, side.https),
    // ECS registers each task with its own port. This one is never used, and staying the same it never replaces the group.
    port: 80,
    deregistrationDelay: target.deregistrationDelay ?? Duration.seconds(Math.min(longestAnswer(side), MAX_DELAY)),
    healthCheck: {
      ...healthCheckOf(target),
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

/** Seconds after which an ingress gives up on an answer that has not begun. */
function longestAnswer({ idleTimeout }: IngressSide): number {
  return idleTimeout?.toSeconds() ?? USUAL_IDLE_TIMEOUT;
}

/**
 * Warns where requests that the ingress would wait for are cut when a task stops: at the end of the delay, the load balancer answers them with 502.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
 */
export function warnOfCutRequests(side: IngressSide, id: string, { node, deregistrationDelay }: IIngressTarget): void {
  const longest = Math.min(longestAnswer(side), MAX_DELAY);
  if (deregistrationDelay !== undefined && !deregistrationDelay.isUnresolved() && deregistrationDelay.toSeconds({ integral: false }) < longest) {
    warn(side.ingress, 'IngressRoute.requestsCut', `Route '${id}': requests to '${node.path}' may run for ${longest} seconds (\`idleTimeout\`), but deployments and scale-in cut them after ${deregistrationDelay.toSeconds({ integral: false })} seconds (\`deregistrationDelay\`). `
      + 'Remove `deregistrationDelay`, set a smaller `idleTimeout`, or acknowledge this warning if all requests are shorter.');
  }
}

/** Names load balancer and target group the way Application Auto Scaling wants it. */
export function labelOf({ loadBalancerFullName }: IngressSide, targetGroup: elbv2.ApplicationTargetGroup): string {
  return `${loadBalancerFullName}/${targetGroup.targetGroupFullName}`;
}

/** How an ingress speaks with a target. */
function usableProtocolVersion(target: IIngressTarget, https: boolean): elbv2.ApplicationProtocolVersion {
  const version = protocolVersionOf(target);
  if (version !== elbv2.ApplicationProtocolVersion.HTTP1 && !https) {
    throw new InvalidBackendError(target, 'IngressRoute.protocolNeedsHttps', `\`appProtocol\` of this target is '${target.appProtocol?.value}', which load balancers forward from HTTPS listeners only, and the ingress uses HTTP. `
      + 'Set `domain` on the ingress, or remove `appProtocol` from the target.');
  }
  return version;
}

/**
 * How to ask a target, and how a healthy one answers. A load balancer asks over HTTP unless told otherwise, and verifies no certificate.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
function healthCheckOf(target: IIngressTarget): elbv2.HealthCheck {
  const protocol = target.tls === true ? elbv2.Protocol.HTTPS : undefined;
  return { protocol, ...(protocolVersionOf(target) === elbv2.ApplicationProtocolVersion.GRPC ? grpcCheckOf(target) : { path: target.healthCheckPath ?? '/', healthyHttpCodes: '200-299' }) };
}

/** The method that load balancers ask by default is implemented by no server, which so answers UNIMPLEMENTED (12). One that is implemented answers OK (0). */
function grpcCheckOf({ healthCheckPath, healthyGrpcCodes }: IIngressTarget): elbv2.HealthCheck {
  return { path: healthCheckPath ?? '/AWS.ALB/healthcheck', healthyGrpcCodes: healthyGrpcCodes ?? (healthCheckPath === undefined ? '12' : '0') };
}
