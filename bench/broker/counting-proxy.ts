import * as net from 'net';

/** What went over the wire. */
export interface Traffic {
  readonly connections: number;
  /** Times that a client sent something and then had to wait for the answer: set-up of the connection, TLS and login included. */
  readonly roundTrips: number;
}

/** Bytes of the records that a client sends last, and nobody answers: PostgreSQL's Terminate, and the alert that ends TLS 1.3. */
const FAREWELLS = [27, 24];

/** Forwards connections on 127.0.0.1 and counts; it sees no content, so what is counted does not depend on who speaks. */
export class CountingProxy {
  public static async start(target: number): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    await new Promise<void>((listening) => proxy.server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  private readonly server = net.createServer((client) => this.forward(client));
  private connections = 0;
  private roundTrips = 0;

  private constructor(private readonly target: number) {}

  public get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Traffic since the last call. */
  public take(): Traffic {
    const { connections, roundTrips } = this;
    Object.assign(this, { connections: 0, roundTrips: 0 });
    return { connections, roundTrips };
  }

  public async stop(): Promise<void> {
    await new Promise((closed) => this.server.close(closed));
  }

  private forward(client: net.Socket): void {
    this.connections++;
    const server = net.connect(this.target, '127.0.0.1');
    let answered = true;
    client.on('data', (data) => {
      if (!recordSizes(data).every((size) => FAREWELLS.includes(size))) {
        this.roundTrips += answered ? 1 : 0;
        answered = false;
      }
    });
    server.on('data', () => { answered = true; });
    [client, server].forEach((socket) => socket.setNoDelay(true).on('error', () => undefined));
    client.pipe(server).pipe(client);
  }
}

/** Sizes of the TLS records in what was sent at once. */
function recordSizes(data: Buffer): number[] {
  const sizes: number[] = [];
  for (let start = 0; start < data.length; start += sizes[sizes.length - 1]) {
    sizes.push(start + 5 > data.length ? data.length - start : 5 + data.readUInt16BE(start + 3));
  }
  return sizes;
}
