import { Resource, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { IIngressTarget } from '../../binding';
import { InvalidBackendError } from '../../private/errors';

/** Refuses the id of a route that an ingress has already. */
export function requireNewRoute(ingress: IConstruct, id: string, taken: string[]): void {
  if (taken.includes(id)) {
    throw new InvalidBackendError(ingress, 'IngressRoute.duplicateId', `This ingress already has a route '${id}'. Use a different id for each route.`);
  }
}

/** Refuses a target that is certainly in another VPC than the ingress. */
export function requireSameNetwork(ingress: IConstruct & { readonly vpc: ec2.IVpc }, id: string, { vpc, node }: IIngressTarget): void {
  const both = [ingress.vpc, vpc];
  const own = both.every((each) => Resource.isOwnedResource(each));
  const known = both.every((each) => !Token.isUnresolved(each.vpcId));
  if ((own && vpc !== ingress.vpc) || (known && vpc.vpcId !== ingress.vpc.vpcId)) {
    throw new InvalidBackendError(ingress, 'IngressRoute.otherVpc', `Route '${id}': '${node.path}' is in a different VPC from this ingress. A load balancer uses only target groups in its own VPC. Use the same \`vpc\` for both.`);
  }
}
