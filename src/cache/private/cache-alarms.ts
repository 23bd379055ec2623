import { cacheSymptoms } from './cache-symptoms';
import { BackendAlarm } from '../../symptoms';
import { createOwnAlarms } from '../../symptoms/shared/own-alarm';
import type { RedisCache } from '../redis-cache';

const ALARMS = [
  { kind: BackendAlarm.CACHE_THROTTLED, id: 'ThrottledAlarm', alarmDescription: 'The serverless cache throttles commands: its limit is reached, or it cannot scale fast enough' },
  { kind: BackendAlarm.CACHE_CPU, id: 'CpuAlarm', alarmDescription: 'The cache has used 90 % of its engine\'s thread for 15 minutes' },
  { kind: BackendAlarm.CACHE_MEMORY, id: 'MemoryAlarm', alarmDescription: 'The cache has used 90 % of its memory for 15 minutes' },
];

/** Alarms on what makes a cache fail slowly, for each node. They have no actions: subscribe to their state changes. */
export function createAlarms(cache: RedisCache): void {
  const symptoms = cacheSymptoms(cache, {});
  ALARMS.forEach(({ kind, ...own }) => createOwnAlarms(cache, symptoms.filter(({ alarm }) => alarm === kind), { ...own, evaluationPeriods: 3 }));
}
