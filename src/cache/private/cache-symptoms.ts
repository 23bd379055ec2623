import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRedisCache, RedisCache } from '..';
import { BackendAlarm } from '../../symptoms';
import { gone } from '../../symptoms/shared/gone';
import { count, percent, shown } from '../../symptoms/shared/limits';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { MonitorCacheOptions } from '../monitor-cache-options';

interface CacheLimits {
  readonly cpu: number;
  readonly memory: number;
  readonly evictions: number;
}

/**
 * What a cache looks like that is, or will soon be, in trouble: each of its nodes, or the serverless cache as a whole. Nodes report their load
 * always, and evictions too; a serverless cache reports throttling only when there is some.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html
 */
export function cacheSymptoms(cache: IRedisCache, options: MonitorCacheOptions): Symptom[] {
  const limits: CacheLimits = {
    cpu: percent(cache, 'cpuPercent', options.cpuPercent, 90),
    memory: percent(cache, 'memoryPercent', options.memoryPercent, 90),
    evictions: count(cache, 'maxEvictions', options.maxEvictions ?? 100),
  };
  const known = cache.metricEvictions().dimensions?.CacheClusterId as string | undefined;
  if (known === undefined) {
    return [serverlessGone(cache), evictions(cache, limits), throttled(cache)];
  }
  const nodes = (cache as Partial<RedisCache>).nodeIds ?? [known];
  return nodes.flatMap((nodeId, index) => nodeSymptoms(cache, limits, nodeId, nodes.length === 1 ? undefined : `Node${index + 1}`));
}

function nodeSymptoms(cache: IRedisCache, limits: CacheLimits, nodeId: string, part?: string): Symptom[] {
  const ofNode = { dimensionsMap: { CacheClusterId: nodeId } };
  const prefix = part === undefined ? '' : `${part}: `;
  const subject = part === undefined ? 'The cache' : `${part} of the cache`;
  const gauge = { part, evaluationPeriods: 3, treatMissingData: TreatMissingData.MISSING };
  return [
    {
      alarm: BackendAlarm.CACHE_GONE,
      part,
      title: `${prefix}Reports`,
      description: `${subject} has reported nothing for 15 minutes, so it is deleted`,
      ...gone(cache.metricEngineCpuUtilization(ofNode)),
    },
    {
      alarm: BackendAlarm.CACHE_CPU,
      title: `${prefix}CPU of the engine (%)`,
      description: `${subject} has used ${shown(limits.cpu)} % of its engine's thread for 15 minutes`,
      metric: cache.metricEngineCpuUtilization(ofNode),
      threshold: limits.cpu,
      ...gauge,
    },
    {
      alarm: BackendAlarm.CACHE_MEMORY,
      title: `${prefix}Memory (%)`,
      description: `${subject} has used ${shown(limits.memory)} % of its memory for 15 minutes`,
      metric: cache.metricMemoryUsage(ofNode),
      threshold: fillsUp(cache) ? undefined : limits.memory,
      ...gauge,
    },
    evictions(cache, limits, { part, ofNode, prefix, subject }),
  ];
}

/** A cache that drops any key when memory is full is meant to be full, and one that moves keys to its disk too. */
function fillsUp(cache: IRedisCache): boolean {
  return (cache as Partial<RedisCache>)._fillsUp === true;
}

/** What a serverless cache stores is what it is paid for, so it is reported as long as it is there, which is not at once. */
function serverlessGone(cache: IRedisCache): Symptom {
  return {
    alarm: BackendAlarm.CACHE_GONE,
    title: 'Reports',
    description: 'The serverless cache has reported nothing for 15 minutes, so it is deleted',
    ...gone(cache.metric('BytesUsedForCache')),
    treatMissingData: TreatMissingData.MISSING,
    tellMissing: true,
  };
}

interface OfNode {
  readonly part?: string;
  readonly ofNode?: { readonly dimensionsMap: { [name: string]: string } };
  readonly prefix?: string;
  readonly subject?: string;
}

function evictions(cache: IRedisCache, limits: CacheLimits, { part, ofNode, prefix = '', subject = 'The cache' }: OfNode = {}): Symptom {
  return {
    alarm: BackendAlarm.CACHE_EVICTIONS,
    part,
    title: `${prefix}Evictions`,
    description: `${subject} has dropped ${shown(limits.evictions)} keys for want of memory, in each of 3 periods of 5 minutes`,
    metric: cache.metricEvictions(ofNode),
    threshold: limits.evictions,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
}

function throttled(cache: IRedisCache): Symptom {
  return {
    alarm: BackendAlarm.CACHE_THROTTLED,
    title: 'Throttled commands',
    description: 'The serverless cache has throttled commands for 15 minutes: its limit is reached, or it cannot scale fast enough',
    metric: cache.metric('ThrottledCmds', { statistic: Stats.SUM }),
    threshold: 1,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
}
