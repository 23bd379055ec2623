import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'http';
import type { AddressInfo } from 'net';

/** Answers a call of an AWS API that speaks JSON; undefined passes it on. */
export type Intercept = (action: string, input: Record<string, unknown>) => Promise<Intercepted | undefined>;

export interface Intercepted {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Stands in front of the emulator, on the address that everybody calls. */
export class Proxy {
  public static async listen(intercept: Intercept): Promise<Proxy> {
    const proxy = new Proxy(intercept);
    await new Promise<void>((done, failed) => proxy.server.once('error', failed).listen(0, '127.0.0.1', done));
    return proxy;
  }

  /** Port of the emulator. */
  public target = 0;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server: Server;

  private constructor(private readonly intercept: Intercept) {
    this.server = createServer((incoming, outgoing) => void this.handle(incoming, outgoing).catch((error: Error) => {
      outgoing.writeHead(500, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type: 'ServerException', message: error.message }));
    }));
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async close(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const action = String(incoming.headers['x-amz-target'] ?? '');
    if (!action.startsWith('AmazonEC2ContainerService')) {
      incoming.pipe(this.forward(incoming, outgoing));
      return;
    }
    const body = await read(incoming);
    const answer = await this.intercept(action.split('.').at(-1) ?? '', JSON.parse(body.toString() || '{}') as Record<string, unknown>);
    const { status, body: content } = answer ?? await this.ask(incoming, body);
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(content));
  }

  /** The emulator's own answer. It leaves the secrets of containers in the template's capitals, which clients then do not see. */
  private async ask(incoming: IncomingMessage, body: Buffer): Promise<Intercepted> {
    const answer = await new Promise<IncomingMessage>((done, failed) => this.request(incoming, done).once('error', failed).end(body));
    return { status: answer.statusCode ?? 502, body: uncapitalized(JSON.parse((await read(answer)).toString() || '{}')) as Record<string, unknown> };
  }

  private forward(incoming: IncomingMessage, outgoing: ServerResponse) {
    return this.request(incoming, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    }).once('error', () => outgoing.destroy());
  }

  private request({ method, url: path, headers }: IncomingMessage, answered: (answer: IncomingMessage) => void) {
    return request({ host: '127.0.0.1', port: this.target, method, path, headers, agent: this.agent }, answered);
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Errors keep their `__type`, which begins with no letter. */
function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), uncapitalized(item)]));
}
