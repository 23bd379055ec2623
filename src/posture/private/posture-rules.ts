import { RemovalPolicy, SizeRoundingBehavior, type Duration } from 'aws-cdk-lib';
import { type Refuse, refuseOf } from '../../private/errors';
import type { PostureOverrides } from '../posture-overrides';

type Settings = Required<PostureOverrides>;

const { DESTROY, SNAPSHOT } = RemovalPolicy;

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const MOST_TASKS = 5000;
/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html */
const STORAGE_GIB = { least: 20, most: 65536 };
/** PostgreSQL keeps timeouts as milliseconds in 32 bits. */
const LONGEST_TIMEOUT_DAYS = 24;

/** Refuses values and combinations that could not be deployed or would contradict each other. */
export function validatePosture(name: string, posture: Settings): void {
  const refuse = refuseOf(`Posture.${name}()`);
  validateNetwork(posture, refuse);
  validateServer(posture, refuse);
  validateRemoval(posture, refuse);
  validateTasks(posture, refuse);
  const days = posture.auditRetention.toDays({ integral: false });
  if (!isWhole(days, 1)) {
    refuse('Posture.auditRetention', `\`auditRetention\` must be a whole number of days, at least 1, got ${days} days.`);
  }
}

function validateNetwork({ maxAzs, multiAz }: Settings, refuse: Refuse): void {
  if (!isWhole(maxAzs, 1, 3)) {
    refuse('Posture.maxAzs', `\`maxAzs\` must be 1, 2 or 3, got ${maxAzs}.`);
  }
  if (multiAz && maxAzs === 1) {
    refuse('Posture.multiAz', '`multiAz` needs two availability zones, and `maxAzs` is 1. Set `maxAzs: 2` or `multiAz: false`.');
  }
}

function validateServer(posture: Settings, refuse: Refuse): void {
  const days = posture.backupRetention.toDays({ integral: false });
  const storage = posture.databaseAllocatedStorage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  const [instanceType, nodeType] = [posture.databaseInstanceType.toString(), posture.cacheNodeType.toString()];
  if (!isWhole(days, 0, 35)) {
    refuse('Posture.backupRetention', `\`backupRetention\` must be a whole number of days from 0 to 35, got ${days} days.`);
  }
  if (!isWhole(storage, STORAGE_GIB.least, STORAGE_GIB.most)) {
    refuse('Posture.databaseAllocatedStorage', `\`databaseAllocatedStorage\` must be from ${STORAGE_GIB.least} to ${STORAGE_GIB.most} GiB, got ${storage} GiB.`);
  }
  if (instanceType.endsWith('.nano')) {
    refuse('Posture.databaseInstanceType', `\`databaseInstanceType\` must be a size that RDS has, from micro, got ${instanceType}.`);
  }
  if (nodeType.endsWith('.nano')) {
    refuse('Posture.cacheNodeType', `\`cacheNodeType\` must be a size that ElastiCache has, from micro, got ${nodeType}.`);
  }
  validateTimeout('statementTimeout', posture.statementTimeout, refuse);
  validateTimeout('idleInTransactionSessionTimeout', posture.idleInTransactionSessionTimeout, refuse);
  validateTimeout('lockTimeout', posture.lockTimeout, refuse);
}

function validateRemoval({ removalPolicy, databaseRemovalPolicy, deletionProtection }: Settings, refuse: Refuse): void {
  if (removalPolicy === SNAPSHOT) {
    refuse('Posture.removalPolicy', '`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT, because most resources have no snapshots. For databases use `databaseRemovalPolicy`.');
  }
  if (deletionProtection && databaseRemovalPolicy === DESTROY) {
    refuse('Posture.deletionProtection', '`deletionProtection` is true and `databaseRemovalPolicy` is DESTROY, which contradict each other. '
      + 'Set `deletionProtection: false`, or `databaseRemovalPolicy: RemovalPolicy.SNAPSHOT`.');
  }
}

function validateTasks({ minTasks, maxTasks, poolSize }: Settings, refuse: Refuse): void {
  if (!isWhole(minTasks, 1, MOST_TASKS) || !isWhole(maxTasks, minTasks, MOST_TASKS)) {
    refuse('Posture.taskBounds', `\`minTasks\` must be at least 1, and \`maxTasks\` from \`minTasks\` to ${MOST_TASKS}, got \`minTasks\` ${minTasks} and \`maxTasks\` ${maxTasks}.`);
  }
  if (!isWhole(poolSize, 1)) {
    refuse('Posture.poolSize', `\`poolSize\` must be a whole number of at least 1, got ${poolSize}.`);
  }
}

function validateTimeout(name: string, timeout: Duration, refuse: Refuse): void {
  const milliseconds = timeout.toMilliseconds({ integral: false });
  if (milliseconds < 1 || milliseconds > LONGEST_TIMEOUT_DAYS * 24 * 60 * 60 * 1000) {
    refuse('Posture.timeout', `\`${name}\` must be from 1 millisecond to ${LONGEST_TIMEOUT_DAYS} days, got ${milliseconds} milliseconds. PostgreSQL takes 0 for no limit.`);
  }
}

function isWhole(value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
