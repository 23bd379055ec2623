import { setTimeout as sleep } from 'timers/promises';
import type { HealthCheck } from '@aws-sdk/client-ecs';
import type { ContainerProcess } from './container';

export type Health = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/** What ECS takes where a check does not say. */
const DEFAULTS = { interval: 30, timeout: 5, retries: 3, startPeriod: 0 };

/**
 * Repeats a container's health check, the first time after one interval. Failures within the start period do not count.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
 */
export function watchHealth(container: Pick<ContainerProcess, 'exec'>, check: HealthCheck | undefined, onChange: (health: Health) => void): { end(): void } {
  const abort = new AbortController();
  if (check !== undefined) void watch(container, check, onChange, abort.signal).catch(() => undefined);
  return { end: () => abort.abort() };
}

async function watch(container: Pick<ContainerProcess, 'exec'>, check: HealthCheck, onChange: (health: Health) => void, signal: AbortSignal): Promise<void> {
  const [interval, timeout, retries, startPeriod] = (['interval', 'timeout', 'retries', 'startPeriod'] as const).map((name) => check[name] ?? DEFAULTS[name]);
  const [kind, ...words] = check.command ?? [];
  const argv = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : kind === 'CMD' ? words : [kind ?? '', ...words];
  const started = Date.now();
  let health: Health = 'UNKNOWN';
  let failures = 0;
  while (kind !== 'NONE') {
    await sleep(interval * 1000, undefined, { signal });
    const succeeded = await container.exec(argv, timeout) === 0;
    signal.throwIfAborted();
    const counts = health !== 'UNKNOWN' || Date.now() - started > startPeriod * 1000;
    failures = succeeded || !counts ? 0 : failures + 1;
    const now: Health = succeeded ? 'HEALTHY' : failures >= retries ? 'UNHEALTHY' : health;
    if (now !== health) onChange(now);
    health = now;
  }
}
