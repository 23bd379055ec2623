import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'http';
import { text } from 'stream/consumers';
import { createGunzip } from 'zlib';
import { ACTIONS, ADMIN_SECRET, jsonError, newSecrets, xmlError } from './actions';
import type { Answer, Call, Instance } from './instances';
import { metadataServer } from './metadata';
import { ADMIN, GATEWAY, METADATA_ADDRESS, nodeAt } from '../constants';
import type { Signer } from '../signer';

/** Services by the name in JSON targets. */
const TARGETS: Readonly<Record<string, string>> = { secretsmanager: 'secretsmanager', GraniteServiceVersion20100801: 'cloudwatch' };

/** Services by the version in queries. */
const VERSIONS: Readonly<Record<string, string>> = { '2010-08-01': 'cloudwatch', '2011-01-01': 'autoscaling', '2016-11-15': 'ec2' };

interface Request {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly protocol: 'json' | 'query';
}

/** Finds the action in one of the protocols of AWS: JSON 1.1, query, and REST of Lambda. */
async function parse(request: IncomingMessage): Promise<Request> {
  const body = await text(request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request);
  const lambda = /^\/2015-03-31\/functions\/(.+)\/invocations$/.exec(request.url ?? '');
  if (lambda !== null) {
    return { action: 'lambda:InvokeFunction', input: { FunctionName: decodeURIComponent(lambda[1]), Payload: body }, protocol: 'json' };
  }
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    const [service, action] = target.split('.');
    return { action: `${TARGETS[service] ?? service}:${action}`, input: JSON.parse(body) as Record<string, unknown>, protocol: 'json' };
  }
  const { Action: action, Version: version, ...input } = Object.fromEntries(new URLSearchParams(body));
  return { action: `${VERSIONS[version] ?? version}:${action}`, input, protocol: 'query' };
}

/** Stands for AWS: metadata of instances, and the actions that nodes call, recorded. */
export class Aws {
  public readonly calls: Call[] = [];
  public readonly instances = new Map<number, Instance>();
  private readonly secrets = newSecrets();
  private readonly servers: Server[] = [];

  constructor(private readonly signer: Signer) {}

  /** Bundle of the authorities that sign for nodes. */
  public get authorities(): string {
    return this.signer.authorities;
  }

  public async listen(): Promise<void> {
    const byAddress = (address: string) => this.instances.get(nodeAt(address) ?? 0);
    await this.serve(metadataServer(byAddress), METADATA_ADDRESS, 80);
    await this.serve(createServer((request, response) => void this.handle(request, response)), GATEWAY, 4566);
  }

  public close(): void {
    this.servers.forEach((server) => {
      server.close();
      server.closeAllConnections();
    });
  }

  /** An Auto Scaling group of exactly one launches an instance. */
  public launch(node: number, instanceId: string): void {
    this.instances.set(node, { instanceId, node, group: `failover-Node${node}`, targetState: 'InService' });
  }

  /** An Auto Scaling group wants its instance to go. Its hook waits for `CompleteLifecycleAction`. */
  public terminate(node: number): void {
    const instance = this.instances.get(node);
    if (instance !== undefined) instance.targetState = 'Terminated';
  }

  /** Secrets Manager has another password of the admin. */
  public rotateAdmin(password: string): void {
    this.secrets.set(ADMIN_SECRET, { ...ADMIN, password });
  }

  /** Calls of an action since a time. */
  public callsOf(action: string, since = 0): Call[] {
    return this.calls.filter((call) => call.action === action && call.at >= since);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answer(request).catch((error: Error) => jsonError('InternalFailure', error.message, 500));
    response.writeHead(answer.status ?? 200, { 'content-type': answer.type, ...answer.headers }).end(answer.body);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const { action, input, protocol } = await parse(request);
    this.calls.push({ at: Date.now(), node: nodeAt(request.socket.remoteAddress), action, input });
    const known = ACTIONS[action];
    if (known === undefined) return (protocol === 'json' ? jsonError : xmlError)('InvalidAction', `The AWS of the lab does not know '${action}'.`);
    return known({ instances: () => [...this.instances.values()], signer: this.signer, secrets: this.secrets }, input);
  }

  private serve(server: Server, address: string, port: number): Promise<void> {
    this.servers.push(server);
    return new Promise((done, failed) => server.once('error', failed).listen(port, address, done));
  }
}
