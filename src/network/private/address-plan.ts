import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { Egress } from '../../posture';
import { InvalidBackendError } from '../../private/errors';

/** Zones that the address plan always reserves, whether a network uses them or not. */
export const PLANNED_ZONES = 3;

/** Each subnet takes a sixteenth of the network: nine are planned, seven are the user's own. */
const SUBNET_BITS = 4;
const LARGEST_NETWORK = 16;
/** A /22 gives subnets of 59 usable addresses; a load balancer needs subnets of /27 or larger with 8 free addresses. */
const SMALLEST_NETWORK = 22;

/**
 * Subnet groups in the order that fixes their addresses. A tier that the egress does not use is reserved, not absent,
 * so that turning it on later moves no other subnet (docs/adr/0005).
 */
export function planTiers(scope: IConstruct, cidr: string, egress: Egress): ec2.SubnetConfiguration[] {
  const cidrMask = prefixLength(scope, cidr) + SUBNET_BITS;
  const hasNat = egress.kind === 'nat-gateway' || egress.kind === 'nat-instance';
  return [
    { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask, mapPublicIpOnLaunch: false },
    { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask, reserved: !hasNat },
    { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask },
  ];
}

/** The zones in use as a number that can be planned for. */
export function validateZones(scope: IConstruct, maxAzs: number): void {
  if (Token.isUnresolved(maxAzs) || !Number.isInteger(maxAzs) || maxAzs < 1 || maxAzs > PLANNED_ZONES) {
    const value = Token.isUnresolved(maxAzs) ? 'a number that isn\'t known until deployment (it\'s a token)' : maxAzs;
    throw new InvalidBackendError(scope, 'BackendNetwork.maxAzs', `\`maxAzs\` must be 1, 2 or 3, got ${value}. In a region with fewer zones, set the number of its zones.`);
  }
}

function prefixLength(scope: IConstruct, cidr: string): number {
  if (Token.isUnresolved(cidr)) {
    throw new InvalidBackendError(scope, 'BackendNetwork.tokenCidr', '`cidr` isn\'t known until deployment (it\'s a token), and this library plans the subnets at synth. Use a literal range, for example `cidr: \'10.0.0.0/16\'`.');
  }
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const [a, b, c, d, prefix] = (match ?? []).slice(1).map(Number);
  if (match === null || [a, b, c, d].some((octet) => octet > 255)) {
    throw new InvalidBackendError(scope, 'BackendNetwork.cidr', `\`cidr\` must be an IPv4 range, for example '10.0.0.0/16', got '${cidr}'.`);
  }
  if (prefix < LARGEST_NETWORK || prefix > SMALLEST_NETWORK) {
    throw new InvalidBackendError(scope, 'BackendNetwork.cidrSize', `\`cidr\` must have a prefix length from /${LARGEST_NETWORK} to /${SMALLEST_NETWORK}, got '${cidr}'. ${explainSize(prefix)}`);
  }
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const offset = address % 2 ** (32 - prefix);
  if (offset !== 0) {
    throw new InvalidBackendError(scope, 'BackendNetwork.cidrStart', `\`cidr\` must be the first address of its range, got '${cidr}'. Use \`cidr: '${dotted(address - offset)}/${prefix}'\`.`);
  }
  return prefix;
}

function explainSize(prefix: number): string {
  return prefix < LARGEST_NETWORK
    ? `AWS does not allow a VPC larger than /${LARGEST_NETWORK}.`
    : `Each of the nine subnets gets a sixteenth of the range, here ${Math.floor(2 ** (32 - prefix - SUBNET_BITS))} addresses, too few for a load balancer and tasks.`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join('.');
}
