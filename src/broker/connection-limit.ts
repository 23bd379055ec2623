import type { Posture } from '../posture';

/** How many connections a user gets that has no limit of its own: the pools of all tasks, twice, because a deployment has old and new ones. */
export class DefaultConnectionLimit {
  private readonly maxTasks: number;

  /** Where the number of tasks comes from. Those of services are not known here. */
  public readonly source: string;

  public constructor(private readonly poolSize: number, posture: Posture) {
    this.maxTasks = posture.maxTasks;
    this.source = `${posture.maxTasks} from the ${posture.name} posture`;
  }

  public get value(): number {
    return this.poolSize * this.maxTasks * 2;
  }

  /** The value with its factors. */
  public toString(): string {
    return `${this.poolSize} × ${this.maxTasks} × 2 = ${this.value}`;
  }
}
