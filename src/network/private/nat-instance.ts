import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Ec2Action, Ec2InstanceAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { HardenedInstance } from '../../compute/hardened-instance';
import { installTimer } from '../../compute/heredoc';
import { describe } from '../../posture/shared/describe';

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html */
const FORWARD = [
  'retry dnf install -y iptables-services',
  'systemctl enable --now iptables',
  'echo "net.ipv4.ip_forward=1" > /etc/sysctl.d/90-nat.conf',
  'sysctl -p /etc/sysctl.d/90-nat.conf',
  'card="$(ip -o -4 route show default | awk \'{print $5; exit}\')"',
  'test -n "$card"',
  'iptables -t nat -A POSTROUTING -o "$card" -j MASQUERADE',
  'iptables -F FORWARD',
  'service iptables save',
];

/**
 * This instance never stops, so what it installs every day has to reach what runs. `smart-restart` restarts services whose libraries were
 * replaced, after each transaction, and leaves a mark where only a reboot helps, as for a kernel. Fixes of a kernel that exist as live patches
 * are in force at once; AWS makes them for three months after a kernel, and not for all fixes, so the instance restarts on Sunday night where
 * the mark is. A kernel without live patches is no reason not to forward.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/automatic-restart-services.html
 * @see https://docs.aws.amazon.com/linux/al2023/ug/live-patching.html
 */
const STAY_PATCHED = [
  'retry dnf install -y smart-restart python3-dnf-plugin-post-transaction-actions',
  ...installTimer({
    name: 'reboot-for-patches',
    description: 'Reboots where a security update needs it',
    timerDescription: 'Reboots on Sunday night where a security update needs it',
    conditions: ['ConditionPathExists=/run/smart-restart/reboot-hint-marker'],
    commands: ['/usr/bin/systemctl reboot'],
    schedule: ['OnCalendar=Sun *-*-* 03:00:00 UTC'],
  }),
  '{ dnf install -y kpatch-dnf kpatch-runtime && dnf kernel-livepatch -y auto && systemctl enable --now kpatch.service; } || echo "There are no live patches for this kernel."',
];

/** What a network says of its NAT instance. */
export interface NatInstanceOptions {
  /** Range of the network, written out, so that the rule can be read in the template. */
  readonly cidr: string;
  /** Whether alarms restart the instance where it does not answer. */
  readonly alarms: boolean;
}

/** One NAT instance for all private subnets that takes packets from the network only and stays when a new image appears. */
export class HardenedNatInstance extends ec2.NatProvider {
  private instance?: ec2.Instance;

  constructor(private readonly options: NatInstanceOptions) {
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
    securityGroup.addIngressRule(ec2.Peer.ipv4(this.options.cidr), ec2.Port.allTraffic(), 'from the network');
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
      setUp: [...FORWARD, ...STAY_PATCHED],
      reportsSetUp: true,
      sourceDestCheck: false,
    }).instance;
    // Without its own way out, the set-up would fail.
    this.instance.instance.node.addDependency(subnet.internetConnectivityEstablished);
    if (this.options.alarms) {
      createAlarms(options.vpc, this.instance);
    }
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

/**
 * Alarms that act: EC2 moves the instance to other hardware or restarts it, and address, routes and id stay. EC2 recovers instances by itself too,
 * but not as fast, and never restarts one whose system hangs. The numbers of periods keep the two from acting at once.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cloudwatch-recovery.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html
 */
function createAlarms(scope: Construct, { instanceId }: ec2.Instance): void {
  const alarm = (id: string, metricName: string, evaluationPeriods: number, action: Ec2InstanceAction, alarmDescription: string) => {
    const made = new cloudwatch.Alarm(scope, id, {
      alarmDescription,
      metric: new cloudwatch.Metric({ namespace: 'AWS/EC2', metricName, dimensionsMap: { InstanceId: instanceId }, statistic: cloudwatch.Stats.MAXIMUM, period: Duration.minutes(1) }),
      threshold: 1,
      evaluationPeriods,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    });
    made.addAlarmAction(new Ec2Action(action));
    describe(made, made, () => ({ kind: 'alarm', of: scope, symptom: undefined }));
  };
  alarm('NatRecoveryAlarm', 'StatusCheckFailed_System', 2, Ec2InstanceAction.RECOVER, 'The hardware of the NAT instance failed for 2 minutes: EC2 moves it');
  alarm('NatRebootAlarm', 'StatusCheckFailed_Instance', 3, Ec2InstanceAction.REBOOT, 'The NAT instance did not answer for 3 minutes: EC2 reboots it');
}
