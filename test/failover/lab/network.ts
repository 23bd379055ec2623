import { runOrThrow } from './commands';
import { addressOf, GATEWAY, METADATA_ADDRESS, S3_ADDRESS } from './constants';

export const BRIDGE = 'bridge0';

const ip = (...args: string[]) => runOrThrow('ip', args);

/** Name of the network namespace of a node, and of the end of its cable on the bridge. */
export function cableOf(node: number): string {
  return `node-${node}`;
}

/** Makes the bridge in the namespace of this process. The balancer, AWS and clients use it from here. */
export async function createNetwork(): Promise<void> {
  // Names of namespaces are files, which would stay on the machine.
  await runOrThrow('bash', ['-c', 'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns']);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', BRIDGE, 'type', 'bridge');
  await ip('link', 'set', BRIDGE, 'up');
  for (const address of [`${GATEWAY}/24`, `${S3_ADDRESS}/24`, `${METADATA_ADDRESS}/32`]) {
    await ip('address', 'add', address, 'dev', BRIDGE);
  }
}

/** Gives a node a network namespace of its own, with a cable to the bridge. */
export async function connectNode(node: number): Promise<void> {
  const name = cableOf(node);
  const inside = (...args: string[]) => ip('-n', name, ...args);
  await ip('netns', 'add', name);
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip('link', 'set', name, 'master', BRIDGE, 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('address', 'add', `${addressOf(node)}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', GATEWAY);
}

/** Pulls the cable of a node: nothing goes in or out, and nobody is told. */
export async function unplug(node: number): Promise<void> {
  await ip('link', 'set', cableOf(node), 'down');
}

export async function plug(node: number): Promise<void> {
  await ip('link', 'set', cableOf(node), 'up');
}

/** Cuts S3 off, for all nodes. */
export async function cutStorage(): Promise<void> {
  await ip('address', 'del', `${S3_ADDRESS}/24`, 'dev', BRIDGE);
}

export async function healStorage(): Promise<void> {
  await ip('address', 'add', `${S3_ADDRESS}/24`, 'dev', BRIDGE);
}
