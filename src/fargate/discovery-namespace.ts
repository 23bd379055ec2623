import { Duration } from 'aws-cdk-lib';

/** Options of Service Connect. */
export interface ServiceConnectOptions {
  /**
   * Time after which the proxy of the caller gives up on an answer, in whole seconds. Zero waits for ever.
   *
   * @default Duration.seconds(60)
   */
  readonly requestTimeout?: Duration;
}

/**
 * How services of a cluster find each other.
 *
 * Either way a service is `<name>.<namespace>` to its callers, where the name is its construct id in kebab case, and a service in
 * `connectTo` of another gives it the URL.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import { BackendCluster, FargateApi, DiscoveryNamespace, ServiceImage } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * const stack = new Stack(new App(), 'Backend');
 * const cluster = new BackendCluster(stack, 'Cluster', { vpc, serviceDiscovery: DiscoveryNamespace.privateDns('backend.internal') });
 * const sessions = new FargateApi(stack, 'Sessions', { cluster, image: ServiceImage.fromDirectory('sessions') });
 * // The API gets SESSIONS_URL, http://sessions.backend.internal:8080.
 * new FargateApi(stack, 'Api', { cluster, image: ServiceImage.fromDirectory('api'), connectTo: [sessions] });
 */
export class DiscoveryNamespace {
  /**
   * A record in a private hosted zone for each service, with the addresses of its tasks. Whatever is in the network can use it:
   * services, jobs, a bastion. Names are answered for ten seconds, so callers should not keep connections to addresses that are gone.
   *
   * @param namespace a domain name in lower case that exists nowhere else, such as `backend.internal`
   */
  public static privateDns(namespace: string): DiscoveryNamespace {
    return new DiscoveryNamespace('dns', namespace, Duration.seconds(0));
  }

  /**
   * A proxy in each task, which balances requests over healthy tasks of the called service, tries again where one does not answer, and
   * measures. Only services of the same cluster can use it. The proxy takes about 64 MiB and some CPU of each task.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html
   * @param namespace a domain name in lower case, such as `backend.internal`; it is not in any DNS
   */
  public static serviceConnect(namespace: string, options: ServiceConnectOptions = {}): DiscoveryNamespace {
    return new DiscoveryNamespace('connect', namespace, options.requestTimeout ?? Duration.seconds(60));
  }

  private constructor(
    /** @internal */
    public readonly _kind: 'dns' | 'connect',
    /** @internal */
    public readonly _namespace: string,
    /** @internal */
    public readonly _requestTimeout: Duration,
  ) {}
}
