import { RemovalPolicy, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CacheSettings } from './cache-settings';
import { InvalidBackendError } from '../../private/errors';
import type { RedisCacheProps } from '../redis-cache-props';

const REMOVALS = [RemovalPolicy.DESTROY, RemovalPolicy.SNAPSHOT, RemovalPolicy.RETAIN];

/** Refuses what ElastiCache would refuse in the middle of a deployment, or what would silently do nothing. */
export function validateCache(scope: Construct, props: RedisCacheProps, settings: CacheSettings): void {
  for (const problem of [...sharedProblems(props, settings), ...parameterProblems(props), ...nodeProblems(settings), ...serverlessProblems(props, settings)]) {
    throw new InvalidBackendError(scope, problem);
  }
}

function sharedProblems(props: RedisCacheProps, { backupRetention, port, removalPolicy }: CacheSettings): string[] {
  const days = backupRetention.isUnresolved() ? 0 : backupRetention.toDays({ integral: false });
  return [
    ...when(props.securityGroups?.length === 0, 'securityGroups must not be empty. Leave it out to get a new security group without rules.'),
    ...when(!Token.isUnresolved(port) && (!Number.isInteger(port) || port < 1 || port > 65535), `port must be a whole number from 1 to 65535, got ${port}.`),
    ...when(!Number.isInteger(days) || days < 0 || days > 35, `backupRetention must be whole days from 0 to 35, got ${days}.`),
    ...when(!REMOVALS.includes(removalPolicy), `removalPolicy must be DESTROY, SNAPSHOT or RETAIN, got ${removalPolicy}.`),
  ];
}

function parameterProblems({ parameters = {}, eviction }: RedisCacheProps): string[] {
  const clustered = parameters['cluster-enabled'];
  return [
    ...when(parameters['maxmemory-policy'] !== undefined && eviction !== undefined, 'Set eviction or the parameter maxmemory-policy, not both.'),
    ...when(clustered !== undefined && clustered !== 'no', 'A cache of nodes has one shard, so the parameter cluster-enabled must be left out. CacheCapacity.serverless() scales beyond one.'),
  ];
}

/**
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups.html
 */
function nodeProblems({ nodes, zones, backupRetention }: CacheSettings): string[] {
  if (nodes === undefined) {
    return [];
  }
  const type = nodes.instanceType.toString();
  const hasBackups = backupRetention.isUnresolved() || backupRetention.toDays({ integral: false }) > 0;
  return [
    ...when(nodes.multiAz && zones.length === 1, 'vpcSubnets selects subnets of one availability zone, but the replica needs another. Use at least two zones (maxAzs), or CacheCapacity.node({ multiAz: false }).'),
    ...when(nodes.replicas > 0 && /^t[12]\./.test(type), `Nodes of type ${type} cannot fail over, so a replica would never take over. Use t3, t4g or larger, or CacheCapacity.node({ replicas: 0 }).`),
    ...when(hasBackups && /^t1\./.test(type), `Nodes of type ${type} have no snapshots. Use another type, or backupRetention: Duration.days(0).`),
  ];
}

function serverlessProblems(props: RedisCacheProps, { nodes, zones, port }: CacheSettings): string[] {
  if (nodes !== undefined) {
    return [];
  }
  const unused = (['eviction', 'parameters', 'preferredBackupWindow', 'preferredMaintenanceWindow'] as const).filter((name) => props[name] !== undefined);
  return [
    ...when(unused.length > 0, `A serverless cache has no ${unused.join(', ')}. Leave out what only nodes have, or use CacheCapacity.node().`),
    ...when(port !== 6379, 'A serverless cache listens on 6379. Leave out port, or use CacheCapacity.node().'),
    ...when(zones.length === 1, 'vpcSubnets selects subnets of one availability zone, but a serverless cache needs two. Use at least two zones (maxAzs).'),
  ];
}

function when(bad: boolean, problem: string): string[] {
  return bad ? [problem] : [];
}
