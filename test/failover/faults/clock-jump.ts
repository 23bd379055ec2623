import { renameSync, writeFileSync } from 'fs';
import type { Fault } from './fault';
import { primary, sql, switchOver, untilRedundant } from '../lab/cluster';
import type { Host } from '../lab/host';

const OFFSET = '/run/clock-offset';

/** Whoever reads a file that is only half written would end. */
function setClock(host: Host, offset: number): void {
  writeFileSync(host.file(`${OFFSET}.new`), `${offset < 0 ? '' : '+'}${offset}\n`);
  renameSync(host.file(`${OFFSET}.new`), host.file(OFFSET));
}

/** Lets Patroni of a standby, and the server and the archiving that it starts, read their clock from a file. Time that only goes forward stays. */
async function giveClock(host: Host): Promise<void> {
  setClock(host, 0);
  await host.bash([
    'mkdir -p /run/systemd/system/patroni.service.d',
    'library=$(dpkg -L libfaketime | grep "libfaketime.so.1$")',
    `printf "[Service]\\nEnvironment=LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=${OFFSET} FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1\\n" > /run/systemd/system/patroni.service.d/clock.conf`,
    'systemctl daemon-reload',
    'systemctl restart patroni',
  ].join('\n'));
}

/** The clock of the primary jumps an hour ahead, then an hour back. Leases are of etcd, which counts by itself. */
export const clockJump: Fault = {
  id: 'clock-jump',
  title: "primary's clock jumps +1 h, then -1 h",
  short: false,
  bounds: { direct: 15, balancer: 25, redundancy: 60 },
  async play(scene) {
    const [jumping] = scene.standbys;
    await giveClock(jumping);
    await untilRedundant(scene.hosts);
    await switchOver(scene.leader, jumping);
    await untilRedundant(scene.hosts);
    await scene.seconds(10);
    const real = Date.now() / 1000;
    scene.breaks();
    for (const offset of [3600, -3600, 0]) {
      setClock(jumping, offset);
      await scene.seconds(20);
      const { output } = await sql(jumping, 'postgres', 'SELECT extract(epoch FROM clock_timestamp())::bigint');
      scene.expect(`the server lives ${offset} s off`, Math.abs(Number(output) - real - offset) < 300, `${Math.round(Number(output) - real)} s`);
    }
    scene.heals();
    scene.expect('it stays primary', (await primary(scene.hosts)) === jumping);
    await jumping.bash('rm /run/systemd/system/patroni.service.d/clock.conf && systemctl daemon-reload');
  },
};
