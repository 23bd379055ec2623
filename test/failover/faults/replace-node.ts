import type { Fault } from './fault';
import { until } from '../lab/cluster';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/** What a rolling update does with a node: its instance drains, ends, and another one takes its volume, which may be empty. */
export async function replaceNode(scene: Scene, host: Host, volume: 'kept' | 'empty'): Promise<void> {
  const { aws } = scene.lab;
  const since = Date.now();
  const completed = () => aws.callsOf('autoscaling:CompleteLifecycleAction', since).filter(({ node, input }) => node === host.node && input.LifecycleHookName === 'terminating');
  aws.terminate(host.node);
  const took = await until(`${host.name} lets its terminating hook go on`, () => Promise.resolve(completed().length > 0), 180);
  scene.note(`${host.name} drained in ${took.toFixed(1)} s`);
  scene.expect(`${host.name} lets the hook continue`, completed().every(({ input }) => input.LifecycleActionResult === 'CONTINUE'), JSON.stringify(completed().map(({ input }) => input)));
  await host.kill();
  if (volume === 'empty') await host.format();
  await scene.lab.replace(host);
}

/** The primary's instance is replaced, and its volume is lost on the way. */
export const replaceWithEmptyVolume: Fault = {
  id: 'replace-empty',
  title: "primary's node replaced, with an empty volume",
  short: true,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    scene.breaks();
    await replaceNode(scene, scene.leader, 'empty');
    scene.heals();
  },
};
