import { Tokenization } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { pathOf } from '../../private/stage-path';

/**
 * Whether what CDK takes for one subnet is a whole list of them: those of a parameter, or of an import that was split without its length.
 * Such a list stands where a list is wanted, but nobody knows how many subnets it has, and in which zones.
 */
export function isSubnetList(subnets: ec2.ISubnet[]): boolean {
  return subnets.some(({ subnetId }) => isList(subnetId));
}

/** The zones of subnets; none where a subnet was imported without saying its zone, or with zones that are a list. */
export function zonesOf(subnets: ec2.ISubnet[]): string[] {
  try {
    const zones = subnets.map(({ availabilityZone }) => availabilityZone);
    return zones.some(isList) || isSubnetList(subnets) ? [] : [...new Set(zones)];
  } catch {
    return [];
  }
}

/** Refuses such a list where each subnet is needed: an instance is in one, and a mount target, too. */
export function requireSeparateSubnets(scope: IConstruct, vpc: ec2.IVpc, subnets: ec2.ISubnet[]): void {
  if (isSubnetList(subnets)) {
    throw new InvalidBackendError(scope, 'Placement.subnetList', `The subnets of the VPC '${pathOf(vpc)}' are a list that isn't known until deployment (it's a token), and this construct must name each of them. `
      + 'Import the VPC with as many subnets as there are: `Fn.split(\',\', Fn.join(\',\', subnetIds), 2)` for two.');
  }
}

function isList(text: string): boolean {
  return Tokenization.reverseList([text]) !== undefined;
}
