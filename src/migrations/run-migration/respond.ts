import * as http from 'node:http';
import * as https from 'node:https';

const TRIES = 6;
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Sends an answer to the pre-signed URL that CloudFormation gave.
 *
 * @throws after several tries, so that Lambda delivers the event again
 */
export async function respond(url: string, body: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put(url, body);
    } catch (error) {
      if (attempt >= TRIES) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
    }
  }
}

function put(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The signature covers an empty content type.
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const { request } = url.startsWith('http:') ? http : https;
    const sent = request(new URL(url), { method: 'PUT', headers, timeout: TIMEOUT_MILLISECONDS }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`CloudFormation answered ${response.statusCode}`))));
    });
    sent.on('timeout', () => sent.destroy(new Error('CloudFormation did not answer in time')));
    sent.on('error', reject);
    sent.end(body);
  });
}
