import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between the service and its database, as a load balancer does. */
export class Proxy {
  public static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  private readonly server: Server = createServer((client) => this.join(client));
  private readonly sockets: Socket[] = [];
  private silent = false;

  private constructor(private readonly target: number) {}

  public get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Connections that are open hear nothing more, as where their server's host is dead. */
  public hang(): void {
    this.sockets.forEach((socket) => socket.unpipe().pause());
  }

  /** New connections are taken, too, and nobody answers. */
  public hangForever(): void {
    this.hang();
    this.silent = true;
  }

  public close(): void {
    this.server.close();
    this.sockets.forEach((socket) => socket.destroy());
  }

  private join(client: Socket): void {
    this.sockets.push(client.on('error', () => undefined));
    if (this.silent) {
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    this.sockets.push(server.on('error', () => undefined));
    client.pipe(server).on('close', () => client.destroy());
    server.pipe(client).on('close', () => server.destroy());
  }
}
