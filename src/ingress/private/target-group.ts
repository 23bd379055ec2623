import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { IngressSide } from './ingress-path';
import type { IIngressTarget } from '../../binding';
import { InvalidBackendError } from '../../private/errors';

/** A target group that a target registers itself with. */
export function createTargetGroup(scope: Construct, id: string, { https }: IngressSide, target: IIngressTarget, vpc = target.vpc): elbv2.ApplicationTargetGroup {
  return new elbv2.ApplicationTargetGroup(scope, id, {
    vpc,
    targetType: elbv2.TargetType.IP,
    protocol: elbv2.ApplicationProtocol.HTTP,
    protocolVersion: protocolVersionOf(target, https),
    // ECS registers each task with its own port. This one is never used, and staying the same it never replaces the group.
    port: 80,
    deregistrationDelay: target.deregistrationDelay,
    healthCheck: {
      path: target.healthCheckPath,
      ...healthyCodesOf(target),
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

/** Names load balancer and target group the way Application Auto Scaling wants it. */
export function labelOf({ loadBalancerFullName }: IngressSide, targetGroup: elbv2.ApplicationTargetGroup): string {
  return `${loadBalancerFullName}/${targetGroup.targetGroupFullName}`;
}

/** How an ingress speaks with a target. */
function protocolVersionOf(target: IIngressTarget, https: boolean): elbv2.ApplicationProtocolVersion {
  const version = target.protocolVersion ?? elbv2.ApplicationProtocolVersion.HTTP1;
  if (version !== elbv2.ApplicationProtocolVersion.HTTP1 && !https) {
    throw new InvalidBackendError(target, 'IngressRoute.protocolNeedsHttps', `\`protocolVersion\` of this target is ${version}, which load balancers forward from HTTPS listeners only, and the ingress uses HTTP. `
      + 'Set `domain` on the ingress, or remove `protocolVersion` from the target.');
  }
  return version;
}

/** What a healthy target answers. */
function healthyCodesOf({ protocolVersion, healthyGrpcCodes }: IIngressTarget): Pick<elbv2.HealthCheck, 'healthyGrpcCodes' | 'healthyHttpCodes'> {
  return protocolVersion === elbv2.ApplicationProtocolVersion.GRPC ? { healthyGrpcCodes: healthyGrpcCodes ?? '12' } : { healthyHttpCodes: '200-299' };
}
