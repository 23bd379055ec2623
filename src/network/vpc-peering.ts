import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { assumePeering } from './shared/same-vpc';

/**
 * What this library cannot see of peering between VPCs. A peering connection that this app makes needs nothing of it.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 */
export abstract class VpcPeering {
  /**
   * Tells that two VPCs of one region are connected by an active peering connection that this app does not make, with routes in both. Then
   * services, migrations and tunnels in one may connect to servers and caches in the other, which is an error at synth otherwise.
   *
   * @param vpc one of the two
   * @param peerVpc the other
   */
  public static assume(vpc: IVpc, peerVpc: IVpc): void {
    assumePeering(vpc, peerVpc);
  }
}
