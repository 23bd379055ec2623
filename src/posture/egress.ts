import { Token } from 'aws-cdk-lib';
import type { IPrefixList } from 'aws-cdk-lib/aws-ec2';
import { refuseOf } from '../private/errors';

/** Options of a NAT gateway egress. */
export interface NatGatewayEgressOptions {
  /**
   * One NAT gateway in every availability zone, so that the loss of a zone cuts off no other.
   *
   * @default false - one NAT gateway for all zones
   */
  readonly perAz?: boolean;
}

/** Options of an egress by VPC endpoints. */
export interface VpcEndpointsEgressOptions {
  /**
   * Ids of other accounts whose roles and resources the endpoints let through, besides the account of the network: a central registry of
   * images, secrets of another account, accounts that the subnets are shared with. 12 digits each.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
   * @default - the account of the network only
   */
  readonly trustedAccounts?: string[];

  /**
   * The prefix list of S3 in this region, `com.amazonaws.<region>.s3`. With it, security groups of tasks and bastions let HTTPS out to the
   * endpoints and to S3, and to nothing else.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
   * @default - security groups let HTTPS out to every address; the routes of isolated subnets lead to the network and to S3 only
   */
  readonly s3PrefixList?: IPrefixList;
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
   * this library's tasks and bastions need, about 44 USD a month for each zone. Public subnets remain for load balancers. The
   * endpoints let through only roles and resources of this account and of `trustedAccounts`.
   *
   * @param options which accounts are trusted, and how S3 is named in security groups
   * @throws InvalidBackendError for a trusted account that is not 12 digits, and for a list of accounts that is a token
   */
  public static vpcEndpoints(options: VpcEndpointsEgressOptions = {}): Egress {
    return new Egress('vpc-endpoints', false, validAccounts(options.trustedAccounts), options.s3PrefixList);
  }

  private constructor(
    /** `public-ip`, `nat-instance`, `nat-gateway` or `vpc-endpoints`. */
    public readonly kind: string,
    /** Whether every availability zone has its own NAT gateway. */
    public readonly perAz: boolean,
    /** Ids of other accounts that endpoints let through. */
    public readonly trustedAccounts: string[] = [],
    /** The prefix list of S3, where security groups name it. */
    public readonly s3PrefixList?: IPrefixList,
  ) {}
}

function validAccounts(accounts: string[] = []): string[] {
  const refuse = refuseOf('Egress.vpcEndpoints()');
  if (Token.isUnresolved(accounts)) {
    refuse('Egress.tokenAccounts', '`trustedAccounts` is a list that isn\'t known until deployment (it\'s a token), and CDK can\'t add the account of the network to such a list. Pass a list whose elements can be tokens, for example `trustedAccounts: [Fn.importValue(\'RegistryAccount\')]`.');
  }
  const wrong = accounts.find((account) => !Token.isUnresolved(account) && !/^\d{12}$/.test(account));
  if (wrong !== undefined) {
    refuse('Egress.trustedAccount', `\`trustedAccounts\` must contain ids of AWS accounts, which have 12 digits, got '${wrong}'. Use for example \`trustedAccounts: ['111122223333']\`.`);
  }
  return accounts;
}
