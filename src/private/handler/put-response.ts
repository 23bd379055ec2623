import { endpointsOfS3 } from './s3-hosts';

/** Origins, without their ports, at which tests emulate CloudFormation. Only what the tests bundle themselves has one; in what is published it is undefined, and nothing of it is left. */
declare const EMULATED_CLOUD: string | undefined;

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
 * Sends a custom resource's answer to the pre-signed URL that CloudFormation gave. Whoever may invoke the function chooses that URL, so only one
 * of S3 is used.
 *
 * @throws DeliveryError at once where the URL is not one of S3; else after several tries, so that Lambda delivers the event again
 */
export async function putResponse(url: string, body: string, clock: Sleeper, region = process.env.AWS_REGION ?? ''): Promise<void> {
  checkUrl(url, region);
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

/** Fails where the URL leads to anything but S3 in the partition of the region, over HTTPS. */
function checkUrl(url: string, region: string): void {
  const { protocol, hostname, origin, port, username } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '', origin: 'nowhere', port: '', username: '' };
  const isOfS3 = protocol === 'https:' && port === '' && username === '' && endpointsOfS3(region).test(hostname);
  const isEmulated = typeof EMULATED_CLOUD === 'string' && EMULATED_CLOUD.split(' ').some((emulated) => origin.startsWith(`${emulated}:`));
  if (!isOfS3 && !isEmulated) {
    throw new DeliveryError('UNTRUSTED_URL', `The event asks for its response at '${origin}', and CloudFormation in region '${region}' only uses HTTPS URLs of Amazon S3, so nothing was sent. Check who may invoke this function.`);
  }
}

async function put(url: string, body: string): Promise<void> {
  // The URL is signed for no content type, and for a text `fetch` would send one; so these are bytes.
  const { status } = await fetch(url, { method: 'PUT', body: Buffer.from(body), headers: { 'content-type': '' }, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
  if (status >= 300) {
    throw new Error(`status ${status}`);
  }
}
