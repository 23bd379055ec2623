import { X509Certificate } from 'node:crypto';

/** Where else a root's fingerprint was seen: `rds-root-fingerprints.json`. */
export interface Fingerprints {
  /** The whole bundle, as others pin it. */
  readonly bundle: { readonly sha256: string; readonly seen: string };

  /** Copies of AWS's bundle that others keep, by a short name. */
  readonly sources: { readonly [name: string]: string };

  /** SHA-256 of each root in DER, its name, and the sources that hold the same. */
  readonly roots: { readonly [fingerprint: string]: { readonly root: string; readonly sources: string[] } };
}

export interface Root {
  readonly region: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly pem: string;
}

const CURRENT_ROOT = /^CN=(Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d+) Root CA (?:RSA2048|RSA4096|ECC384) G1)$/m;
/** Environments of AWS that no public region has. */
const NOT_PUBLIC = /^CN=Amazon RDS (?:Beta|Preview) /m;

function certificatesIn(bundle: string): { certificate: X509Certificate; pem: string }[] {
  return [...bundle.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)].map(([pem]) => ({ certificate: new X509Certificate(pem), pem: pem.replace(/\r/g, '') }));
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

/** The current roots of public regions, sorted by region and name so that diffs are small. Anybody can make a certificate with such a name. */
export function currentRoots(bundle: string): Root[] {
  return certificatesIn(bundle).flatMap(({ certificate, pem }) => {
    const [, name, region] = CURRENT_ROOT.exec(certificate.subject) ?? [];
    return region !== undefined && isSelfSigned(certificate) ? [{ region, name, fingerprint: fingerprintOf(certificate), pem }] : [];
  }).sort((a, b) => a.region.localeCompare(b.region) || a.name.localeCompare(b.name));
}

/** PEM of the current roots of each region. */
export function rootsByRegion(bundle: string): { [region: string]: string } {
  const regions: { [region: string]: string } = {};
  for (const { region, pem } of currentRoots(bundle)) {
    regions[region] = `${regions[region] ?? ''}${pem}\n`;
  }
  return regions;
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replace(/:/g, '').toLowerCase();
}

/** Roots that nobody has compared with a second source. */
export function unknownRoots(bundle: string, known: Fingerprints): Root[] {
  return currentRoots(bundle).filter(({ fingerprint }) => !Object.hasOwn(known.roots, fingerprint));
}

/** What differs between the roots that are known and a bundle, a line each. Also a next generation of roots is a difference. */
export function differences(bundle: string, known: Fingerprints): string[] {
  const found = new Map(certificatesIn(bundle).filter(({ certificate }) => !NOT_PUBLIC.test(certificate.subject)).map(({ certificate }) => [fingerprintOf(certificate), certificate.subject]));
  return [
    ...Object.entries(known.roots).filter(([fingerprint]) => !found.has(fingerprint)).map(([fingerprint, { root }]) => `- gone: ${root}, \`${fingerprint}\``),
    ...[...found].filter(([fingerprint]) => !Object.hasOwn(known.roots, fingerprint)).map(([fingerprint, subject]) => `- new: ${printable(subject)}, \`${fingerprint}\``),
  ].sort();
}

/** The name comes from a download and ends in an issue. */
function printable(subject: string): string {
  return /^CN=([\w -]{1,80})$/m.exec(subject)?.[1] ?? 'a certificate with an unusual name';
}
