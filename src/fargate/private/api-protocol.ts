import { Token } from 'aws-cdk-lib';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import { ApplicationProtocolVersion } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { FargateApiProps } from '../fargate-api-props';

/** How an API is spoken with, with its defaults filled in. */
export interface ApiProtocol {
  readonly protocolVersion: ApplicationProtocolVersion;
  readonly healthCheckPath: string;
  readonly healthyGrpcCodes?: string;
  /** For the proxies of Service Connect. */
  readonly appProtocol: AppProtocol;
}

/**
 * The method that load balancers ask by default is implemented by no server, which so answers UNIMPLEMENTED (12). One that is
 * implemented answers OK (0).
 */
export function planProtocol({ protocolVersion = ApplicationProtocolVersion.HTTP1, healthCheckPath, healthyGrpcCodes }: FargateApiProps): ApiProtocol {
  if (protocolVersion !== ApplicationProtocolVersion.GRPC) {
    const appProtocol = protocolVersion === ApplicationProtocolVersion.HTTP2 ? AppProtocol.http2 : AppProtocol.http;
    return { protocolVersion, healthCheckPath: healthCheckPath ?? '/healthz', healthyGrpcCodes, appProtocol };
  }
  return {
    protocolVersion,
    healthCheckPath: healthCheckPath ?? '/AWS.ALB/healthcheck',
    healthyGrpcCodes: healthyGrpcCodes ?? (healthCheckPath === undefined ? '12' : '0'),
    appProtocol: AppProtocol.grpc,
  };
}

/** Refuses what a load balancer would refuse only during a deployment. Unresolved values pass. */
export function validateProtocol(scope: IConstruct, { protocolVersion, healthCheckPath: path, healthyGrpcCodes: codes }: ApiProtocol): void {
  if (protocolVersion !== ApplicationProtocolVersion.GRPC) {
    if (codes !== undefined) {
      throw new InvalidBackendError(scope, 'FargateApi.grpcRequired', '`healthyGrpcCodes` is set, but `protocolVersion` is not GRPC. Set `protocolVersion: elbv2.ApplicationProtocolVersion.GRPC`, or remove `healthyGrpcCodes`.');
    }
    return;
  }
  if (!Token.isUnresolved(path) && !/^\/[A-Za-z0-9_.]+\/[A-Za-z0-9_]+$/.test(path)) {
    throw new InvalidBackendError(scope, 'FargateApi.grpcHealthCheckPath', `\`healthCheckPath\` must be a method where \`protocolVersion\` is GRPC, for example '/grpc.health.v1.Health/Check', got '${path}'. Remove \`healthCheckPath\` to check only whether the server responds.`);
  }
  if (codes !== undefined && !Token.isUnresolved(codes) && !/^(\d{1,2}(,\d{1,2})*|\d{1,2}-\d{1,2})$/.test(codes)) {
    throw new InvalidBackendError(scope, 'FargateApi.healthyGrpcCodes', `\`healthyGrpcCodes\` must be codes from 0 to 99, for example '0', '0,12' or '0-5', got '${codes}'.`);
  }
}
