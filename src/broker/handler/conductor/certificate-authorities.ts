import { X509Certificate } from 'node:crypto';
import { ConductorError } from './conductor-error';
import { text, type RawProperties } from './raw-properties';
import { rdsRootsFor } from '../../../trust/rds-roots';

/** Secrets Manager takes 64 KB, and the rest of the value needs some. */
const MAXIMUM_BYTES = 48 * 1024;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The PEM certificates that the server is verified with. */
export function certificateAuthorities(properties: RawProperties, region: string): string {
  if (properties.CaBundle !== undefined) {
    return givenBundle(text(properties, 'CaBundle'));
  }
  const roots = rdsRootsFor(region);
  if (roots === undefined) {
    throw new ConductorError('NO_CA', `This release knows no RDS root certificates for region '${region}'. Give them as 'caBundle' of the server (PEM, from the AWS trust store of that partition).`);
  }
  return roots;
}

function givenBundle(bundle: string): string {
  if (Buffer.byteLength(bundle) > MAXIMUM_BYTES) {
    throw new ConductorError('INVALID_CA', `The 'caBundle' has ${Buffer.byteLength(bundle)} bytes; at most ${MAXIMUM_BYTES} fit into a user's secret. Give only the roots of this server.`);
  }
  const certificates: string[] = bundle.match(CERTIFICATE) ?? [];
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new ConductorError('INVALID_CA', 'The \'caBundle\' must be PEM: one or more \'-----BEGIN CERTIFICATE-----\' blocks that hold X.509 certificates.');
  }
  // Only certificates are passed on: whatever else a file holds (a private key, comments) has no place in a secret of an application.
  return `${certificates.join('\n')}\n`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
