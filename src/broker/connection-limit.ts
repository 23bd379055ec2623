import { Token } from 'aws-cdk-lib';
import type { Posture } from '../posture';

/** Connections of a user of whose services nothing is known. */
export interface AssumedConnections {
  readonly connections: number;
  /** The number with its factors. */
  readonly arithmetic: string;
  /** Where the number of tasks comes from, if one is in it. */
  readonly source?: string;
}

/** A service that connects as a user: one pool in each of its tasks. */
interface BoundService {
  readonly path: string;
  readonly maxTasks?: number;
}

/** The pools of all tasks of the posture, twice. */
export function assumedByPosture(poolSize: number, { maxTasks, name }: Posture): AssumedConnections {
  return { connections: poolSize * maxTasks * 2, arithmetic: `${poolSize} × ${maxTasks} × 2`, source: `${maxTasks} from the ${name} posture` };
}

/**
 * Connections that one user needs: the pools of all tasks of its services, twice, because a deployment has old and new ones. They are counted
 * while services are declared, so they are final only at synth.
 */
export class UserConnections {
  private readonly services = new Map<string, BoundService>();

  public constructor(private readonly poolSize: number, private readonly assumed: AssumedConnections) {}

  /** Counts a service. The same one with the same variables has the same pool. A service that runs no task now may be started by hand. */
  public add(path: string, prefix: string | undefined, maxTasks: number | undefined): void {
    this.services.set(`${path} ${prefix ?? ''}`, { path, maxTasks: maxTasks === undefined || Token.isUnresolved(maxTasks) ? maxTasks : Math.max(1, maxTasks) });
  }

  /** What is granted to a user that has no limit of its own. */
  public get needed(): number {
    return this.counted + (this.isAssumed ? this.assumed.connections * Math.max(1, this.unknown) : 0);
  }

  /** What services that say their number of tasks can open. */
  public get counted(): number {
    return this.poolSize * this.tasks.reduce((sum, tasks) => sum + tasks, 0) * 2;
  }

  /** Where an assumed number of tasks comes from. */
  public get source(): string | undefined {
    return this.isAssumed ? this.assumed.source : undefined;
  }

  /** The needed connections with their factors. */
  public toString(): string {
    const { tasks, unknown } = this;
    const { arithmetic } = this.assumed;
    const counted = tasks.length === 0 ? [] : [`${this.poolSize} × ${tasks.length === 1 ? tasks[0] : `(${tasks.join(' + ')})`} × 2`];
    const assumed = this.isAssumed ? [unknown > 1 ? `${unknown} × ${arithmetic}` : arithmetic] : [];
    const terms = [...counted, ...assumed].join(' + ');
    return terms === String(this.needed) ? terms : `${terms} = ${this.needed}`;
  }

  /** Each service with its part of what is counted. */
  public get list(): string {
    return [...this.services.values()].filter(({ maxTasks }) => isKnown(maxTasks))
      .map(({ path, maxTasks }) => `'${path}' ${this.poolSize} × ${maxTasks} × 2`).join(', ');
  }

  private get tasks(): number[] {
    return [...this.services.values()].map(({ maxTasks }) => maxTasks).filter(isKnown);
  }

  private get unknown(): number {
    return this.services.size - this.tasks.length;
  }

  private get isAssumed(): boolean {
    return this.unknown > 0 || this.services.size === 0;
  }
}

function isKnown(tasks: number | undefined): tasks is number {
  return tasks !== undefined && !Token.isUnresolved(tasks);
}
