import { CertificateFailure } from './certificate-failure';
import { x509 } from './x509';

/** A request with a key of the largest kind has less than 1 KB. */
const LONGEST = 16_384;

const PEM = /^\s*-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*$/;

const CURVES = ['P-256', 'P-384'];

/**
 * The public key of a request, whose sender has shown that it holds the private half. Nothing else of the request is read: names and usages are
 * not for the sender to choose.
 */
export async function keyOfRequest(pem: unknown): Promise<x509.PublicKey> {
  const request = parse(pem);
  const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve === undefined || !CURVES.includes(namedCurve)) {
    throw new CertificateFailure('SIGNER_KEY', `The request has a key of type '${[name, namedCurve].filter((part) => part !== undefined).join(' ')}', and only elliptic curve keys P-256 and P-384 are signed. Make the key with \`openssl ecparam -genkey -name prime256v1\`.`);
  }
  if (!await isSignedByItsKey(request)) {
    throw new CertificateFailure('SIGNER_SIGNATURE', 'The request isn\'t signed by its own key. Make it with `openssl req -new -key node.key`.');
  }
  return request.publicKey;
}

function parse(pem: unknown): x509.Pkcs10CertificateRequest {
  const body = typeof pem === 'string' && pem.length <= LONGEST ? PEM.exec(pem)?.[1] : undefined;
  if (body === undefined) {
    throw notReadable('');
  }
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(Buffer.from(body, 'base64')));
    // Parsed when it is read.
    void request.publicKey.algorithm;
    return request;
  } catch (error) {
    throw notReadable(` (${error instanceof Error ? error.message : String(error)})`);
  }
}

function notReadable(why: string): CertificateFailure {
  return new CertificateFailure('SIGNER_REQUEST', `The payload doesn't contain one PKCS#10 request in PEM format${why}. Pass \`{"request":"-----BEGIN CERTIFICATE REQUEST-----…"}\`.`);
}

async function isSignedByItsKey(request: x509.Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}
