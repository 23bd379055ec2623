import { connect, type Socket } from 'net';

/** What a connection sends next: the bytes of one request. */
export type NextRequest = () => string;

/** What was answered. */
export interface Load {
  readonly requests: number;
  /** Body of the last answer. */
  readonly body: string;
}

/**
 * Sends requests for some time over kept connections, each sending its next request when it has the answer. Reads as much of HTTP as the
 * answers of Fastify need, so that the processors serve the servers; throws on any status but the given one.
 */
export async function load(port: number, status: number, milliseconds: number, connections: readonly NextRequest[]): Promise<Load> {
  const end = performance.now() + milliseconds;
  const sockets = connections.map((next) => new RequestLoop(connect({ host: '127.0.0.1', port, noDelay: true }), next, status, end));
  const loops = await Promise.all(sockets.map(async (loop) => loop.run()));
  return { requests: loops.reduce((sum, { answered }) => sum + answered, 0), body: loops[0].body };
}

class RequestLoop {
  public answered = 0;
  public body = '';
  private received = '';

  public constructor(private readonly socket: Socket, private readonly next: NextRequest, private readonly status: number, private readonly end: number) {}

  public async run(): Promise<this> {
    return new Promise((done, failed) => {
      this.socket.setEncoding('latin1').once('error', failed).once('close', () => failed(new Error('The server closed a connection')));
      this.socket.on('data', (chunk: string) => {
        this.received += chunk;
        if (!this.takeAnswer(failed)) {
          return;
        }
        if (performance.now() < this.end) {
          this.socket.write(this.next());
        } else {
          this.socket.removeAllListeners('close').destroy();
          done(this);
        }
      });
      this.socket.write(this.next());
    });
  }

  /** Whether a whole answer was there. */
  private takeAnswer(failed: (error: Error) => void): boolean {
    const head = this.received.indexOf('\r\n\r\n');
    if (head === -1) {
      return false;
    }
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.received)?.[1]);
    if (!(this.received.length >= head + 4 + length)) {
      return false;
    }
    if (!this.received.startsWith(`HTTP/1.1 ${this.status} `)) {
      failed(new Error(this.received));
    }
    this.body = this.received.slice(head + 4);
    this.received = '';
    this.answered += 1;
    return true;
  }
}
