import type { Scene } from '../scene';

/** Seconds that a fault may take at most, on a machine that others load too. */
export interface Bounds {
  /** Longest stall of a writer that knows all addresses. */
  readonly direct: number;
  /** Longest stall of a writer that comes through the balancer. */
  readonly balancer: number;
  /** From the moment when everything is given back until every node streams and votes. */
  readonly redundancy: number;
}

/** Something that goes wrong while writers write. Each is a file here and a line in `index.ts`. */
export interface Fault {
  /** Name for `--only`. */
  readonly id: string;
  /** What happens, for the table. */
  readonly title: string;
  /** Whether it is in the short tier. */
  readonly short: boolean;
  readonly bounds: Bounds;
  /** Breaks something, and gives back what it broke: `scene.breaks()` and `scene.heals()` are the times that count. Afterwards, rows are compared. */
  play(scene: Scene): Promise<void>;
}
