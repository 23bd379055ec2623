import { archiveUnreachable } from './archive-unreachable';
import { backupAndRestore } from './backup-and-restore';
import { brokerLifecycle } from './broker-lifecycle';
import { clockJump } from './clock-jump';
import { damagedRepository } from './damaged-repository';
import { diskFull } from './disk-full';
import { etcdMajority, etcdStopped } from './etcd';
import type { Fault } from './fault';
import { freezeHost } from './freeze-host';
import { killHost, killHostOnly } from './kill-host';
import { killHostWithoutArchive } from './kill-host-without-archive';
import { killPostmaster } from './kill-postmaster';
import { killStandby } from './kill-standby';
import { loseVolume } from './lose-volume';
import { oneWay } from './one-way';
import { partition } from './partition';
import { recoverRegion } from './recover-region';
import { recoverRegionDamaged } from './recover-region-damaged';
import { replaceWithEmptyVolume } from './replace-node';
import { replicationCut } from './replication-cut';
import { restoreDrill } from './restore-drill';
import { rollingChange } from './rolling-change';
import { rotate } from './rotate';
import { serviceFailover } from './service-failover';
import { serviceRelease } from './service-release';
import { serviceSwitchover } from './service-switchover';
import { slowDisk } from './slow-disk';
import { crawlingZone, slowZone } from './slow-zone';
import { stopPatroni } from './stop-patroni';
import { switchover } from './switchover';
import { twoFaults } from './two-faults';
import { validate } from './validate';
import { walConflict } from './wal-conflict';

/** Every fault, in the order in which they are played. */
export const FAULTS: Fault[] = [
  killPostmaster, switchover, stopPatroni, partition, killHost, replaceWithEmptyVolume, backupAndRestore,
  brokerLifecycle, killHostOnly, killStandby, oneWay, replicationCut, freezeHost, twoFaults, etcdMajority, etcdStopped, slowZone, crawlingZone, slowDisk, loseVolume, rotate, clockJump, rollingChange,
  serviceSwitchover, serviceRelease, serviceFailover, validate,
  archiveUnreachable, killHostWithoutArchive, walConflict, restoreDrill, damagedRepository, recoverRegion, recoverRegionDamaged, diskFull,
];

/** Faults that arguments ask for. */
export function chosenFaults({ full, only }: { readonly full: boolean; readonly only: readonly string[] }): Fault[] {
  const unknown = only.filter((id) => !FAULTS.some((fault) => fault.id === id));
  if (unknown.length > 0) throw new Error(`There is no fault '${unknown.join("', '")}'. There are: ${FAULTS.map(({ id }) => id).join(', ')}.`);
  return FAULTS.filter(({ id, short }) => (only.length > 0 ? only.includes(id) : full || short));
}
