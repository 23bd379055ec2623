import { createHash } from 'crypto';
import { type CfnResource, Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IAlternateTarget } from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { type IngressSource, IngressPath } from './ingress-path';
import type { IIngressRegistration, IIngressTarget } from '../../binding';
import { describe } from '../../posture/shared/describe';
import { identityOf } from '../../private/identity';
import type { INetworkIngressRoute } from '../network-ingress-route';

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html */
const IDLE_TIMEOUT = Duration.seconds(350);

/** Until new connections certainly go elsewhere. What runs has the stop time of the service after it. */
const USUAL_DELAY = Duration.seconds(60);

/** What a route needs to know of its ingress. */
export interface NetworkSide extends IngressSource {
  readonly ingress: IConstruct;
  readonly loadBalancer: elbv2.NetworkLoadBalancer;
  readonly domainName: string;
  /** Certificates of the listeners; none where these pass through what they get. */
  readonly certificates: ICertificate[];
  readonly clients: ec2.IPeer[];
}

/** A route by its name, and where it leads. */
export interface MadeNetworkRoute {
  readonly name: string;
  readonly route: INetworkIngressRoute;
  readonly target: IIngressTarget;
}

interface NetworkRouteProps {
  readonly side: NetworkSide;
  readonly target: IIngressTarget;
  readonly port: number;
}

/** Whether clients speak TLS with a route: with its listener, or through it with the target. */
export function speaksTls({ certificates }: Pick<NetworkSide, 'certificates'>, { tls = false }: IIngressTarget): boolean {
  return certificates.length > 0 || tls;
}

/** A listener with its target group, below the target. */
export class NetworkRoute extends Construct implements INetworkIngressRoute {
  /** Makes a route and the way between the two security groups. */
  public static create(id: string, props: NetworkRouteProps): NetworkRoute {
    const path = IngressPath.between(props.side, props.target);
    const rules = path.open(props.side);
    const route = new NetworkRoute(path, id, props);
    route.node.addDependency(...rules);
    return route;
  }

  public readonly port: number;
  public readonly listenerArn: string;
  public readonly targetGroup: elbv2.NetworkTargetGroup;
  public readonly idleTimeout = IDLE_TIMEOUT;

  private readonly listener: elbv2.CfnListener;
  private alternate?: elbv2.NetworkTargetGroup;

  private constructor(scope: Construct, id: string, private readonly props: NetworkRouteProps) {
    super(scope, id);
    const { port, side: { ingress }, target } = props;
    this.port = port;
    this.targetGroup = this.createGroup('TargetGroup');
    this.listener = this.createListener();
    this.listenerArn = this.listener.ref;
    this.admitClients();
    describe(this, this.listener, () => ({ kind: 'network-route', ingress, port, targets: [target], targetGroups: [this.targetGroup, this.alternate ?? []].flat() }));
  }

  public get alternateTargetGroup(): elbv2.INetworkTargetGroup | undefined {
    return this.alternate;
  }

  public get url(): string {
    const { side, target, port } = this.props;
    const tls = speaksTls(side, target);
    return `${tls ? 'https' : 'http'}://${side.domainName}${port === (tls ? 443 : 80) ? '' : `:${port}`}`;
  }

  public register(registration: IIngressRegistration): void {
    const { trafficShiftRole } = registration;
    const alternateTarget = trafficShiftRole === undefined ? undefined : this.createAlternate(trafficShiftRole);
    registration.loadBalancerTarget(alternateTarget).attachToNetworkTargetGroup(this.targetGroup);
  }

  /**
   * ECS moves connections by the weights of a listener, and takes its ARN where application load balancers have a rule.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb-resources-for-blue-green.html
   */
  private createAlternate({ roleArn }: IRole): IAlternateTarget {
    this.alternate = this.createGroup('AlternateTargetGroup');
    const { targetGroupArn } = this.alternate;
    const weighted = [{ targetGroupArn: this.targetGroup.targetGroupArn, weight: 100 }, { targetGroupArn, weight: 0 }];
    this.listener.defaultActions = [{ type: 'forward', forwardConfig: { targetGroups: weighted } }];
    return { bind: () => ({ alternateTargetGroupArn: targetGroupArn, roleArn, productionListenerRule: this.listenerArn }) };
  }

