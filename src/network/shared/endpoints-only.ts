import { Port, Peer, type IPrefixList, type ISecurityGroup, type IVpc, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';

const ENDPOINTS = Symbol.for('cdk-private-backend.Network.endpointsOnly');

const HTTPS = Port.tcp(443);

/** What tasks of a network without a way to the internet reach. */
export interface EndpointsOnly {
  /** The group of the interface endpoints. */
  readonly securityGroup: ISecurityGroup;
  /** Addresses of S3, where they can be named. */
  readonly s3PrefixList?: IPrefixList;
}

/** Marks a VPC whose tasks reach AWS by endpoints only, although it has public subnets for load balancers. */
export function markEndpointsOnly(vpc: IVpc, endpoints: EndpointsOnly): void {
  Object.defineProperty(vpc, ENDPOINTS, { value: endpoints });
}

/** Whether a VPC was marked so. */
export function isEndpointsOnly(vpc: IVpc): boolean {
  return endpointsOf(vpc) !== undefined;
}

/**
 * Lets a group out to AWS: every rule for HTTPS that this library makes for tasks and bastions. The address of S3's gateway endpoint is S3's own, so
 * without its prefix list the rule has to name every address, and the routes decide.
 */
export function openHttps(group: SecurityGroup, vpc: IVpc, description: string): void {
  const endpoints = endpointsOf(vpc);
  if (endpoints?.s3PrefixList === undefined) {
    group.addEgressRule(Peer.anyIpv4(), HTTPS, description);
    return;
  }
  group.addEgressRule(endpoints.securityGroup, HTTPS, `${description}: by endpoints`);
  group.addEgressRule(Peer.prefixList(endpoints.s3PrefixList.prefixListId), HTTPS, `${description}: S3`);
}

function endpointsOf(vpc: IVpc): EndpointsOnly | undefined {
  return (vpc as unknown as Record<symbol, EndpointsOnly | undefined>)[ENDPOINTS];
}
