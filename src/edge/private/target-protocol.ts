import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { InvalidBackendError } from '../../private/errors';
import type { IEdgeTarget } from '../edge-target';

const { GRPC, HTTP1 } = elbv2.ApplicationProtocolVersion;

/** How an edge speaks with a target. */
export function protocolVersionOf(target: IEdgeTarget, https: boolean): elbv2.ApplicationProtocolVersion {
  const version = target.protocolVersion ?? HTTP1;
  if (version !== HTTP1 && !https) {
    throw new InvalidBackendError(target, `This target speaks ${version === GRPC ? 'gRPC' : 'HTTP/2'}, which load balancers forward from HTTPS listeners only, and the edge has none. Give the edge a domain, or let the target speak HTTP/1.1.`);
  }
  return version;
}

/** What a healthy target answers. */
export function healthyCodesOf({ protocolVersion, healthyGrpcCodes }: IEdgeTarget): Pick<elbv2.HealthCheck, 'healthyGrpcCodes' | 'healthyHttpCodes'> {
  return protocolVersion === GRPC ? { healthyGrpcCodes: healthyGrpcCodes ?? '12' } : { healthyHttpCodes: '200-299' };
}
