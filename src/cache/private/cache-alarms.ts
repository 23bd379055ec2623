import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { RedisCache } from '../redis-cache';

/** Alarms on what makes a cache fail slowly, for each node. They have no actions: subscribe to their state changes. */
export function createAlarms(cache: RedisCache): void {
  if (cache.nodeIds.length === 0) {
    createAlarm(cache, 'ThrottledAlarm', 'The serverless cache throttles commands: its limit is reached, or it cannot scale fast enough',
      cache.metric('ThrottledCmds', { statistic: cloudwatch.Stats.SUM }), 1);
    return;
  }
  cache.nodeIds.forEach((nodeId, index) => {
    const ofNode = { dimensionsMap: { CacheClusterId: nodeId } };
    const suffix = index === 0 ? '' : `${index + 1}`;
    createAlarm(cache, `CpuAlarm${suffix}`, 'The cache has used 90 % of its engine\'s thread for 15 minutes', cache.metricEngineCpuUtilization(ofNode), 90);
    createAlarm(cache, `MemoryAlarm${suffix}`, 'The cache has used 90 % of its memory for 15 minutes', cache.metricMemoryUsage(ofNode), 90);
  });
}

function createAlarm(cache: RedisCache, id: string, alarmDescription: string, metric: cloudwatch.Metric, threshold: number): void {
  new cloudwatch.Alarm(cache, id, {
    alarmDescription,
    metric,
    threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 3,
  });
}
