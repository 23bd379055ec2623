import { createServer, type Server } from 'http';
import type { AddressInfo } from 'net';

/** What a custom resource answered. */
export interface CustomResourceResponse {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** Takes the answers to requests that CloudFormation does not know of. */
export class ResponseSink {
  public static async listen(): Promise<ResponseSink> {
    const sink = new ResponseSink();
    await new Promise<void>((done, failed) => sink.server.once('error', failed).listen(0, '127.0.0.1', done));
    return sink;
  }

  private readonly waiting = new Map<string, (response: CustomResourceResponse) => void>();
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.waiting.get(request.url ?? '')?.(JSON.parse(body) as CustomResourceResponse);
      response.end();
    });
  });

  /** A URL, and the answer that will come to it. */
  public expect(name: string): { readonly url: string; readonly response: Promise<CustomResourceResponse> } {
    const response = new Promise<CustomResourceResponse>((arrived) => this.waiting.set(`/${name}`, arrived));
    return { url: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`, response };
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
