import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { parseCidr } from '../../private/cidr';
import { InvalidBackendError } from '../../private/errors';

/** One end of a statement about reachability: something in the app, the internet, or addresses. */
export class ReachabilityPoint {
  /**
   * A construct that stands in a network: a service, task, function, instance, load balancer, endpoint, database, cache or
   * broker, or a construct around one. A security group means everything that has it.
   *
   * @param construct what is found in the templates by its path
   */
  public static of(construct: IConstruct): ReachabilityPoint {
    return new ReachabilityPoint(construct, undefined);
  }

  /** Every public address, IPv4 and IPv6. */
  public static internet(): ReachabilityPoint {
    return new ReachabilityPoint(undefined, undefined);
  }

  /**
   * Addresses outside of the networks of the app, such as those of an office.
   *
   * @param cidr a range of IPv4 or IPv6 addresses, such as `203.0.113.0/24`
   * @throws InvalidBackendError for what is no range of addresses, or a token
   */
  public static cidr(cidr: string): ReachabilityPoint {
    if (Token.isUnresolved(cidr) || parseCidr(cidr) === undefined) {
      const got = Token.isUnresolved(cidr) ? 'a range that isn\'t known until deployment (it\'s a token)' : `'${cidr}'`;
      throw new InvalidBackendError('ReachabilityPoint.cidr()', 'ReachabilityPoint.cidr', `\`cidr\` must be a range of addresses such as '203.0.113.0/24' or '2001:db8::/32', got ${got}.`);
    }
    return new ReachabilityPoint(undefined, cidr);
  }

  private constructor(
    /** @internal */
    public readonly _construct: IConstruct | undefined,
    /** @internal */
    public readonly _cidr: string | undefined,
  ) {}
}
