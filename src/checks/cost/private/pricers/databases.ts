import { resourceOf, type ModelResource } from '../../../private/model';
import type { PriceFamily } from '../../../private/store-types/row';
import { HOURS, type Ledger, type Pricer } from '../ledger';
import { processorsOf } from '../price-book';

const IDLE = 'Idle, database instances and clusters are stopped and keep their storage. RDS starts a stopped one again after seven days.';
const BACKUPS = 'Automated backups fit into what RDS includes: as much as the storage of the databases.';

/** Data in an Aurora cluster grows with use; an empty one still has this much, in GB. */
const AURORA_STORAGE = 10;

/** Standard Aurora volumes; the price list has others for `aurora-iopt1`. */
function noteOptimized(resource: ModelResource, ledger: Ledger): void {
  if (resource.text('StorageType') === 'aurora-iopt1') {
    ledger.leaveOpen(resource, 'Aurora I/O-Optimized has no prices in the table; the standard ones, which are lower, are in the totals.');
  }
}

const instance: Pricer = (resource, ledger) => {
  const cluster = resourceOf(resource.value('DBClusterIdentifier'));
  if (resource.value('DBClusterIdentifier') !== undefined) {
    clusterInstance(resource, cluster, ledger);
    return;
  }
  const source = resourceOf(resource.value('SourceDBInstanceIdentifier'));
  const kind = kindOf(resource.text('Engine') ?? source?.text('Engine'));
  if (kind === undefined) {
    ledger.leaveOpen(resource, `The engine ${resource.text('Engine') ?? 'is not decided by the templates or'} has no prices in the table, so the instance is not in the totals.`);
    return;
  }
  const multiAz = isMultiAz(resource, ledger);
  const copies = multiAz ? 2 : 1;
  const holder = resource.value('DBInstanceClass') === undefined && source !== undefined ? source : resource;
  const instanceClass = ledger.literal(holder, 'DBInstanceClass', 'the instance is not in the totals');
  if (instanceClass !== undefined) {
    ledger.chargeClass(resource, kind, instanceClass, { quantity: copies * HOURS, idle: 0 });
    chargeInsights(resource, ledger, resource, instanceClass, copies);
  }
  if (multiAz) {
    ledger.assume('A Multi-AZ instance costs as much as two; the price list rounds that to a tenth of a cent.');
  }
  chargeStorage(resource, source ?? resource, ledger, multiAz);
  chargeSecret(resource, ledger);
  chargeAddress(resource, ledger);
  ledger.assume(IDLE);
  ledger.assume(BACKUPS);
};

function chargeAddress(resource: ModelResource, ledger: Ledger): void {
  if (resource.flag('PubliclyAccessible') === true) {
    ledger.charge(resource, 'public-ipv4', { quantity: HOURS, idle: 0 });
  }
}

function isMultiAz(resource: ModelResource, ledger: Ledger): boolean {
  if (resource.value('MultiAZ') !== undefined && resource.flag('MultiAZ') === undefined) {
    ledger.leaveOpen(resource, 'MultiAZ is only decided by the deployment; a standby is assumed.');
    return true;
  }
  return resource.flag('MultiAZ') === true;
}

function chargeStorage(resource: ModelResource, source: ModelResource, ledger: Ledger, multiAz: boolean): void {
  const type = (resource.value('StorageType') ?? source.value('StorageType')) === undefined ? 'gp2' : resource.text('StorageType') ?? source.text('StorageType');
  if (type !== 'gp2' && type !== 'gp3') {
    ledger.leaveOpen(resource, `Storage of type ${type ?? 'that only the deployment decides'} has no price in the table and is not in the totals.`);
    return;
  }
  const holder = resource.value('AllocatedStorage') === undefined ? source : resource;
  if (holder.value('AllocatedStorage') === undefined) {
    ledger.leaveOpen(resource, 'AllocatedStorage is not given, so storage is not in the totals.');
    return;
  }
  const gigabytes = ledger.count(holder, 'AllocatedStorage', 0, 20);
  ledger.charge(resource, `rds-storage-${type}${multiAz ? '-multi-az' : ''}`, { quantity: gigabytes });
  if (resource.value('Iops') !== undefined || resource.value('StorageThroughput') !== undefined) {
    ledger.leaveOpen(resource, 'Iops or StorageThroughput above what gp3 includes have no price in the table and are not in the totals.');
  }
}

