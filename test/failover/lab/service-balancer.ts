import type { ChildProcess } from 'child_process';
import { writeFileSync } from 'fs';
import { connect } from 'net';
import { join } from 'path';
import { text } from 'stream/consumers';
import { start } from './commands';
import { GATEWAY } from './constants';

/** Ports on which processes of the service listen: one for each place in the balancer. */
const PORTS = [9001, 9002, 9003, 9004];

/** Port on which clients reach the service. */
export const SERVICE_PORT = 8080;

export function portOf(place: number): number {
  return PORTS[place - 1];
}

/**
 * HAProxy in the place of the network load balancer in front of the service, as `NetworkIngress` sets it up: connections are moved, `/healthz` is asked
 * every 10 s, three failures, two successes. What ECS does to the target group, the socket for its operators does here.
 */
export class ServiceBalancer {
  public static start(folder: string): ServiceBalancer {
    const file = join(folder, 'service.cfg');
    const socket = join(folder, 'service.sock');
    const servers = PORTS.map((port, index) => `  server place-${index + 1} ${GATEWAY}:${port} check inter 10s fall 3 rise 2 disabled`);
    writeFileSync(file, [
      'global', '  maxconn 1000', `  stats socket ${socket} mode 600 level admin`,
      'defaults', '  mode tcp', '  timeout connect 5s', '  timeout client 350s', '  timeout server 350s', '  timeout check 5s', '  retries 0',
      'listen service', `  bind ${GATEWAY}:${SERVICE_PORT}`, '  balance roundrobin', '  option httpchk',
      '  http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host balancer', '  http-check expect status 200', ...servers, '',
    ].join('\n'));
    return new ServiceBalancer(start('haproxy', ['-db', '-f', file], { log: join(folder, 'service-haproxy.log') }), socket);
  }

  private constructor(private readonly child: ChildProcess, private readonly socket: string) {}

  /** The process at a place is healthy: it gets connections from now on. */
  public async register(place: number): Promise<void> {
    await this.command(`set server service/place-${place} state ready`);
  }

  /** No new connections to a place; those that are open go on. */
  public async deregister(place: number): Promise<void> {
    await this.command(`set server service/place-${place} state drain`);
  }

  /** Nobody is at a place any more. */
  public async free(place: number): Promise<void> {
    await this.command(`set server service/place-${place} state maint`);
  }

  public stop(): void {
    this.child.kill('SIGKILL');
  }

  /** HAProxy answers with an empty line where it did what it was told. */
  private async command(line: string): Promise<void> {
    const connection = connect(this.socket);
    connection.end(`${line}\n`);
    const answer = (await text(connection)).trim();
    if (answer !== '') throw new Error(`'${line}' failed: ${answer}`);
  }
}
