import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { cacheSymptoms } from './cache-symptoms';
import { metricOf } from '../../private/metric-of';
import type { Monitoring, Monitored } from '../../symptoms/shared/monitored';
import type { MonitorCacheOptions } from '../monitor-cache-options';
import type { IRedisCache } from '../redis-cache';

/**
 * What caches have in common, whoever made them.
 *
 * @internal
 */
export abstract class CacheBase extends Construct implements IRedisCache, Monitored {
  /** Host name of the primary node, or of the serverless cache. */
  public abstract readonly endpoint: string;

  /** TCP port that the cache listens on. */
  public abstract readonly port: number;

  /** Security groups of the cache, with its port as default. */
  public abstract readonly connections: ec2.Connections;

  /**
   * A metric in namespace `AWS/ElastiCache`; average over 5 minutes unless told otherwise. Nodes have metrics each of their own: this
   * is the first node's. Give `dimensionsMap: { CacheClusterId: … }` with another of `nodeIds` for another node's.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
   * @throws InvalidBackendError when the name of an imported cache is not known
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(this, { namespace: 'AWS/ElastiCache', metricName, dimensionsMap: this._metricDimensions() }, options);
  }

  /** How much of its one thread the engine uses, in percent; average over 5 minutes. A serverless cache has no such metric. */
  public metricEngineCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('EngineCPUUtilization', { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }

  /** How much of the memory for data is used, in percent; greatest within 5 minutes. A serverless cache has no such metric. */
  public metricMemoryUsage(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DatabaseMemoryUsagePercentage', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Keys that were dropped because memory was full; sum over 5 minutes. */
  public metricEvictions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Evictions', { statistic: cloudwatch.Stats.SUM, ...options });
  }

  /** Open connections; greatest number within 5 minutes. */
  public metricConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('CurrConnections', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** @internal */
  public _monitor(options: MonitorCacheOptions): Monitoring {
    return { symptoms: cacheSymptoms(this, options) };
  }

  /** @internal */
  public abstract _metricDimensions(): { [name: string]: string };
}
