import { Agent, request, type IncomingMessage } from 'http';
import { text } from 'stream/consumers';
import { setTimeout as sleep } from 'timers/promises';
import type { Answer } from './service-judge';
import { GATEWAY } from '../lab/constants';
import { SERVICE_PORT } from '../lab/service-balancer';

/** Clients at once, each with a connection that it keeps. */
const CLIENTS = 8;

/** Milliseconds between the requests of a client, and after one that was refused. */
const PAUSE = { usual: 20, refused: 500 };

/** Longer than any answer may take. */
const TIMEOUT_MILLIS = 60_000;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A number in letters, of which usernames are made. */
function letters(number: number, length: number): string {
  return [...Array(length).keys()].map((place) => LETTERS[Math.floor(number / 26 ** place) % 26]).join('');
}

/** Clients of hello-birthday: each remembers somebody new, and asks for whom it remembered last. None tries a request again by itself. */
export class ServiceClients {
  public readonly answers: Answer[] = [];
  /** What usernames of these clients start with. */
  public readonly prefix = letters(Date.now(), 9);
  private running = true;
  private readonly all = [...Array(CLIENTS).keys()].map((client) => this.use(client));

  /** Lets the clients finish the requests that are under way. */
  public async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.all);
  }

  private async use(client: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let known: string | undefined;
    for (let number = 0; this.running; number += 1) {
      const name = `${this.prefix}${letters(client, 1)}${letters(number, 5)}`;
      if (await this.send(agent, 'PUT', name)) known = name;
      if (known !== undefined) await this.send(agent, 'GET', known);
    }
    agent.destroy();
  }

  private async send(agent: Agent, method: Answer['method'], name: string): Promise<boolean> {
    const since = Date.now();
    const answer = await ask(agent, method, name).catch((error: Error): Partial<Answer> => ({ error: `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}`.trim() }));
    this.answers.push({ method, name, since, at: Date.now(), ...answer });
    const good = answer.status === 200 || answer.status === 204;
    await sleep(good ? PAUSE.usual : PAUSE.refused);
    return good;
  }
}

async function ask(agent: Agent, method: Answer['method'], name: string): Promise<Partial<Answer>> {
  const response = await new Promise<IncomingMessage>((done, failed) => {
    const call = request({ host: GATEWAY, port: SERVICE_PORT, path: `/hello/${name}`, method, agent, timeout: TIMEOUT_MILLIS, headers: { 'content-type': 'application/json' } }, done);
    call.once('timeout', () => call.destroy(new Error('No answer'))).once('error', failed).end(method === 'PUT' ? '{"dateOfBirth":"1990-12-10"}' : undefined);
  });
  await text(response);
  return { status: response.statusCode, retryAfter: response.headers['retry-after'], closes: response.headers.connection === 'close' };
}
