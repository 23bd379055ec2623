import type { ModelResource } from '../../../private/model';
import type { PriceFamily } from '../../../private/store-types/row';
import { HOURS, type Ledger, type Pricer } from '../ledger';

/** Data that a serverless cache is charged for even when it is empty, in GB. */
const SERVERLESS_LEAST = { valkey: 0.1, redis: 1 };

function engineOf(resource: ModelResource): 'valkey' | 'redis' {
  // Memcached nodes cost what Redis nodes do.
  return resource.text('Engine')?.toLowerCase() === 'valkey' ? 'valkey' : 'redis';
}

function chargeNodes(resource: ModelResource, ledger: Ledger, count: number): void {
  const type = ledger.literal(resource, 'CacheNodeType', 'the nodes are not in the totals');
  if (type !== undefined) {
    ledger.chargeClass(resource, `elasticache-${engineOf(resource)}`, type, { quantity: count * HOURS });
    ledger.assume('ElastiCache nodes cannot be stopped, so idle they cost the same.');
  }
}

const replicationGroup: Pricer = (resource, ledger) => {
  const shards = ledger.count(resource, 'NumNodeGroups', 1);
  const inGroup = resource.value('NumCacheClusters') === undefined
    ? 1 + ledger.count(resource, 'ReplicasPerNodeGroup', resource.list('NodeGroupConfiguration').length > 0 ? 1 : 0)
    : ledger.count(resource, 'NumCacheClusters', 1);
  chargeNodes(resource, ledger, shards * inGroup);
};

const cluster: Pricer = (resource, ledger) => chargeNodes(resource, ledger, ledger.count(resource, 'NumCacheNodes', 1));

const serverless: Pricer = (resource, ledger) => {
  const engine = engineOf(resource);
  const gigabytes = Math.max(SERVERLESS_LEAST[engine], ledger.count(resource, 'CacheUsageLimits.DataStorage.Minimum', 0));
  ledger.charge(resource, `elasticache-serverless-${engine}`, { quantity: gigabytes * HOURS });
  ledger.assume(`A serverless cache stores the least that is charged: ${SERVERLESS_LEAST.valkey} GB for Valkey, ${SERVERLESS_LEAST.redis} GB for others, or the least it is given.`);
  if (resource.value('CacheUsageLimits.ECPUPerSecond.Minimum') !== undefined) {
    ledger.leaveOpen(resource, 'A least number of ECPUs per second has no price in the table and is not in the totals.');
  }
};

const kafkaServerless: Pricer = (resource, ledger) => {
  ledger.charge(resource, 'msk-serverless-cluster', { quantity: HOURS });
  ledger.assume(`MSK Serverless has no partition yet (${ledger.usd(resource, 'msk-serverless-partition')}) and stores nothing; it cannot be stopped.`);
};

const kafka: Pricer = (resource, ledger) => {
  const brokers = ledger.count(resource, 'NumberOfBrokerNodes', 1);
  const type = ledger.literal(resource, 'BrokerNodeGroupInfo.InstanceType', 'the brokers are not in the totals');
  if (type !== undefined) {
    ledger.chargeClass(resource, 'msk-broker', type, { quantity: brokers * HOURS });
  }
  const storage = ledger.count(resource, 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize', 0);
  ledger.charge(resource, 'msk-broker-storage', { quantity: brokers * storage });
  ledger.assume('MSK brokers cannot be stopped, so idle they cost the same.');
};

export const CACHE_PRICERS = {
  'cache-group': replicationGroup,
  'cache-cluster': cluster,
  'cache-serverless': serverless,
  'kafka': kafka,
  'kafka-serverless': kafkaServerless,
} satisfies Partial<Record<PriceFamily, Pricer>>;
