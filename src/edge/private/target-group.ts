import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { EdgeSide } from './edge-path';
import type { IEdgeTarget } from '../../binding';
import { InvalidBackendError } from '../../private/errors';

/** A target group that a target registers itself with. */
export function createTargetGroup(scope: Construct, id: string, { https }: EdgeSide, target: IEdgeTarget, vpc: ec2.IVpc = target.vpc): elbv2.ApplicationTargetGroup {
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
export function labelOf({ loadBalancerFullName }: EdgeSide, targetGroup: elbv2.ApplicationTargetGroup): string {
  return `${loadBalancerFullName}/${targetGroup.targetGroupFullName}`;
}

/** How an edge speaks with a target. */
function protocolVersionOf(target: IEdgeTarget, https: boolean): elbv2.ApplicationProtocolVersion {
  const version = target.protocolVersion ?? elbv2.ApplicationProtocolVersion.HTTP1;
  if (version !== elbv2.ApplicationProtocolVersion.HTTP1 && !https) {
    throw new InvalidBackendError(target, `This target speaks ${version === elbv2.ApplicationProtocolVersion.GRPC ? 'gRPC' : 'HTTP/2'}, which load balancers forward from HTTPS listeners only, and the edge has none. Give the edge a domain, or let the target speak HTTP/1.1.`);
  }
  return version;
}

/** What a healthy target answers. */
function healthyCodesOf({ protocolVersion, healthyGrpcCodes }: IEdgeTarget): Pick<elbv2.HealthCheck, 'healthyGrpcCodes' | 'healthyHttpCodes'> {
  return protocolVersion === elbv2.ApplicationProtocolVersion.GRPC ? { healthyGrpcCodes: healthyGrpcCodes ?? '12' } : { healthyHttpCodes: '200-299' };
}
