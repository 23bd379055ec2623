const ATTEMPTS = 6;
const TIMEOUT_MILLIS = 4_000;

/** Lets time pass. */
interface Sleeper {
  sleep(milliseconds: number): Promise<void>;
}

/**
 * Sends a custom resource's answer to the pre-signed URL that CloudFormation gave.
 *
 * @throws after several tries, so that Lambda delivers the event again
 */
export async function putResponse(url: string, body: string, clock: Sleeper): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put(url, body);
    } catch (error) {
      if (attempt === ATTEMPTS) {
        throw new Error(`CloudFormation did not take the response: ${error instanceof Error ? error.message : String(error)}`);
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