  private createListener(): elbv2.CfnListener {
    const { port, target, side: { loadBalancer, certificates: [first, ...others] } } = this.props;
    const tls = first === undefined ? undefined : { certificates: [first].map(certificateOf), sslPolicy: elbv2.SslPolicy.TLS13_RES, alpnPolicy: speaksHttp1(target) ? undefined : ['HTTP2Only'] };
    const listener = new elbv2.CfnListener(this, 'Resource', {
      loadBalancerArn: loadBalancer.loadBalancerArn,
      port,
      protocol: tls === undefined ? elbv2.Protocol.TCP : elbv2.Protocol.TLS,
      ...tls,
      defaultActions: [{ type: 'forward', targetGroupArn: this.targetGroup.targetGroupArn }],
    });
    this.keepId(listener, 'Listener');
    others.forEach((certificate, index) => {
      const other = new elbv2.CfnListenerCertificate(this, `Certificate${index}`, { listenerArn: listener.ref, certificates: [certificateOf(certificate)] });
      this.keepId(other, 'Certificate', certificate.certificateArn);
    });
    return listener;
  }

  /** Client addresses are not preserved: services are reached from the load balancer only, also by themselves (docs/ingress.md). */
  private createGroup(id: string): elbv2.NetworkTargetGroup {
    const { target, side: { certificates } } = this.props;
    return new elbv2.NetworkTargetGroup(this, id, {
      vpc: target.vpc,
      targetType: elbv2.TargetType.IP,
      protocol: target.tls === true && certificates.length > 0 ? elbv2.Protocol.TLS : elbv2.Protocol.TCP,
      // ECS registers each task with its own port. This one is never used, and staying the same it never replaces the group.
      port: 80,
      preserveClientIp: false,
      deregistrationDelay: target.deregistrationDelay ?? USUAL_DELAY,
      healthCheck: { ...healthCheckOf(target), interval: Duration.seconds(10), timeout: Duration.seconds(5), healthyThresholdCount: 2, unhealthyThresholdCount: 3 },
    });
  }

  private admitClients(): void {
    const { port, side: { clients, securityGroup: { securityGroupId: groupId } } } = this.props;
    clients.forEach((peer, index) => {
      const rule = new ec2.CfnSecurityGroupIngress(this, `Clients${index}`, { groupId, ipProtocol: 'tcp', fromPort: port, toPort: port, description: 'Clients', ...peer.toIngressRuleConfig() });
      this.keepId(rule, 'Clients', peer.uniqueId);
    });
  }

  /** A load balancer takes a port and a certificate once, and its group a rule, so none may get another id where route or target are renamed. */
  private keepId(resource: CfnResource, kind: string, ...parts: string[]): void {
    const { port, side: { identity: { pathId } } } = this.props;
    const text = JSON.stringify([pathId, port, ...parts.map((part) => identityOf(this, part))]);
    resource.overrideLogicalId(`NetworkIngress${kind}${port}${createHash('sha256').update(text).digest('hex').slice(0, 8)}`);
  }
}

function certificateOf({ certificateArn }: ICertificate): { readonly certificateArn: string } {
  return { certificateArn };
}

function speaksHttp1({ appProtocol }: IIngressTarget): boolean {
  return appProtocol === undefined || appProtocol.value === 'http';
}

/**
 * Network load balancers ask over HTTP/1.1 only, verify no certificate, and see of other protocols whether the port is open.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
 */
function healthCheckOf(target: IIngressTarget): elbv2.HealthCheck {
  const { healthCheckPath: path, tls = false } = target;
  return path === undefined || !speaksHttp1(target) ? { protocol: elbv2.Protocol.TCP } : { protocol: tls ? elbv2.Protocol.HTTPS : elbv2.Protocol.HTTP, path, healthyHttpCodes: '200-299' };
}
