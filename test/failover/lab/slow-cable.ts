import type { ChildProcess } from 'child_process';
import { readFileSync, rmSync } from 'fs';
import { join } from 'path';
import { until } from './cluster';
import { runOrThrow, start } from './commands';
import { BRIDGE, cableOf } from './network';

const ip = (...args: string[]) => runOrThrow('ip', args);

const SLOW_BRIDGE = 'bridge1';

/** Something on the way between a node and the bridge takes its time. */
export class SlowCable {
  /** Every frame of the node takes longer, in both directions. */
  public static async put(work: string, node: number, seconds: number): Promise<SlowCable> {
    const log = join(work, 'relay.log');
    rmSync(log, { force: true });
    const relay = start('python3', [join(__dirname, 'relay.py'), 'slow-node', 'slow-bridge', String(seconds)], { log });
    await until('the relay has its devices', () => Promise.resolve(readFileSync(log, 'utf8').endsWith('ready\n')), 10);
    await ip('link', 'add', SLOW_BRIDGE, 'type', 'bridge');
    await ip('link', 'set', SLOW_BRIDGE, 'up');
    await ip('link', 'set', 'slow-node', 'master', SLOW_BRIDGE, 'up');
    await ip('link', 'set', 'slow-bridge', 'master', BRIDGE, 'up');
    await ip('link', 'set', cableOf(node), 'master', SLOW_BRIDGE);
    return new SlowCable(node, relay);
  }

  private constructor(private readonly node: number, private readonly relay: ChildProcess) {}

  public async remove(): Promise<void> {
    await ip('link', 'set', cableOf(this.node), 'master', BRIDGE);
    this.relay.kill('SIGKILL');
    await ip('link', 'del', SLOW_BRIDGE);
  }
}
