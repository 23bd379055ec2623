import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { pathOf } from '../../private/stage-path';
import type { ISsmBastion } from '../ssm-bastion';

const LAST = 65_535;

/** The tunnels of each bastion by their port on people's machines. Tokens are numbers, too, the same for the same port. */
const TUNNELS = new WeakMap<ISsmBastion, Map<number, IConstruct>>();

/**
 * Takes a port on people's machines, where tunnels of one bastion are open side by side: the one that was asked for, else that of the
 * target, else the next that no tunnel has. Tunnels that are declared later change nothing.
 */
export function takeLocalPort(tunnel: IConstruct, bastion: ISsmBastion, explicit: number | undefined, targetPort: number): number {
  const taken = TUNNELS.get(bastion) ?? new Map<number, IConstruct>();
  TUNNELS.set(bastion, taken);
  const port = explicit ?? nextFree(taken, targetPort);
  const other = taken.get(port);
  if (other !== undefined) {
    const got = Token.isUnresolved(port) ? 'The port of the target isn\'t known until deployment (it\'s a token), and' : `\`localPort\` can't be ${port}, because`;
    throw new InvalidBackendError(tunnel, 'BastionTunnel.localPort', `${got} the tunnel '${pathOf(other)}' of the same bastion uses this port on your machine. Set another \`localPort\`, for example \`localPort: 15432\`.`);
  }
  taken.set(port, tunnel);
  return port;
}

/** Of a port that only the deployment knows there is no next one. */
function nextFree(taken: Map<number, IConstruct>, port: number): number {
  return !Token.isUnresolved(port) && taken.has(port) && port < LAST ? nextFree(taken, port + 1) : port;
}
