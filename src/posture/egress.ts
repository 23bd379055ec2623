/** Options of a NAT gateway egress. */
export interface NatGatewayEgressOptions {
  /**
   * One NAT gateway in every availability zone, so that the loss of a zone cuts off no other.
   *
   * @default false - one NAT gateway for all zones
   */
  readonly perAz?: boolean;
}

/** How tasks in the network reach the internet and AWS. */
export class Egress {
  /**
   * Tasks run in public subnets with a public IPv4 address each and no ingress. Costs about 3.65 USD a month for each
   * running task and nothing when none runs.
   *
   * @see https://aws.amazon.com/vpc/pricing/
   */
  public static publicIp(): Egress {
    return new Egress('public-ip', false);
  }

  /**
   * One small NAT instance (t4g.nano) for all private subnets, about 7 USD a month with its address. The loss of its
   * zone, and its replacement by a release of this library with another set-up, interrupt the way out of all zones.
   */
  public static natInstance(): Egress {
    return new Egress('nat-instance', false);
  }

  /**
   * Managed NAT gateways, about 33 USD a month each, plus data.
   *
   * @param options how many gateways
   * @see https://aws.amazon.com/vpc/pricing/
   */
  public static natGateway(options: NatGatewayEgressOptions = {}): Egress {
    return new Egress('nat-gateway', options.perAz ?? false);
  }

  /**
   * No way to the internet for tasks, which run in isolated subnets: interface endpoints for exactly the AWS services that
   * this library's tasks and bastions need, about 44 USD a month for each zone. Public subnets remain for load balancers.
   */
  public static vpcEndpoints(): Egress {
    return new Egress('vpc-endpoints', false);
  }

  private constructor(
    /** `public-ip`, `nat-instance`, `nat-gateway` or `vpc-endpoints`. */
    public readonly kind: string,
    /** Whether every availability zone has its own NAT gateway. */
    public readonly perAz: boolean,
  ) {}
}
