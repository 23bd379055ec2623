import { cpSync, rmSync } from 'fs';
import { join } from 'path';
import { damage } from './damaged-repository';
import type { Fault } from './fault';
import { backUp, bucket, recoverOn, writeOn } from './recover-region';
import { ask, primary, rest, switchOver, until, untilRedundant } from '../lab/cluster';
import { BUCKET, CLUSTER, ELSEWHERE } from '../lab/constants';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/**
 * The region is lost. In the copy the newest backup is complete, and an object of it has other bytes: the first node of the other region recovers the one
 * before, the others copy it, and they are a cluster of three like any other.
 */
export const recoverRegionDamaged: Fault = {
  id: 'recover-region-damaged',
  title: 'region lost, recovered on three nodes from a bucket whose newest backup is damaged',
  short: false,
  bounds: { direct: 900, balancer: 900, redundancy: 240 },
  async play(scene) {
    const [whole, damaged] = [await backUp(scene.leader, 'full'), await backUp(scene.leader, 'diff')];
    const expected = await writeOn(scene);
    scene.breaks();
    replicate(scene, damaged);
    await Promise.all(scene.hosts.map((host) => host.kill()));
    const elsewhere = await scene.lab.elsewhere(ELSEWHERE.addresses.length);
    try {
      await recover(scene, elsewhere[0], { whole, damaged, expected });
      await joinOthers(scene, elsewhere);
      await handOver(scene, elsewhere);
    } finally {
      await Promise.all(elsewhere.map((host) => host.kill()));
      rmSync(bucket(scene, ELSEWHERE.replica), { recursive: true });
      rmSync(join(bucket(scene, ELSEWHERE.bucket), ELSEWHERE.cluster), { recursive: true, force: true });
    }
    scene.heals();
    // Nobody gave these nodes a fence: that a region which comes back stays without PostgreSQL is another fault.
    await Promise.all(scene.hosts.map((host) => host.boot()));
  },
};

/** Everything is there, and 64 bytes of the newest backup are others. */
function replicate(scene: Scene, damaged: string): void {
  cpSync(bucket(scene, BUCKET), bucket(scene, ELSEWHERE.replica), { recursive: true });
  damage(join(bucket(scene, ELSEWHERE.replica), CLUSTER, 'backup', CLUSTER, damaged, 'bundle', '1._S3rver_object'));
}

interface Expected {
  /** Label of the newest backup that can be restored. */
  readonly whole: string;
  readonly damaged: string;
  /** Rows that must be there. */
  readonly expected: number;
}

async function recover(scene: Scene, host: Host, { whole, damaged, expected }: Expected): Promise<void> {
  const { found, rows, journal, figures } = await recoverOn(scene, host);
  scene.expect('the backup before the damaged one is recovered', found.backup === whole, figures);
  scene.expect('the journal says why', journal.includes(`Backup ${damaged} cannot be restored`), /ERROR: \[\d+\].*/.exec(journal)?.[0].slice(0, 160));
  scene.expect('it has what was archived', rows >= expected && found.unreadFiles === 0, `${rows} rows, and ${expected} were there`);
}

/** The other nodes copy the first one, and from then on a write waits for one of them. */
async function joinOthers(scene: Scene, hosts: Host[]): Promise<void> {
  for (const host of hosts.slice(1)) await scene.lab.replace(host);
  const took = await untilRedundant(hosts);
  scene.note(`three nodes of the other region stream and vote ${took.toFixed(1)} s later`);
  const strict = async () => (JSON.parse((await rest(hosts[0].address, '/config')).body) as { synchronous_mode_strict: boolean }).synchronous_mode_strict;
  await until('no write is acknowledged that only one node has', strict, 120);
  const reading = await Promise.all(hosts.map((host) => host.bash('cat /data/postgresql/17/main/postgresql*.conf | grep "recover.sh get" || true')));
  scene.expect('no node still reads the copy', reading.every((text) => text === ''), reading.join(''));
}

/** An operator hands over, and the others follow. */
async function handOver(scene: Scene, hosts: Host[]): Promise<void> {
  const since = Date.now();
  await switchOver(hosts[0], hosts[1]);
  await until('the second node is the primary', async () => (await primary(hosts)) === hosts[1], 60);
  scene.note(`switchover in the other region: ${((Date.now() - since) / 1000).toFixed(1)} s`);
  await untilRedundant(hosts);
  await ask(hosts[1], 'lab', "INSERT INTO lab.writes VALUES ('elsewhere', 1)");
  await until('every node has the row', async () => (await Promise.all(hosts.map((host) => ask(host, 'lab', "SELECT count(*) FROM lab.writes WHERE writer = 'elsewhere'")))).every((count) => count === '1'), 30);
  scene.expect('a switchover among the three nodes works', (await primary(hosts)) === hosts[1]);
}
