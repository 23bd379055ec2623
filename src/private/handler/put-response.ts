const ATTEMPTS = 6;
const TIMEOUT_MILLIS = 4_000;

/** Lets time pass. */
interface Sleeper {
  sleep(milliseconds: number): Promise<void>;
}

/** An answer that CloudFormation did not get: the resource then waits until CloudFormation's own time limit. */
export class DeliveryError extends Error {
  public constructor(public readonly code: string, message: string) {
    super(`[${code}] ${message}`);
    this.name = 'DeliveryError';
  }
}

/**
 * Sends a custom resource's answer to the pre-signed URL that CloudFormation gave.
 *
 * @throws DeliveryError after several tries, so that Lambda delivers the event again
 */
export async function putResponse(url: string, body: string, clock: Sleeper): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put(url, body);
    } catch (error) {
      if (attempt === ATTEMPTS) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new DeliveryError('NOT_DELIVERED', `CloudFormation didn't accept the response: ${reason}. The resource stays in progress until CloudFormation's own time limit. Then deploy again.`);
      }
      await clock.sleep(200 * 2 ** attempt);
    }
  }
}

async function put(url: string, body: string): Promise<void> {
  // The URL is signed for no content type, and for a text `fetch` would send one; so these are bytes.
  const { status } = await fetch(url, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': '' }, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
  if (status >= 300) {
    throw new Error(`status ${status}`);
  }
}
