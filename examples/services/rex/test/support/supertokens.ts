import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

const API_KEY = 'a-key-of-the-core-for-tests';
const BASE_PATH = '/auth';

interface SessionRecord {
  readonly handle: string;
  readonly userId: string;
  expiryTime: number;
}

/**
 * Stands in for the core of SuperTokens, whose image cannot be had where this runs: two endpoints of its Core Driver Interface 5.1,
 * with the names, types and refusals that its documentation gives.
 */
export class SupertokensStandIn {
  public static async start(): Promise<SupertokensStandIn> {
    const core = new SupertokensStandIn();
    core.server.listen(0, '127.0.0.1');
    await once(core.server, 'listening');
    return core;
  }

  public readonly apiKey = API_KEY;
  /** Where its endpoints begin. */
  public readonly basePath = BASE_PATH;
  /** How many sessions it was asked to verify. */
  public verifications = 0;
  private readonly sessions = new Map<string, SessionRecord>();
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Signs somebody in through the endpoint, and gives the access token. */
  public async signIn(userId: string): Promise<string> {
    const response = await fetch(`${this.url}${BASE_PATH}/recipe/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'api-key': API_KEY, 'cdi-version': '5.1' },
      body: JSON.stringify({ userId, userDataInJWT: {}, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true }),
    });
    return (await response.json() as { accessToken: { token: string } }).accessToken.token;
  }

  /** Makes a session end that many milliseconds from now. */
  public expire(token: string, milliseconds: number): void {
    this.sessions.get(token)!.expiryTime = Date.now() + milliseconds;
  }

  /** What happens when somebody signs out. */
  public revoke(token: string): void {
    this.sessions.delete(token);
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body: object | string): void => {
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (request.headers['api-key'] !== API_KEY) {
      return reply(401, 'Invalid API key');
    }
    if (request.headers['cdi-version'] !== '5.1') {
      return reply(400, 'cdi-version not supported');
    }
    const body = await json(request) as Record<string, unknown>;
    switch (`${request.method} ${request.url}`) {
      case `POST ${BASE_PATH}/recipe/session`: return reply(200, this.create(body));
      case `POST ${BASE_PATH}/recipe/session/verify`: return reply(...this.verify(body));
      default: return reply(404, 'Not found');
    }
  }

  private create({ userId }: Record<string, unknown>): object {
    const createdTime = Date.now();
    const record = { handle: randomUUID(), userId: String(userId), expiryTime: createdTime + 3_600_000 };
    const token = randomBytes(32).toString('base64url');
    this.sessions.set(token, record);
    return {
      status: 'OK',
      session: { handle: record.handle, userId: record.userId, recipeUserId: record.userId, userDataInJWT: {}, tenantId: 'public' },
      accessToken: { token, expiry: record.expiryTime, createdTime },
    };
  }

  private verify({ accessToken, enableAntiCsrf, doAntiCsrfCheck, checkDatabase }: Record<string, unknown>): [number, object | string] {
    this.verifications += 1;
    if (typeof accessToken !== 'string' || [enableAntiCsrf, doAntiCsrfCheck, checkDatabase].some((flag) => typeof flag !== 'boolean')) {
      return [400, 'Field name is invalid in JSON input'];
    }
    const record = this.sessions.get(accessToken);
    if (record === undefined) {
      return [200, { status: 'UNAUTHORISED', message: 'Session does not exist.' }];
    }
    if (record.expiryTime <= Date.now()) {
      return [200, { status: 'TRY_REFRESH_TOKEN', message: 'Access token expired' }];
    }
    return [200, { status: 'OK', session: { ...record, recipeUserId: record.userId, userDataInJWT: {}, tenantId: 'public' } }];
  }
}
