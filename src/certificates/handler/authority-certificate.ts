import type { KmsKey } from './kms-key';
import { nameConstraints, type PermittedNames } from './name-constraints';
import { x509 } from './x509';

const DAY_MILLIS = 24 * 3600 * 1000;

/** Clocks of nodes may be behind, or jump. Of authorities and of what they sign. */
export const BACKDATED_MILLIS = 3600 * 1000;

/** What an authority is. */
export interface AuthorityContent {
  readonly commonName: string;
  readonly permitted: PermittedNames;
  readonly validityDays: number;
}

/**
 * The certificate of an authority, signed by its own key: for certificates of servers and clients, never of other authorities.
 *
 * Python 3.13 and `openssl verify -x509_strict` refuse one without key usage and key identifiers, and clusters then fail over to nobody.
 */
export async function issueAuthorityCertificate(key: KmsKey, { commonName, permitted, validityDays }: AuthorityContent, now: number): Promise<x509.X509Certificate> {
  const publicKey = await key.publicKey();
  const identifier = await x509.SubjectKeyIdentifierExtension.create(publicKey);
  const name = nameOf(commonName);
  return key.issue({
    subject: name,
    issuer: name,
    publicKey,
    notBefore: new Date(now - BACKDATED_MILLIS),
    notAfter: new Date(now + validityDays * DAY_MILLIS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign + x509.KeyUsageFlags.cRLSign, true),
      identifier,
      new x509.AuthorityKeyIdentifierExtension(identifier.keyId),
      nameConstraints(permitted),
    ],
  });
}

/** A distinguished name that has a common name alone. */
export function nameOf(commonName: string): string {
  return new x509.Name([{ CN: [{ utf8String: commonName }] }]).toString();
}
