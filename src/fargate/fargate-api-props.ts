import type { Duration } from 'aws-cdk-lib';
import type { AppProtocol } from 'aws-cdk-lib/aws-ecs';
import type { CommonServiceProps } from './common-service-props';

/** Properties of an API on Fargate. */
export interface FargateApiProps extends CommonServiceProps {
  /**
   * TCP port that the service listens on, given to it as `PORT`.
   *
   * @default 8080
   */
  readonly port?: number;

  /**
   * Further TCP ports that the service listens on, for metrics or administration. Nothing may connect to them but services that have
   * `api.onPort(…)` in `connectTo`, and what `connections` allow.
   *
   * @default - none
   */
  readonly additionalPorts?: number[];

  /**
   * Name under which other services find this one, where the cluster has service discovery: `<name>.<namespace>`. Other services that
   * connect to it get its URL in the variable of that name, such as `SESSIONS_URL`.
   *
   * @default - the id in kebab case: `OrdersApi` is found as `orders-api`, and gives `ORDERS_API_URL`
   */
  readonly discoveryName?: string;

  /**
   * What the service speaks: HTTP/1.1, HTTP/2 or gRPC. Behind a `PublicIngress`, HTTP/2 and gRPC need HTTPS on the ingress and clients that
   * speak HTTP/2. Changing it replaces the target groups, with an interruption; with Service Connect, ECS refuses it.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-protocol-version
   * @default AppProtocol.http
   */
  readonly appProtocol?: AppProtocol;

  /**
   * Whether the service speaks it over TLS on `port`, with a certificate that it brings itself. Ingresses then connect and ask over HTTPS, without
   * verifying the certificate, and services that have this one in `connectTo` get an `https://` URL, whose name the certificate has to have.
   * The proxies of Service Connect see TCP, so `requestTimeout` of the namespace does not count. A rehearsal looks only whether the port stays
   * open, unless there is a `containerHealthCheck`. Changing it replaces the target groups, with an interruption; with Service Connect, ECS refuses it.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-routing-configuration
   * @default false
   */
  readonly tls?: boolean;

  /**
   * Path that the ingress asks, every ten seconds, whether a task can take requests; it must answer 2xx. With gRPC a method, such
   * as `/grpc.health.v1.Health/Check`, which must answer with one of `healthyGrpcCodes`.
   *
   * A change counts for the tasks that are running too, before new ones are there: those that do not answer the new path are replaced after 30
   * seconds. So answer the old and the new path for one release, and change this with the next.
   *
   * @default - `/healthz`; with gRPC the ingress asks a method that no server has, which a server answers without knowing it
   */
  readonly healthCheckPath?: string;

  /**
   * Codes with which a healthy gRPC service answers the health check, from 0 to 99: `0`, `0,12` or `0-5`.
   *
   * @see https://grpc.io/docs/guides/status-codes/
   * @default - `0` with a healthCheckPath, `12` (unimplemented) without
   */
  readonly healthyGrpcCodes?: string;

  /**
   * Time after the start of a task during which failed health checks are ignored, while an ingress routes to the service.
   *
   * @default Duration.seconds(60)
   */
  readonly healthCheckGracePeriod?: Duration;

  /**
   * Time that the load balancer lets running requests finish before a task stops, from 0 to 3600 seconds. A task always waits for all of it, so
   * that deployments are faster with less; requests that run longer are answered with 502, which is a warning where the ingress would wait longer.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
   * @default - 60 seconds; of a `PublicIngress` with another `idleTimeout` that
   */
  readonly deregistrationDelay?: Duration;
}
