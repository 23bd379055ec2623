import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'fs';
import { join } from 'path';
import { archiveAll, restoreInto, removeScratch, takeBackup } from './backup-and-restore';
import type { Fault } from './fault';
import { BUCKET, CLUSTER } from '../lab/constants';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/** A restore whose newest objects never came to the bucket of another region, and one from a bucket with a broken object. Both say so. */
export const damagedRepository: Fault = {
  id: 'damaged-repository',
  title: 'restore where the newest objects are missing, or one is broken',
  short: false,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    const [standby] = scene.standbys;
    scene.breaks();
    await takeBackup(scene);
    await missingObjects(scene, standby);
    await brokenObject(scene, standby);
    scene.heals();
  },
};

/** WAL of a minute that is not there: PostgreSQL takes that for the end of the archive, and comes up. */
async function missingObjects(scene: Scene, host: Host): Promise<void> {
  await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
  await archiveAll(scene.leader);
  const before = new Set(segments(scene));
  await scene.seconds(65);
  await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
  await archiveAll(scene.leader);
  const away = join(scene.lab.work, 'away');
  mkdirSync(away, { recursive: true });
  const missing = segments(scene).filter((name) => !before.has(name));
  missing.forEach((name) => renameSync(join(archive(scene), name), join(away, name)));
  const early = await restoreInto(host, 'latest', '60');
  scene.expect('a restore without the newest WAL comes up and is refused', early.code === 1 && early.output.includes('the archive could not be read up to there'), rpoOf(early.output));
  await removeScratch(host);
  missing.forEach((name) => renameSync(join(away, name), join(archive(scene), name)));
  const whole = await restoreInto(host, 'latest');
  scene.expect('with it the restore is good', whole.code === 0, rpoOf(whole.output));
  await removeScratch(host);
}

/** 64 bytes in the middle of a file are others. */
export function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0x55, bytes.length / 2, bytes.length / 2 + 64);
  writeFileSync(path, bytes);
}

/** 64 bytes in the newest backup are others; answers with what puts them right. */
export function breakObject(scene: Scene): () => void {
  const backups = join(repository(scene), 'backup', CLUSTER);
  const [newest] = readdirSync(backups).filter((name) => name.endsWith('F')).sort().reverse();
  const object = join(backups, newest, 'bundle', '1._S3rver_object');
  const whole = join(scene.lab.work, 'whole-object');
  copyFileSync(object, whole);
  damage(object);
  return () => copyFileSync(whole, object);
}

async function brokenObject(scene: Scene, host: Host): Promise<void> {
  const mend = breakObject(scene);
  const { code, output } = await restoreInto(host, 'latest');
  mend();
  scene.expect('a restore of a broken object fails', code !== 0 && /ERROR: \[\d+\]/.test(output), /ERROR: .*/.exec(output)?.[0].slice(0, 160));
  await removeScratch(host);
}

function repository({ lab }: Scene): string {
  return join(lab.work, 's3', BUCKET, CLUSTER);
}

/** Folder of the newest segments. */
function archive(scene: Scene): string {
  const versions = join(repository(scene), 'archive', CLUSTER);
  const [version] = readdirSync(versions).filter((name) => /^17-\d+$/.test(name));
  const [newest] = readdirSync(join(versions, version)).filter((name) => /^[0-9A-F]{16}$/.test(name)).sort().reverse();
  return join(versions, version, newest);
}

function segments(scene: Scene): string[] {
  return readdirSync(archive(scene)).filter((name) => /^[0-9A-F]{24}-/.test(name));
}

function rpoOf(output: string): string {
  return /RPO=-?\d+/.exec(output)?.[0] ?? 'no RPO';
}
