import { X509Certificate } from 'node:crypto';
import { ConductorError } from './conductor-error';
import { text, type RawProperties } from './raw-properties';
import { rdsRootsFor } from '../../../trust/shared/rds-roots';

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
    throw new ConductorError('NO_CA', `This release of the library doesn't know the RDS root certificates of region '${region}'. Set them as \`caCertificates\` of the server, in PEM format from the AWS trust store of the partition.`);
  }
  return roots;
}

function givenBundle(bundle: string): string {
  const size = Buffer.byteLength(bundle);
  if (size > MAXIMUM_BYTES) {
    throw new ConductorError('INVALID_CA', `\`caCertificates\` has ${size} bytes, and at most ${MAXIMUM_BYTES} bytes fit into the secret of a user. Use only the roots of this server.`);
  }
  const certificates: string[] = bundle.match(CERTIFICATE) ?? [];
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new ConductorError('INVALID_CA', '`caCertificates` must be PEM: one or more \'-----BEGIN CERTIFICATE-----\' blocks with X.509 certificates. Set `caCertificates` to such a file.');
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
