import type { Fault } from './fault';

/** The volume of the primary has no byte left for 30 s. Nothing fails over, and nothing is acknowledged that is not stored. */
export const diskFull: Fault = {
  id: 'disk-full',
  title: "primary's volume full for 30 s",
  short: false,
  bounds: { direct: 120, balancer: 120, redundancy: 120 },
  async play(scene) {
    scene.breaks();
    // The last blocks go to a file too: what a failing allocation leaves.
    await scene.leader.bash('fallocate -l "$(df --output=avail -B1 /data | tail -1)" /data/filler || true; cat /dev/zero > /data/filler.rest 2> /dev/null || true');
    await scene.seconds(30);
    scene.heals();
    await scene.leader.bash('rm -f /data/filler /data/filler.rest');
  },
};
