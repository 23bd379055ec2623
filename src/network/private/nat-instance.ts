import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { HardenedInstance } from '../../compute/hardened-instance';

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html */
const FORWARD = [
  'retry dnf install -y iptables-services',
  'systemctl enable --now iptables',
  'echo "net.ipv4.ip_forward=1" > /etc/sysctl.d/90-nat.conf',
  'sysctl -p /etc/sysctl.d/90-nat.conf',
  'iptables -t nat -A POSTROUTING -o "$(ip -o -4 route show default | awk \'{print $5; exit}\')" -j MASQUERADE',
  'iptables -F FORWARD',
  'service iptables save',
];

/** One NAT instance for all private subnets that takes packets from the network only and stays when a new image appears. */
export class HardenedNatInstance extends ec2.NatProvider {
  private instance?: ec2.Instance;

  /** @param cidr written out, so that the rule can be read in the template */
  constructor(private readonly cidr: string) {
    super();
  }

  public get configuredGateways(): ec2.GatewayConfig[] {
    return this.instance === undefined ? [] : [{ az: this.instance.instanceAvailabilityZone, gatewayId: this.instance.instanceId }];
  }

  public configureNat(options: ec2.ConfigureNatOptions): void {
    const [subnet] = options.natSubnets;
    const securityGroup = new ec2.SecurityGroup(options.vpc, 'NatSecurityGroup', {
      vpc: options.vpc,
      description: 'NAT instance: takes packets from the network only',
      disableInlineRules: false,
    });
    securityGroup.addIngressRule(ec2.Peer.ipv4(this.cidr), ec2.Port.allTraffic(), 'from the network');
    const role = new iam.Role(options.vpc, 'NatRole', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      description: 'NAT instance: no permissions',
    });
    this.instance = new HardenedInstance(options.vpc, 'NatInstance', {
      vpc: options.vpc,
      vpcSubnets: { subnets: [subnet] },
      publicAddress: true,
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
      securityGroup,
      role,
      setUp: FORWARD,
      sourceDestCheck: false,
    }).instance;
    options.privateSubnets.forEach((privateSubnet) => this.configureSubnet(privateSubnet));
  }

  public configureSubnet(subnet: ec2.PrivateSubnet): void {
    if (this.instance !== undefined) {
      subnet.addRoute('DefaultRoute', {
        routerType: ec2.RouterType.INSTANCE,
        routerId: this.instance.instanceId,
        enablesInternetConnectivity: true,
      });
    }
  }
}
