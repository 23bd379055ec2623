import { Token } from 'aws-cdk-lib';
import { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { FargateApiProps } from '../fargate-api-props';

/** How an API is spoken with, with its defaults filled in. */
export interface ApiProtocol {
  readonly appProtocol: AppProtocol;
  readonly tls: boolean;
  /** None where only somebody who knows the protocol finds out whether the service responds. */
  readonly healthCheckPath?: string;
  readonly healthyGrpcCodes?: string;
}

export function planProtocol({ appProtocol = AppProtocol.http, tls = false, healthCheckPath, healthyGrpcCodes }: FargateApiProps): ApiProtocol {
  return { appProtocol, tls, healthCheckPath: healthCheckPath ?? (isGrpc(appProtocol) ? undefined : '/healthz'), healthyGrpcCodes };
}

/**
 * What proxies are told of the port: nothing of HTTP where it is inside of TLS, which they pass as they pass any TCP.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
 */
export function visibleProtocol({ appProtocol, tls }: ApiProtocol): AppProtocol | undefined {
  return tls ? undefined : appProtocol;
}

/** Whether a small program can ask the health check's path and read the answer: over HTTP/1.1 and without TLS. */
export function isPlainHttp({ appProtocol, tls }: Partial<ApiProtocol>): boolean {
  return tls !== true && appProtocol?.value === AppProtocol.http.value;
}

/** Refuses what a load balancer would refuse only during a deployment. Unresolved values pass. */
export function validateProtocol(scope: IConstruct, { appProtocol, healthCheckPath: path, healthyGrpcCodes: codes }: ApiProtocol): void {
  if (!isGrpc(appProtocol)) {
    if (codes !== undefined) {
      throw new InvalidBackendError(scope, 'FargateApi.grpcRequired', '`healthyGrpcCodes` is set, but `appProtocol` is not `grpc`. Set `appProtocol: ecs.AppProtocol.grpc`, or remove `healthyGrpcCodes`.');
    }
    return;
  }
  if (path !== undefined && !Token.isUnresolved(path) && !/^\/[A-Za-z0-9_.]+\/[A-Za-z0-9_]+$/.test(path)) {
    throw new InvalidBackendError(scope, 'FargateApi.grpcHealthCheckPath', `\`healthCheckPath\` must be a method where \`appProtocol\` is \`grpc\`, for example '/grpc.health.v1.Health/Check', got '${path}'. Remove \`healthCheckPath\` to check only whether the server responds.`);
  }
  if (codes !== undefined && !Token.isUnresolved(codes) && !/^(\d{1,2}(,\d{1,2})*|\d{1,2}-\d{1,2})$/.test(codes)) {
    throw new InvalidBackendError(scope, 'FargateApi.healthyGrpcCodes', `\`healthyGrpcCodes\` must be codes from 0 to 99, for example '0', '0,12' or '0-5', got '${codes}'.`);
  }
}

function isGrpc({ value }: AppProtocol): boolean {
  return value === AppProtocol.grpc.value;
}
