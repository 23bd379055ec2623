import type { Fault } from './fault';
import { expectRefusalsOnly, useService } from './service-scene';
import { until } from '../lab/cluster';
import type { Scene } from '../scene';
import { DSN } from '../writers/clients';
import { isGood } from '../writers/service-judge';

/** Seconds within which the service answers once the balancer of the database leads to a primary. */
const SERVES_AGAIN = 8;

/** The primary's host dies while clients use the service, which refuses what it cannot wait for. */
export const serviceFailover: Fault = {
  id: 'service-failover',
  title: "primary's host killed under the service",
  short: false,
  bounds: { direct: 45, balancer: 45, redundancy: 90 },
  async play(scene) {
    let back = 0;
    const answers = await useService(scene, async () => {
      scene.breaks();
      await scene.leader.kill();
      await scene.failover();
      back = await balancerIsBack(scene);
      await scene.seconds(10);
      scene.heals();
      await scene.leader.boot();
    });
    expectRefusalsOnly(scene, answers);
    const first = answers.find((answer) => isGood(answer) && answer.at > scene.began + 5000);
    const later = first === undefined ? Infinity : (first.at - back) / 1000;
    scene.expect(`the service answers within ${SERVES_AGAIN} s of the database`, later < SERVES_AGAIN, `${later.toFixed(1)} s later`);
  },
};

/** When another client gets to a primary through the balancer. */
async function balancerIsBack(scene: Scene): Promise<number> {
  await until('the balancer leads to the primary', async () => (await scene.clients.run(['psql', '-XAtqc', 'SELECT 1', DSN.balancer], 5)).code === 0, 60);
  return Date.now();
}
