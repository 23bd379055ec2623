import { X509Certificate, type KeyObject } from 'crypto';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const REVOCATION_LIST = /^-----BEGIN X509 CRL-----\s+[A-Za-z0-9+/=\s]+-----END X509 CRL-----$/m;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
const LARGEST_CERTIFICATE = 16_384;

/**
 * Refuses what a trust store would refuse only during a deployment. Whether a certificate has expired depends on the day, so it is not asked.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
export function validateAuthorities(scope: IConstruct, text: string): void {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new InvalidBackendError(scope, 'The file of certificate authorities has no certificate in PEM format (-----BEGIN CERTIFICATE-----). Convert a DER file with openssl x509 -inform der -in file -out file.pem.');
  }
  blocks.forEach((block, index) => {
    const problem = problemOf(block);
    if (problem !== undefined) {
      throw new InvalidBackendError(scope, `Certificate ${index + 1} of the file of certificate authorities ${problem}.`);
    }
  });
}

/** Refuses what is no list of revoked certificates. */
export function validateRevocations(scope: IConstruct, text: string): void {
  if (!REVOCATION_LIST.test(text)) {
    throw new InvalidBackendError(scope, 'A revocation list must be in PEM format (-----BEGIN X509 CRL-----). Convert a DER file with openssl crl -inform der -in file -out file.pem.');
  }
}

function problemOf(block: string): string | undefined {
  const certificate = parse(block);
  if (certificate === undefined) {
    return 'cannot be parsed';
  }
  const subject = certificate.subject.replace(/\n/g, ', ');
  if (!certificate.ca) {
    return `(${subject}) is not that of a certificate authority. List the authorities that sign the certificates of your clients, not those certificates`;
  }
  if (certificate.raw.length > LARGEST_CERTIFICATE) {
    return `(${subject}) has ${certificate.raw.length} bytes; a trust store takes at most ${LARGEST_CERTIFICATE}`;
  }
  return isSupported(certificate.publicKey) ? undefined : `(${subject}) has a key that load balancers do not take. Use RSA of 2048 to 8192 bits, or ECDSA with P-256, P-384 or P-521`;
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

function isSupported({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = details;
  return type === 'rsa' ? modulusLength >= 2048 && modulusLength <= 8192 : type === 'ec' && CURVES.includes(namedCurve);
}
