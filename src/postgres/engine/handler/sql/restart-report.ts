import type { RestartState } from './server-state';

/**
 * Says which parameters the server has not taken yet. RDS may keep a static parameter back until the restart, and then the server itself
 * knows of nothing that is pending: so what is declared is compared with what is there.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-settings.html
 */
export function restartReport({ pendingRestart, maxConnections, onRds }: RestartState, host: string, declared?: number): string | undefined {
  const differs = declared !== undefined && declared !== maxConnections;
  const waiting = [...new Set([...(differs ? ['max_connections'] : []), ...pendingRestart])];
  if (waiting.length === 0) {
    return undefined;
  }
  const numbers = differs ? ` The server accepts ${maxConnections} connections, and ${declared} are declared.` : '';
  return `WARNING: the server '${host}' has to be restarted before it takes ${waiting.map((name) => `'${name}'`).join(', ')}.${numbers} `
    + `Restart each of its instances when a short interruption is acceptable: ${onRds ? '`aws rds reboot-db-instance --db-instance-identifier <instance>`' : 'on a self-hosted node, `patronictl -c /etc/patroni/config.yml restart <cluster>`'}.`;
}
