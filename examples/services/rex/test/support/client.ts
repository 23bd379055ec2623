import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly body: { readonly id: string; readonly state: string; readonly result?: unknown; readonly error?: string };
}

/** Somebody who is signed in, and tries again where it did not work, with the same key, as a client should. */
export class Caller {
  /** Requests that had to be sent again. */
  public retries = 0;

  public constructor(private readonly token: string, private readonly addresses: () => readonly string[]) {}

  public async submit(key: string, text: string): Promise<Answer> {
    return this.persistently(async (address) => call(`${address}/api/jobs`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${this.token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ text }),
    }));
  }

  public async read(id: string): Promise<Answer> {
    return this.persistently(async (address) => call(`${address}/api/jobs/${id}`, { headers: { authorization: `Bearer ${this.token}` } }));
  }

  /** One after the other of the APIs, as a load balancer would, for at most 30 seconds. */
  private async persistently(send: (address: string) => Promise<Answer>): Promise<Answer> {
    const giveUp = Date.now() + 30_000;
    for (let attempt = 0; Date.now() < giveUp; attempt++) {
      const addresses = this.addresses();
      const answer = await send(addresses[attempt % addresses.length]).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) {
        return answer;
      }
      this.retries += 1;
      await sleep(50);
    }
    throw new Error('No API answered for 30 seconds');
  }
}

async function call(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  return { status: response.status, body: await response.json() as Answer['body'] };
}
