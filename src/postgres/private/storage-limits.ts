import { Size, SizeRoundingBehavior } from 'aws-cdk-lib';

/**
 * Storage of an instance with gp3.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
 */
export const LEAST_STORAGE_GIB = 20;

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage */
export const MOST_STORAGE_GIB = 65_536;

/** The least to which RDS lets storage of this many GiB grow by itself. */
export function leastGrowth(allocatedGib: number): number {
  return Math.ceil((allocatedGib * 11) / 10);
}

/** Five times what there is, as far as RDS has it; nothing where that leaves no room to grow. */
export function defaultGrowth(allocated: Size): Size | undefined {
  if (allocated.isUnresolved()) {
    return allocated;
  }
  const gib = allocated.toGibibytes({ rounding: SizeRoundingBehavior.FLOOR });
  return leastGrowth(gib) > MOST_STORAGE_GIB ? undefined : Size.gibibytes(Math.min(gib * 5, MOST_STORAGE_GIB));
}
