import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { InvalidBackendError } from '../../private/errors';
import type { PostureOverrides } from '../posture-overrides';

type Settings = Required<PostureOverrides>;

const { DESTROY, RETAIN, SNAPSHOT } = RemovalPolicy;

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const MOST_TASKS = 5000;
/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html */
const STORAGE_GIB = { least: 20, most: 65536 };
/** PostgreSQL keeps timeouts as milliseconds in 32 bits. */
const LONGEST_TIMEOUT_DAYS = 24;

/** Refuses values and combinations that could not be deployed or would contradict each other. */
export function validatePosture(posture: Settings): void {
  for (const problem of [...networkProblems(posture), ...serverProblems(posture), ...removalProblems(posture), ...taskProblems(posture), ...auditProblems(posture)]) {
    throw new InvalidBackendError(undefined, `Invalid posture: ${problem}`);
  }
}

function networkProblems({ maxAzs, multiAz }: Settings): string[] {
  return [
    ...when(!isWhole(maxAzs, 1, 3), `maxAzs must be 1, 2 or 3, got ${maxAzs}.`),
    ...when(multiAz && maxAzs === 1, 'multiAz needs maxAzs of at least 2, got 1. Set maxAzs to 2 or multiAz to false.'),
  ];
}

function serverProblems(posture: Settings): string[] {
  const days = posture.backupRetention.toDays({ integral: false });
  const storage = posture.allocatedStorage.toGibibytes();
  return [
    ...when(!isWhole(days, 0, 35), `backupRetention must be a whole number of days from 0 to 35, got ${days} days.`),
    ...when(!isWhole(storage, STORAGE_GIB.least, STORAGE_GIB.most), `allocatedStorage must be from ${STORAGE_GIB.least} to ${STORAGE_GIB.most} GiB, got ${storage} GiB.`),
    ...when(posture.instanceType.toString().endsWith('.nano'), `instanceType must be a size that RDS has, from micro, got ${posture.instanceType.toString()}.`),
    ...when(posture.cacheNodeType.toString().endsWith('.nano'), `cacheNodeType must be a size that ElastiCache has, from micro, got ${posture.cacheNodeType.toString()}.`),
    ...timeoutProblems('statementTimeout', posture.statementTimeout),
    ...timeoutProblems('idleInTransactionSessionTimeout', posture.idleInTransactionSessionTimeout),
    ...timeoutProblems('lockTimeout', posture.lockTimeout),
  ];
}

function removalProblems({ removalPolicy, databaseRemovalPolicy, deletionProtection }: Settings): string[] {
  return [
    ...when(![DESTROY, RETAIN].includes(removalPolicy),
      `removalPolicy must be DESTROY or RETAIN, got ${removalPolicy}: most resources have no snapshots. databaseRemovalPolicy takes SNAPSHOT.`),
    ...when(![DESTROY, SNAPSHOT, RETAIN].includes(databaseRemovalPolicy), `databaseRemovalPolicy must be DESTROY, SNAPSHOT or RETAIN, got ${databaseRemovalPolicy}.`),
    ...when(deletionProtection && databaseRemovalPolicy === DESTROY,
      'deletionProtection contradicts databaseRemovalPolicy DESTROY. Set deletionProtection to false, or databaseRemovalPolicy to SNAPSHOT or RETAIN.'),
  ];
}

function auditProblems({ auditRetention }: Settings): string[] {
  const days = auditRetention.toDays({ integral: false });
  return when(!isWhole(days, 1), `auditRetention must be a whole number of days, at least 1, got ${days} days.`);
}

function taskProblems({ minTasks, maxTasks, poolSize }: Settings): string[] {
  return [
    ...when(!isWhole(minTasks, 1, MOST_TASKS) || !isWhole(maxTasks, minTasks, MOST_TASKS),
      `minTasks must be at least 1 and maxTasks at least minTasks and at most ${MOST_TASKS}, got minTasks ${minTasks} and maxTasks ${maxTasks}.`),
    ...when(!isWhole(poolSize, 1), `poolSize must be a whole number of at least 1, got ${poolSize}.`),
  ];
}

function timeoutProblems(name: string, timeout: Duration): string[] {
  const milliseconds = timeout.toMilliseconds({ integral: false });
  const bad = milliseconds < 1 || milliseconds > LONGEST_TIMEOUT_DAYS * 24 * 60 * 60 * 1000;
  return when(bad, `${name} must be from 1 millisecond to ${LONGEST_TIMEOUT_DAYS} days, got ${milliseconds} milliseconds. PostgreSQL takes 0 for no limit.`);
}

function isWhole(value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function when(bad: boolean, problem: string): string[] {
  return bad ? [problem] : [];
}
