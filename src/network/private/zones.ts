import { Fn, type Stack } from 'aws-cdk-lib';

/** The first zones of the region, as selections that CloudFormation makes: no lookup, and the same in every stack. */
export function firstZones(count: number): string[] {
  return Array.from({ length: count }, (_, index) => Fn.select(index, Fn.getAzs()));
}

/**
 * Runs `create` while the stack names its zones by selections. `ec2.Vpc` reads `stack.availabilityZones` even when it
 * is given zones, and in a stack with a concrete environment that property starts a context lookup.
 */
export function withoutZoneLookup<T>(stack: Stack, create: () => T): T {
  const original = Object.getOwnPropertyDescriptor(stack, 'availabilityZones');
  Object.defineProperty(stack, 'availabilityZones', { configurable: true, get: () => firstZones(3) });
  try {
    return create();
  } finally {
    if (original === undefined) {
      delete (stack as { availabilityZones?: string[] }).availabilityZones;
    } else {
      Object.defineProperty(stack, 'availabilityZones', original);
    }
  }
}
