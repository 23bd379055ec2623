import type { Fault } from './fault';

/** The host of a standby dies with its volume: another instance finds an empty one, and nobody drained anything. */
export const loseVolume: Fault = {
  id: 'lose-volume',
  title: "standby's host and volume lost",
  short: false,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    const [standby] = scene.standbys;
    scene.breaks();
    await standby.kill();
    await standby.format();
    await scene.lab.replace(standby);
    scene.heals();
  },
};
