import { ApplicationProtocolVersion } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IIngressTarget } from '../../binding';

/** What a target speaks, as a target group of an application load balancer calls it. */
export function protocolVersionOf({ appProtocol }: IIngressTarget): ApplicationProtocolVersion {
  switch (appProtocol?.value) {
    case 'grpc': return ApplicationProtocolVersion.GRPC;
    case 'http2': return ApplicationProtocolVersion.HTTP2;
    default: return ApplicationProtocolVersion.HTTP1;
  }
}
