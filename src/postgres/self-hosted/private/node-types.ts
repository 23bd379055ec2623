import { Size, Token } from 'aws-cdk-lib';
import { connectionsIn, timesLarge } from '../../private/max-connections';

/**
 * Families without the Nitro system, whose disks have other names. No new ones come.
 *
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
 */
const WITHOUT_NITRO: ReadonlySet<string> = new Set([
  'c1', 'c3', 'c4', 'cc2', 'cr1', 'd2', 'f1', 'g2', 'g3', 'g3s', 'h1', 'hs1', 'i2', 'i3', 'm1', 'm2', 'm3', 'm4', 'p2', 'p3', 'r3', 'r4', 't1', 't2', 'x1', 'x1e',
]);

/** GiB of the size `large` by the first letter of the family. */
const LARGE_GIB: Readonly<Record<string, number>> = { c: 4, m: 8, r: 16, t: 8 };

const NANO = 1 / 16;

/** What the system, etcd and Patroni need. */
const SYSTEM_GIB = 0.75;

/** Whether EC2 builds this type on the Nitro system. Tokens pass. */
export function isNitro(instanceType: string): boolean {
  return Token.isUnresolved(instanceType) || !WITHOUT_NITRO.has(instanceType.split('.')[0]);
}

/** Memory of an instance type in GiB; nothing where that is not known. */
export function nodeGib(instanceType: string): number | undefined {
  if (Token.isUnresolved(instanceType)) {
    return undefined;
  }
  const [family, size = ''] = instanceType.split('.');
  const large = /^[cmrt]\d[a-z]*(-flex)?$/.test(family) ? LARGE_GIB[family[0]] : undefined;
  if (large === undefined) {
    return undefined;
  }
  return size === 'nano' ? large * NANO : timesLarge(large, size);
}

/** The same, as a size. */
export function nodeMemory(instanceType: string): Size | undefined {
  const gib = nodeGib(instanceType);
  return gib === undefined ? undefined : Size.mebibytes(gib * 1024);
}

/** Connections that a node of this type accepts; nothing where its memory is not known. */
export function nodeConnections(instanceType: string): number | undefined {
  const gib = nodeGib(instanceType);
  return gib === undefined ? undefined : connectionsIn(gib - SYSTEM_GIB);
}
