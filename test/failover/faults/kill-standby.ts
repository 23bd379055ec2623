import type { Fault } from './fault';

/** The host of a standby dies; the other one acknowledges alone. */
export const killStandby: Fault = {
  id: 'kill-standby',
  title: "standby's host killed",
  short: false,
  bounds: { direct: 8, balancer: 8, redundancy: 90 },
  async play(scene) {
    const [standby] = scene.standbys;
    scene.breaks();
    await standby.kill();
    await scene.seconds(30);
    scene.heals();
    await standby.boot();
  },
};
