import { Stack } from 'aws-cdk-lib';
import type { VpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';

/** What an endpoint lets through where the accounts cannot decide alone. */
type Exceptions = (stack: Stack, principals: Conditions) => iam.PolicyStatement[];

type Conditions = { readonly [key: string]: string[] };

/**
 * By the end of the service name. Everything else is decided by the accounts of caller and resource (docs/adr/0032).
 *
 * @see https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_owned_resources.md
 */
const EXCEPTIONS: { readonly [service: string]: Exceptions } = {
  // The action has no resource, and a token opens nothing by itself.
  'ecr.api': (_, principals) => [allow(['ecr:GetAuthorizationToken'], ['*'], principals)],
  // AWS's own parameters and documents are in no account. Reading them carries nothing out.
  'ssm': ({ partition, region }, principals) => [allow(
    ['ssm:DescribeDocument', 'ssm:GetDocument', 'ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'],
    [`arn:${partition}:ssm:${region}::document/*`, `arn:${partition}:ssm:${region}::parameter/aws/*`],
    principals,
  )],
  // Channels are no resources, so that IAM documents no account for them. They belong to the account of their caller.
  'ssmmessages': (_, principals) => [allow(['ssmmessages:*'], ['*'], principals)],
  // Layers come by URLs that ECR signs, and packages without a signature: neither has an account of ours.
  's3': ({ partition, region }) => [allow(['s3:GetObject'], [
    `arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`,
    `arn:${partition}:s3:::al2023-repos-${region}-de612dc2/*`,
  ])],
};

/**
 * Lets through an endpoint only callers and resources of these accounts, so that keys of another account, or a bucket in it, are of no use in the
 * network. The policy grants nothing: roles and resources still decide.
 */
export function keepInAccounts(endpoint: VpcEndpoint, service: string, trustedAccounts: string[]): void {
  const stack = Stack.of(endpoint);
  const accounts = [stack.account, ...trustedAccounts.filter((account) => account !== stack.account)];
  const principals = { 'aws:PrincipalAccount': accounts };
  const statements = [
    allow(['*'], ['*'], { ...principals, 'aws:ResourceAccount': accounts }),
    ...EXCEPTIONS[service]?.(stack, principals) ?? [],
  ];
  statements.forEach((statement) => endpoint.addToPolicy(statement));
}

function allow(actions: string[], resources: string[], conditions?: Conditions): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.AnyPrincipal()],
    actions,
    resources,
    conditions: conditions === undefined ? undefined : { StringEquals: conditions },
  });
}
