import { Stack, type RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Egress, Posture } from '../posture';
import { planTiers, PLANNED_ZONES, validateZones } from './private/address-plan';
import { keepInAccounts } from './private/endpoint-policies';
import { trustOwnFlowLogs } from './private/flow-log-role';
import { HardenedNatInstance } from './private/nat-instance';
import { firstZones, withoutZoneLookup } from './private/zones';
import { NETWORK_SERVICES, warnOfOtherGroups } from './shared/endpoint-services';
import { markEndpointsOnly } from './shared/endpoints-only';
import { PublicIpv6 } from './shared/ipv6';
import { serveLogs } from './shared/log-encryption';
import { dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { resourcesBelow } from '../private/main-resource';
import { nameTag, shortenNameTags } from '../private/path-text';

/** Properties of a network. */
export interface BackendNetworkProps {
  /**
   * IPv4 range, from /16 to /22. Written out, never a token. Changing it replaces the network.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * Availability zones in use, from 1 to 3: the region's first ones. Addresses of the others stay reserved.
   *
   * @default - from the posture: 2 in development, 3 in production
   */
  readonly maxAzs?: number;

  /**
   * How tasks reach the internet and AWS.
   *
   * @default - from the posture: Egress.publicIp() in development, Egress.natGateway({ perAz: true }) in production
   */
  readonly egress?: Egress;

  /**
   * Whether every accepted and rejected connection is logged to CloudWatch Logs.
   *
   * @default - from the posture: false in development, true in production
   */
  readonly flowLogs?: boolean;

  /**
   * How long flow logs are kept.
   *
   * @default - from the posture: one week in development, three months in production
   */
  readonly flowLogRetention?: logs.RetentionDays;

  /**
   * Key that flow logs are encrypted with. The key is told to serve this log group.
   *
   * @default - CloudWatch Logs encrypts them with a key of its own
   */
  readonly flowLogEncryptionKey?: kms.IKey;

  /**
   * What happens to the flow logs when the network leaves the stack: destroy, retain, or retain on update or delete, which deletes
   * them where the first deployment fails.
   *
   * @default - from the posture: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether the VPC's default security group loses its rules, so that nothing can be put into it by accident. Adds a
   * Lambda-backed custom resource of CDK's own.
   *
   * @default - from the posture: false in development, true in production
   */
  readonly restrictDefaultSecurityGroup?: boolean;

  /**
   * Whether the public subnets have IPv6 besides IPv4, for load balancers that clients reach by IPv6. Private and isolated subnets never
   * have. Turning it on changes no subnet.
   *
   * @default false
   */
  readonly ipv6?: boolean;
}

/**
 * A VPC with public, private and isolated subnets whose addresses never move.
 *
 * ## What it makes
 *
 * A VPC with DNS, up to three tiers of subnets in up to three availability zones, an S3 gateway endpoint, and what the
 * egress needs: nothing for `Egress.publicIp()`, a NAT instance, NAT gateways, or interface endpoints. In production also
 * flow logs and an empty default security group.
 *
 * ## Defaults that matter
 *
 * The address plan is fixed: nine subnets (three tiers, three zones) of a sixteenth of the range each are always
 * reserved, in use or not. Another posture, egress or zone count adds or removes subnets and moves none. The last seven
 * sixteenths are yours. Zones are chosen by CloudFormation in the region, never looked up.
 *
 * ## Security considerations
 *
 * Public subnets give no address by themselves, with `ipv6` neither. Isolated subnets have no route out of the VPC. Endpoints and the NAT
 * instance accept connections from the VPC only. With `Egress.vpcEndpoints()`, the endpoints let through only roles and resources of this
 * account, and of `trustedAccounts`. The NAT instance keeps itself patched, and reboots on Sunday at 03:00 UTC where a patch
 * needs it.
 *
 * ## Cost
 *
 * In us-east-1: the VPC, its subnets and the S3 endpoint cost nothing. `Egress.publicIp()` 3.65 USD a month for each
 * running task; `natInstance()` about 7, and 0.20 for its alarms; `natGateway()` 36.50 for each gateway with its address (110 with one in each of three
 * zones), plus data; `endpoints()` 6 × 7.30 = 43.80 for each zone. Flow logs 0.50 USD a GB.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { BackendNetwork, Egress, Posture } from 'cdk-private-backend';
 *
 * const app = new App();
 * Posture.development().applyTo(app);
 * const stack = new Stack(app, 'Backend');
 * const network = new BackendNetwork(stack, 'Network', { egress: Egress.natInstance() });
 * const vpc = network.vpc;
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/how-it-works.html
 */
export class BackendNetwork extends Construct {
  /** The VPC. */
  public readonly vpc: ec2.IVpc;

  /** How tasks in this network reach the internet and AWS. */
  public readonly egress: Egress;

  /**
   * The security group of the interface endpoints, for endpoints that you add; undefined with another egress than `Egress.vpcEndpoints()`.
   */
  public readonly endpointSecurityGroup?: ec2.ISecurityGroup;

  /** Where flow logs are written; undefined without them. */
  public readonly flowLogGroup?: logs.ILogGroup;

  /**
   * @throws InvalidBackendError for a `cidr` that is a token, not an IPv4 range, or outside /16 to /22, and for
   * `maxAzs` other than 1, 2 or 3
   */
  constructor(scope: Construct, id: string, props: BackendNetworkProps = {}) {
    super(scope, id);
    const posture = Posture.of(this);
    this.egress = props.egress ?? posture.egress;
    const cidr = props.cidr ?? '10.0.0.0/16';
    const vpc = this.createVpc(cidr, props, posture);
    this.vpc = vpc;
    if (props.ipv6 === true) {
      new PublicIpv6(this, 'Ipv6', vpc);
    }
    const s3 = this.vpc.addGatewayEndpoint('S3Endpoint', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    if (this.egress.kind === 'vpc-endpoints') {
      keepInAccounts(s3, 's3', this.egress.trustedAccounts);
      this.endpointSecurityGroup = this.createEndpoints(cidr);
    }
    if (props.flowLogs ?? posture.flowLogs) {
      this.flowLogGroup = this.createFlowLogs(props, posture);
    }
    shortenNameTags(this);
    describe(this, vpc, () => ({ kind: 'network', egress: this.egress.kind, flowLogGroup: this.flowLogGroup }));
    referWeakly(...resourcesBelow(this.vpc));
  }

  private createVpc(cidr: string, props: BackendNetworkProps, posture: Posture): ec2.Vpc {
    const maxAzs = props.maxAzs ?? posture.maxAzs;
    validateZones(this, maxAzs);
    const subnetConfiguration = planTiers(this, cidr, this.egress);
    return withoutZoneLookup(Stack.of(this), () => new ec2.Vpc(this, 'Resource', {
      vpcName: nameTag(this),
      ipAddresses: ec2.IpAddresses.cidr(cidr),
      subnetConfiguration,
      availabilityZones: firstZones(maxAzs),
      reservedAzs: PLANNED_ZONES - maxAzs,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      restrictDefaultSecurityGroup: props.restrictDefaultSecurityGroup ?? posture.restrictDefaultSecurityGroup,
      ...this.renderNat(cidr, maxAzs),
    }));
  }

  private renderNat(cidr: string, maxAzs: number): Pick<ec2.VpcProps, 'natGateways' | 'natGatewayProvider'> {
    switch (this.egress.kind) {
      case 'nat-gateway': return { natGateways: this.egress.perAz ? maxAzs : 1 };
      case 'nat-instance': return { natGateways: 1, natGatewayProvider: new HardenedNatInstance({ cidr, alarms: Posture.of(this).alarms }) };
      default: return { natGateways: 0 };
    }
  }

  private createEndpoints(cidr: string): ec2.ISecurityGroup {
    const { s3PrefixList, trustedAccounts } = this.egress;
    const securityGroup = new ec2.SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'Interface endpoints: HTTPS from the network only',
      allowAllOutbound: false,
      disableInlineRules: false,
    });
    securityGroup.addIngressRule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), 'from the network');
    referWeakly(securityGroup);
    for (const { id, name, service } of NETWORK_SERVICES) {
      const endpoint = this.vpc.addInterfaceEndpoint(`${id}Endpoint`, {
        service: service!,
        subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        securityGroups: [securityGroup],
        privateDnsEnabled: true,
        open: false,
      });
      keepInAccounts(endpoint, name, trustedAccounts);
    }
    markEndpointsOnly(this.vpc, { securityGroup, s3PrefixList });
    if (s3PrefixList !== undefined) {
      warnOfOtherGroups(this, this.vpc, securityGroup);
    }
    return securityGroup;
  }

  private createFlowLogs(props: BackendNetworkProps, posture: Posture): logs.ILogGroup {
    const group = new logs.LogGroup(this, 'FlowLogs', {
      retention: props.flowLogRetention ?? posture.logRetention,
      removalPolicy: dataRemovalPolicy(this, props.removalPolicy),
      encryptionKey: props.flowLogEncryptionKey,
    });
    serveLogs(this, props.flowLogEncryptionKey);
    trustOwnFlowLogs(this.vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(group),
      trafficType: ec2.FlowLogTrafficType.ALL,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
    }));
    return group;
  }
}
