import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CacheSettings, NodeSettings } from './cache-settings';
import { SERVERLESS_PORT } from './serverless-ports';
import { refuseOf, type Refuse } from '../../private/errors';
import { integer } from '../../private/ranges';
import { validateWindows } from '../../private/windows';
import type { RedisCacheProps } from '../redis-cache-props';

/** @see https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html */
const LEAST_WINDOW_MINUTES = 60;

/** Refuses what ElastiCache would refuse in the middle of a deployment, or what would silently do nothing. */
export function validateCache(scope: Construct, props: RedisCacheProps, settings: CacheSettings): void {
  const refuse = refuseOf(scope);
  validateShared(scope, props, settings, refuse);
  validateParameters(props, refuse);
  if (settings.nodes === undefined) {
    validateServerless(props, settings, refuse);
  } else {
    validateNodes(settings.nodes, settings, refuse);
    validateWindows(scope, settings, LEAST_WINDOW_MINUTES);
  }
}

function validateShared(scope: Construct, props: RedisCacheProps, { backupRetention, port }: CacheSettings, refuse: Refuse): void {
  const days = backupRetention.isUnresolved() ? 0 : backupRetention.toDays({ integral: false });
  if (props.securityGroups?.length === 0) {
    refuse('RedisCache.securityGroups', '`securityGroups` must not be empty. Remove it to get a new security group without rules.');
  }
  integer(scope, 'port', port, 1, 65535);
  if (!Number.isInteger(days) || days < 0 || days > 35) {
    refuse('RedisCache.backupRetention', `\`backupRetention\` must be a whole number of days from 0 to 35, got ${days} days.`);
  }
}

function validateParameters({ parameters = {}, eviction }: RedisCacheProps, refuse: Refuse): void {
  const clustered = parameters['cluster-enabled'];
  if (parameters['maxmemory-policy'] !== undefined && eviction !== undefined) {
    refuse('RedisCache.evictionParameter', '`eviction` and the parameter `maxmemory-policy` are both set, and mean the same. Remove one of them.');
  }
  if (clustered !== undefined && clustered !== 'no') {
    refuse('RedisCache.clusterParameter', '`parameters` can\'t contain `cluster-enabled`, because a cache of nodes has one shard. Remove the parameter, or use `CacheCapacity.serverless()`, which scales beyond one shard.');
  }
}

/**
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
 */
function validateNodes(nodes: NodeSettings, { zones, backupRetention }: CacheSettings, refuse: Refuse): void {
  const type = nodes.instanceType.toString();
  const hasBackups = backupRetention.isUnresolved() || backupRetention.toDays({ integral: false }) > 0;
  if (nodes.multiAz && zones.length === 1) {
    refuse('RedisCache.replicaZone', 'The cache\'s subnets are all in one availability zone, and the replica needs another zone. Use subnets in two zones, or `CacheCapacity.node({ multiAz: false })`.');
  }
  if (nodes.replicas > 0 && /^t[12]\./.test(type)) {
    refuse('RedisCache.replicaType', `Nodes of type '${type}' can't fail over, so a replica would never take over. Use t3, t4g or a larger type, or \`CacheCapacity.node({ replicas: 0 })\`.`);
  }
  if (hasBackups && /^t1\./.test(type)) {
    refuse('RedisCache.backupType', `Nodes of type '${type}' don't support snapshots. Use another type, or \`backupRetention: Duration.days(0)\`.`);
  }
}

function validateServerless(props: RedisCacheProps, { zones, port }: CacheSettings, refuse: Refuse): void {
  const unused = (['eviction', 'parameters', 'preferredBackupWindow', 'preferredMaintenanceWindow'] as const).filter((name) => props[name] !== undefined);
  if (unused.length > 0) {
    refuse('RedisCache.serverlessProps', `A serverless cache doesn't support ${unused.map((name) => `\`${name}\``).join(', ')}. Remove what only nodes support, or use \`CacheCapacity.node()\`.`);
  }
  if (port !== SERVERLESS_PORT) {
    refuse('RedisCache.serverlessPort', `\`port\` can't be ${Token.isUnresolved(port) ? 'a token' : port}, because a serverless cache listens on ${SERVERLESS_PORT}. Remove \`port\`, or use \`CacheCapacity.node()\`.`);
  }
  if (zones.length === 1) {
    refuse('RedisCache.serverlessZones', 'The cache\'s subnets are all in one availability zone, and a serverless cache needs two. Use subnets in two zones.');
  }
}
