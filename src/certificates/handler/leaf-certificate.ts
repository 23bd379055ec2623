import { BACKDATED_MILLIS, nameOf } from './authority-certificate';
import { CertificateFailure } from './certificate-failure';
import type { KmsKey } from './kms-key';
import { x509 } from './x509';
import type { IdentityNames } from '../certificates.contract';

const DAY_MILLIS = 24 * 3600 * 1000;

/** What a certificate says of its holder. */
export interface LeafContent {
  readonly names: IdentityNames;
  readonly publicKey: x509.PublicKey;
  readonly validityDays: number;
}

/** A certificate of a node, which is a server to some and a client of others. It ends with its authority at the latest. */
export async function issueLeafCertificate(
  key: KmsKey, authority: x509.X509Certificate, { names, publicKey, validityDays }: LeafContent, now: number,
): Promise<x509.X509Certificate> {
  const notAfter = new Date(Math.min(now + validityDays * DAY_MILLIS, authority.notAfter.getTime()));
  if (notAfter.getTime() <= now) {
    throw new CertificateFailure('SIGNER_AUTHORITY_EXPIRED', `The certificate of the authority '${authority.subject}' expired on ${authority.notAfter.toISOString()}. Change the authority's \`validity\` and deploy, so that it is issued again.`);
  }
  return key.issue({
    subject: nameOf(names.commonName),
    issuer: authority.subject,
    publicKey,
    notBefore: new Date(now - BACKDATED_MILLIS),
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      new x509.AuthorityKeyIdentifierExtension(keyIdentifierOf(authority)),
      new x509.SubjectAlternativeNameExtension([
        ...names.dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...names.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  });
}

function keyIdentifierOf(authority: x509.X509Certificate): string {
  return authority.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ?? '';
}