function chargeSecret(resource: ModelResource, ledger: Ledger): void {
  if (resource.flag('ManageMasterUserPassword') === true) {
    ledger.charge(resource, 'secret', { quantity: 1 });
  }
}

/** Database Insights in advanced mode, by the processors of every instance. */
function chargeInsights(resource: ModelResource, ledger: Ledger, holder: ModelResource, instanceClass: string, copies: number): void {
  const processors = processorsOf(instanceClass);
  if (holder.text('DatabaseInsightsMode') === 'advanced' && processors !== undefined) {
    ledger.charge(resource, 'database-insights-vcpu', { quantity: copies * processors * HOURS, idle: 0 });
  } else if (resource.flag('EnablePerformanceInsights') === true && (resource.number('PerformanceInsightsRetentionPeriod') ?? 7) > 7) {
    ledger.leaveOpen(resource, 'Performance Insights for more than seven days has no price in the table and is not in the totals.');
  }
}

function clusterInstance(resource: ModelResource, cluster: ModelResource | undefined, ledger: Ledger): void {
  const instanceClass = ledger.literal(resource, 'DBInstanceClass', 'the instance is not in the totals');
  if (instanceClass === 'db.serverless') {
    const least = cluster === undefined ? 0 : ledger.count(cluster, 'ServerlessV2ScalingConfiguration.MinCapacity', 0.5);
    ledger.charge(resource, 'aurora-acu', { quantity: least * HOURS, idle: 0 });
    if (cluster?.text('DatabaseInsightsMode') === 'advanced') {
      ledger.charge(resource, 'database-insights-acu', { quantity: least * HOURS, idle: 0 });
    }
    ledger.assume(`Aurora Serverless runs at its least capacity${least === 0 ? ', which is paused' : ''}; what it takes above that costs ${ledger.usd(resource, 'aurora-acu')}.`);
  } else if (instanceClass !== undefined) {
    ledger.chargeClass(resource, 'aurora', instanceClass, { quantity: HOURS, idle: 0 });
    if (cluster !== undefined) {
      chargeInsights(resource, ledger, cluster, instanceClass, 1);
    }
  }
  chargeAddress(resource, ledger);
  ledger.assume(IDLE);
}

const cluster: Pricer = (resource, ledger) => {
  const engine = resource.text('Engine');
  chargeSecret(resource, ledger);
  if (engine?.startsWith('aurora') !== true) {
    ledger.leaveOpen(resource, `A cluster of engine ${engine ?? 'that only the deployment decides'} has no prices in the table and is not in the totals.`);
    return;
  }
  noteOptimized(resource, ledger);
  if (resource.text('EngineMode') === 'serverless') {
    ledger.leaveOpen(resource, 'Capacity of Aurora Serverless v1 has no price in the table and is not in the totals.');
  }
  ledger.charge(resource, 'aurora-storage', { quantity: AURORA_STORAGE });
  ledger.assume(`An Aurora cluster stores ${AURORA_STORAGE} GB; input and output are not in the totals.`);
  ledger.assume(BACKUPS);
};

function kindOf(engine: string | undefined): string | undefined {
  return engine === 'postgres' ? 'rds-postgres' : engine === 'mysql' || engine === 'mariadb' ? 'rds-mysql' : undefined;
}

export const DATABASE_PRICERS = { 'rds-instance': instance, 'rds-cluster': cluster } satisfies Partial<Record<PriceFamily, Pricer>>;
