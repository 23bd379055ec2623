import { setTimeout as sleep } from 'timers/promises';
import { primary, requirePrimary, until } from './lab/cluster';
import type { Host } from './lab/host';
import type { Lab } from './lab/lab';
import type { Clients } from './writers/clients';

/** Something that has to hold, and whether it did. */
export interface Expectation {
  readonly text: string;
  readonly holds: boolean;
  readonly detail: string;
}

/** One play of a fault: the hosts, and the times that count. */
export class Scene {
  public readonly expectations: Expectation[] = [];
  private brokenAt?: number;
  private healedAt?: number;

  /** @param leader the primary when the fault begins */
  constructor(public readonly lab: Lab, public readonly clients: Clients, public readonly leader: Host) {}

  public get hosts(): Host[] {
    return this.lab.hosts;
  }

  /** Nodes that are not the primary when the fault begins. */
  public get standbys(): Host[] {
    return this.hosts.filter((host) => host !== this.leader);
  }

  /** When the fault began. */
  public get began(): number {
    if (this.brokenAt === undefined) throw new Error('The fault did not say when it began.');
    return this.brokenAt;
  }

  /** When nothing was broken any more. */
  public get ended(): number {
    return this.healedAt ?? this.began;
  }

  /** The fault begins now. */
  public breaks(): void {
    this.brokenAt = Date.now();
  }

  /** Everything is given back now; the cluster does the rest. */
  public heals(): void {
    this.healedAt = Date.now();
  }

  public note(text: string): void {
    this.lab.note(text);
  }

  /** Something that has to hold beside what holds for every fault. */
  public expect(text: string, holds: boolean, detail = ''): void {
    this.expectations.push({ text, holds, detail });
  }

  /** Waits until another node is primary. */
  public async failover(timeout = 90): Promise<Host> {
    const others = this.standbys;
    const took = await until('another node is primary', async () => (await primary(others)) !== undefined, timeout);
    this.note(`another node is primary after ${took.toFixed(1)} s`);
    return requirePrimary(others);
  }

  public async seconds(number: number): Promise<void> {
    await sleep(number * 1000);
  }
}
