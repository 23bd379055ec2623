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
    throw new InvalidBackendError(scope, 'IngressMutualTls.caCertificates', '`caCertificates` must contain certificates in PEM format (\'-----BEGIN CERTIFICATE-----\'). Convert a DER file with `openssl x509 -inform der -in file -out file.pem`.');
  }
  blocks.forEach((block, index) => validateAuthority(scope, block, `Certificate ${index + 1} in \`caCertificates\``));
}

/** Refuses what is no list of revoked certificates. */
export function validateRevocations(scope: IConstruct, text: string, index: number): void {
  if (!REVOCATION_LIST.test(text)) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.revocationLists', `List ${index + 1} in \`revocationLists\` must be in PEM format ('-----BEGIN X509 CRL-----'). Convert a DER file with \`openssl crl -inform der -in file -out file.pem\`.`);
  }
}

function validateAuthority(scope: IConstruct, block: string, name: string): void {
  const certificate = parse(block);
  if (certificate === undefined) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.unreadableCertificate', `${name} can't be parsed. Use the certificate as its authority published it, in PEM format.`);
  }
  const what = `${name} ('${certificate.subject.replace(/\n/g, ', ')}')`;
  if (!certificate.ca) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.notAnAuthority', `${what} does not belong to a certificate authority. Use the certificates of the authorities that sign client certificates, not the client certificates.`);
  }
  if (certificate.raw.length > LARGEST_CERTIFICATE) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.certificateSize', `${what} has ${certificate.raw.length} bytes, and a trust store takes at most ${LARGEST_CERTIFICATE}. Use an authority with a smaller certificate.`);
  }
  if (!isSupported(certificate.publicKey)) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.certificateKey', `${what} has a key that load balancers don't support. Use an authority with an RSA key of 2048 to 8192 bits, or an ECDSA key with P-256, P-384 or P-521.`);
  }
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
