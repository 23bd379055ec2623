import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import { archiveAll, takeBackup } from './backup-and-restore';
import { breakObject } from './damaged-repository';
import type { Fault } from './fault';
import type { DrillResult } from '../../postgres/self-hosted/drill-result';
import { ask } from '../lab/cluster';
import { BUCKET, CLUSTER } from '../lab/constants';
import { environmentOfDrill } from '../lab/environment';
import type { Host } from '../lab/host';
import type { Scene } from '../scene';

/** An instance that is no node restores the newest backup while clients write, checks it, and ends itself. A second one finds a broken object. */
export const restoreDrill: Fault = {
  id: 'restore-drill',
  title: 'restore drill on an instance of its own, and one whose backup is broken',
  short: false,
  bounds: { direct: 10, balancer: 10, redundancy: 60 },
  async play(scene) {
    scene.breaks();
    await takeBackup(scene);
    const expected = await archiveRows(scene);
    const [host] = await scene.lab.elsewhere(1, environmentOfDrill);
    await succeeds(scene, host, expected);
    await isNoticed(scene);
    await fails(scene, host);
    scene.heals();
  },
};

/** Rows that a drill must have, and the heartbeat after them. */
async function archiveRows(scene: Scene): Promise<number> {
  await scene.seconds(3);
  const rows = Number(await ask(scene.leader, 'lab', 'SELECT count(*) FROM lab.writes'));
  await scene.leader.bash('systemctl start node-metrics', { timeout: 60 });
  await archiveAll(scene.leader);
  return rows;
}

function resultOf(scene: Scene, name: string): DrillResult {
  const file = join(scene.lab.work, 's3', BUCKET, 'drill', CLUSTER, `${name}.json._S3rver_object`);
  return JSON.parse(existsSync(file) ? readFileSync(file, 'utf8') : '{}') as DrillResult;
}

/** What an instance published and called. */
function published(scene: Scene, since: number): { readonly metrics: string; readonly ended: unknown[] } {
  const metrics = scene.lab.aws.callsOf('cloudwatch:PutMetricData', since).map(({ input }) => JSON.stringify(input)).filter((text) => text.includes('RestoreDrill')).join();
  const ended = scene.lab.aws.callsOf('autoscaling:TerminateInstanceInAutoScalingGroup', since).map(({ input }) => [input.InstanceId, input.ShouldDecrementDesiredCapacity]);
  return { metrics, ended };
}

async function succeeds(scene: Scene, host: Host, expected: number): Promise<void> {
  const since = Date.now();
  await scene.lab.replace(host, 'drill.sh');
  const result = resultOf(scene, 'succeeded');
  scene.expect('a drill restores the newest backup and all WAL', result.succeeded && result.recoveryPointAge !== null && result.recoveryTime !== null, `RPO ${result.recoveryPointAge} s, RTO ${result.recoveryTime} s`);
  const rows = Number(await host.bash("runuser -u postgres -- psql -XAtq -h /data/scratch -d lab -c 'SELECT count(*) FROM lab.writes'", { timeout: 30 }));
  scene.expect('it has what was archived', rows >= expected, `${rows} rows, and ${expected} were there`);
  const { metrics, ended } = published(scene, since);
  scene.expect('it publishes success, RPO and RTO', ['RestoreDrillSucceeded', 'RestoreDrillRecoveryPointAge', 'RestoreDrillRecoveryTime'].every((name) => metrics.includes(name)));
  scene.expect('it ends its own instance, and no other one follows', JSON.stringify(ended) === JSON.stringify([[host.instanceId, 'true']]), JSON.stringify(ended));
  await host.kill();
}

/** The primary looks for the last success, and publishes its age. */
async function isNoticed(scene: Scene): Promise<void> {
  const since = Date.now();
  await scene.leader.bash("echo 'RESTORE_DRILLS=on' >> /etc/first-boot.env; bash /opt/first-boot/backup-check.sh now; systemctl start node-metrics; sed -i /^RESTORE_DRILLS=/d /etc/first-boot.env", { timeout: 180 });
  const { metrics } = published(scene, since);
  scene.expect('the primary publishes how long ago that was', metrics.includes('RestoreDrillAge'));
}

async function fails(scene: Scene, host: Host): Promise<void> {
  const since = Date.now();
  const mend = breakObject(scene);
  await host.format();
  await scene.lab.replace(host, 'drill.sh');
  mend();
  const [result, before] = [resultOf(scene, 'result'), resultOf(scene, 'succeeded')];
  scene.expect('a drill of a broken backup fails, and says why', result.succeeded === false && /ERROR/.test(result.problem ?? ''), /ERROR: .*/.exec(result.problem ?? '')?.[0].slice(0, 160));
  scene.expect('it is no success', before.succeeded && before.at < result.at);
  const { metrics, ended } = published(scene, since);
  scene.expect('it says so, and ends its instance', metrics.includes('RestoreDrillSucceeded') && ended.length === 1, JSON.stringify(ended));
  await host.kill();
}
