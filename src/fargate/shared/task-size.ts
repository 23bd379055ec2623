import { SizeRoundingBehavior, Token, type Size } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

/** CPU and memory of a Fargate task. */
export interface TaskSize {
  /** CPU units; 1,024 are one vCPU. */
  readonly cpu: number;
  /** Memory of all containers together, in MiB. */
  readonly memoryLimitMiB: number;
}

interface MemoryRange {
  readonly values: number[];
  readonly text: string;
}

/**
 * Memory in MiB that Fargate offers for each number of CPU units, on Linux.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const MEMORY_BY_CPU: { [cpu: string]: MemoryRange } = {
  256: { values: [512, 1024, 2048], text: '512, 1024 or 2048' },
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16384, 1024),
  4096: range(8192, 30720, 1024),
  8192: range(16384, 61440, 4096),
  16384: range(32768, 122880, 8192),
};

/** Refuses a size that Fargate does not offer, naming those that it does. Unresolved numbers pass. */
export function validateTaskSize(scope: IConstruct, size: TaskSize): void {
  const { cpu, memoryLimitMiB } = size;
  if (Token.isUnresolved(cpu)) {
    return;
  }
  const memory = MEMORY_BY_CPU[cpu];
  if (memory === undefined) {
    throw new InvalidBackendError(scope, 'Service.cpu', `\`cpu\` must be one of the CPU units that Fargate offers (${Object.keys(MEMORY_BY_CPU).join(', ')}), got ${cpu}.`);
  }
  if (!Token.isUnresolved(memoryLimitMiB) && !memory.values.includes(memoryLimitMiB)) {
    throw new InvalidBackendError(scope, 'Service.memoryLimitMiB', `\`memoryLimitMiB\` (${memoryLimitMiB}) can't be used with \`cpu\` (${cpu}), for which Fargate offers ${memory.text} MiB. ${remedyFor(memoryLimitMiB)}`);
  }
}

function remedyFor(memoryLimitMiB: number): string {
  const [cpu] = Object.keys(MEMORY_BY_CPU).filter((each) => MEMORY_BY_CPU[each].values.includes(memoryLimitMiB));
  return `Set \`memoryLimitMiB\` to one of these${cpu === undefined ? '' : `, or set \`cpu: ${cpu}\``}.`;
}

function range(from: number, to: number, step: number): MemoryRange {
  const values = Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
  return { values, text: `${from} to ${to} in steps of ${step}` };
}

/** Refuses a disk that Fargate does not offer. An unresolved one passes. */
export function validateEphemeralStorage(scope: IConstruct, storage?: Size): void {
  const size = storage === undefined || storage.isUnresolved() ? undefined : storage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  if (size !== undefined && (!Number.isInteger(size) || size < 21 || size > 200)) {
    throw new InvalidBackendError(scope, 'Service.ephemeralStorage', `\`ephemeralStorage\` must be from 21 to 200 whole GiB, got ${size}.`);
  }
}
