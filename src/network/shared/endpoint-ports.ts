import { Port } from 'aws-cdk-lib/aws-ec2';
import type { INetworkEndpoint } from '../../binding';

/** The ports that clients of an endpoint connect to: one range where they follow each other, so that a security group needs one rule. */
export function portsOf({ port, additionalPorts = [] }: Pick<INetworkEndpoint, 'port' | 'additionalPorts'>): Port[] {
  if (additionalPorts.length > 0 && additionalPorts.every((next, index) => next === port + index + 1)) {
    return [Port.tcpRange(port, port + additionalPorts.length)];
  }
  return [port, ...additionalPorts].map((each) => Port.tcp(each));
}
