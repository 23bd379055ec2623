/**
 * Rebuilds `src/trust/shared/rds-roots.json` from a bundle of RDS certificates:
 *
 *   npx tsx projenrc/update-rds-roots.ts <bundle.pem> '<source and version>' <yyyy-mm-dd>
 *
 * Only the current (G1) roots of public regions are kept: expired roots, intermediates and the beta and preview
 * environments are dropped. Review the diff: a region must never disappear.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TARGET = join(__dirname, '..', 'src', 'trust', 'shared', 'rds-roots.json');
const CURRENT_ROOT = /^CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d+) Root CA (?:RSA2048|RSA4096|ECC384) G1$/m;

/** The current roots of each region, regions and roots in alphabetical order so that diffs are small. */
export function rootsByRegion(bundle: string): { [region: string]: string } {
  const roots: { region: string; subject: string; pem: string }[] = [];
  for (const [pem] of bundle.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)) {
    const certificate = new X509Certificate(pem);
    const { subject, issuer } = certificate;
    const region = CURRENT_ROOT.exec(subject)?.[1];
    if (region && subject === issuer && certificate.verify(certificate.publicKey)) {
      roots.push({ region, subject, pem: pem.replace(/\r/g, '') });
    }
  }
  roots.sort((a, b) => a.region.localeCompare(b.region) || a.subject.localeCompare(b.subject));
  const regions: { [region: string]: string } = {};
  for (const { region, pem } of roots) {
    regions[region] = `${regions[region] ?? ''}${pem}\n`;
  }
  return regions;
}

function main([file, source, date]: string[]): void {
  if (!file || !source || !date) {
    throw new Error('Usage: update-rds-roots.ts <bundle.pem> <source and version> <yyyy-mm-dd>');
  }
  const bundle = readFileSync(file, 'utf8');
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const asset = { source, sha256, date, regions: rootsByRegion(bundle) };
  writeFileSync(TARGET, `${JSON.stringify(asset, undefined, 2)}\n`);
  console.log(`${Object.keys(asset.regions).length} regions written to ${TARGET}`);
}

if (require.main === module) {
  main(process.argv.slice(2));
}
