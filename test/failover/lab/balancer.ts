import type { ChildProcess } from 'child_process';
import { writeFileSync } from 'fs';
import { join } from 'path';
import { start } from './commands';
import { ADDRESSES, GATEWAY } from './constants';

/** One listener, with the health checks of the network load balancer: every 5 s, two failures and two successes. */
function listener(port: number, path: string): string {
  const servers = ADDRESSES.map((address, index) => `  server node-${index + 1} ${address}:5432 check port 8008 check-ssl verify none inter 5s fall 2 rise 2 on-marked-down shutdown-sessions`);
  return [`listen port-${port}`, `  bind ${GATEWAY}:${port}`, '  option httpchk', `  http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host balancer`, '  http-check expect status 200', ...servers].join('\n');
}

/** Starts HAProxy in the place of the network load balancer: 5432 leads to the primary, 5433 to replicas. */
export function startBalancer(work: string): ChildProcess {
  const file = join(work, 'haproxy.cfg');
  writeFileSync(file, [
    'global', '  maxconn 1000', 'defaults', '  mode tcp', '  timeout connect 5s', '  timeout client 350s', '  timeout server 350s', '  timeout check 2s', '  retries 0',
    listener(5432, '/primary'), listener(5433, '/replica'), '',
  ].join('\n'));
  return start('haproxy', ['-db', '-f', file], { log: join(work, 'haproxy.log') });
}
