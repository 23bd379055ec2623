import { RemovalPolicy } from 'aws-cdk-lib';
import { InvalidBackendError } from '../../private/errors';
import type { PostureOverrides } from '../posture-overrides';

/** Refuses values and combinations that could not be deployed or would contradict each other. */
export function validatePosture(posture: Required<PostureOverrides>): void {
  const refuse = (message: string) => {
    throw new InvalidBackendError(undefined, `Invalid posture: ${message}`);
  };
  if (!Number.isInteger(posture.maxAzs) || posture.maxAzs < 1 || posture.maxAzs > 3) {
    refuse(`maxAzs must be 1, 2 or 3, got ${posture.maxAzs}.`);
  }
  if (posture.multiAz && posture.maxAzs < 2) {
    refuse('multiAz needs maxAzs of at least 2, got 1. Set maxAzs to 2 or multiAz to false.');
  }
  if (posture.backupRetention.toDays() > 35) {
    refuse(`backupRetention must be from 0 to 35 days, got ${posture.backupRetention.toDays()}.`);
  }
  if (posture.removalPolicy !== RemovalPolicy.DESTROY && posture.removalPolicy !== RemovalPolicy.RETAIN) {
    refuse(`removalPolicy must be DESTROY or RETAIN, got ${posture.removalPolicy}: most resources have no snapshots. databaseRemovalPolicy takes SNAPSHOT.`);
  }
  if (posture.deletionProtection && posture.databaseRemovalPolicy === RemovalPolicy.DESTROY) {
    refuse('deletionProtection contradicts databaseRemovalPolicy DESTROY. Set deletionProtection to false, or databaseRemovalPolicy to SNAPSHOT or RETAIN.');
  }
  if (posture.minTasks < 1 || posture.maxTasks < posture.minTasks) {
    refuse(`minTasks must be at least 1 and maxTasks at least minTasks, got minTasks ${posture.minTasks} and maxTasks ${posture.maxTasks}.`);
  }
  if (posture.poolSize < 1) {
    refuse(`poolSize must be at least 1, got ${posture.poolSize}.`);
  }
}
