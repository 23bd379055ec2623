import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { preparePassword } from './saslprep';

/** Verifiers, wherever they stand in a text. */
export const VERIFIERS = /SCRAM-SHA-256\$[^\s']+/g;

const ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const derive = promisify(pbkdf2);

/**
 * The SCRAM-SHA-256 verifier of a password, in the form that `ALTER ROLE … PASSWORD` stores as it is.
 *
 * The same user and password always give the same verifier, so that a request delivered twice leaves the same state. A server
 * shows the salt to whoever starts to log in; deriving it costs a guesser as much as the verifier itself would.
 */
export async function scramVerifier(username: string, password: string): Promise<string> {
  const salt = await derive(preparePassword(password), `cdk-private-backend:${username}`, ITERATIONS, SALT_BYTES, 'sha256');
  return verifierWithSalt(password, salt, ITERATIONS);
}

/** @see https://www.rfc-editor.org/rfc/rfc5803 */
export async function verifierWithSalt(password: string, salt: Buffer, iterations: number): Promise<string> {
  const salted = await derive(preparePassword(password), salt, iterations, KEY_BYTES, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
