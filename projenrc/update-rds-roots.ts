/**
 * Rebuilds `src/trust/shared/rds-roots.json` from a bundle of RDS certificates:
 *
 *   npx tsx projenrc/update-rds-roots.ts <bundle.pem> '<source and version>' <yyyy-mm-dd> [--accept '<where else the new fingerprints were seen>']
 *
 * Only the current (G1) roots of public regions are kept: the beta and preview environments are dropped. A root whose fingerprint is not in
 * `rds-root-fingerprints.json` is refused: its name and its own signature prove nothing. `--accept` adds it, with the place where you compared it.
 *
 *   npx tsx projenrc/update-rds-roots.ts --compare <bundle.pem>
 *
 * prints how a bundle differs from the fingerprints, as Markdown, and nothing where it doesn't. The workflow `rds-roots` does this each month.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, Fingerprints, rootsByRegion, unknownRoots } from './rds-roots';

const TARGET = join(__dirname, '..', 'src', 'trust', 'shared', 'rds-roots.json');
const FINGERPRINTS = join(__dirname, 'rds-root-fingerprints.json');

function readFingerprints(): Fingerprints {
  return JSON.parse(readFileSync(FINGERPRINTS, 'utf8')) as Fingerprints;
}

function compare(file: string): void {
  const lines = differences(readFileSync(file, 'utf8'), readFingerprints());
  if (lines.length > 0) {
    console.log([
      'The bundle that AWS publishes and `projenrc/rds-root-fingerprints.json` differ:',
      '', ...lines, '',
      'Whoever changes the roots changes whom every client trusts. Compare each new fingerprint with the bundle downloaded from another network, and with a copy',
      'that somebody else keeps. Then run `npx tsx projenrc/update-rds-roots.ts … --accept \'<where>\'` and open a pull request.',
    ].join('\n'));
    process.exitCode = 1;
  }
}

/** New roots with the place where they were compared. */
function accepted(known: Fingerprints, bundle: string, where: string): Fingerprints {
  const name = `accepted-${Object.keys(known.sources).filter((source) => source.startsWith('accepted-')).length + 1}`;
  const added = unknownRoots(bundle, known).map(({ fingerprint, name: root }) => [fingerprint, { root, sources: [name] }]);
  return { ...known, sources: { ...known.sources, [name]: where }, roots: { ...known.roots, ...Object.fromEntries(added) } };
}

function update(file: string, source: string, date: string, where?: string): void {
  const bundle = readFileSync(file, 'utf8');
  const unknown = unknownRoots(bundle, readFingerprints());
  if (unknown.length > 0 && where === undefined) {
    throw new Error(`${unknown.length} roots have a fingerprint that is not in ${FINGERPRINTS}. Compare them with a second source, then pass --accept '<where>':\n${
      unknown.map(({ name, fingerprint }) => `${fingerprint} ${name}`).join('\n')}`);
  }
  if (where !== undefined) {
    writeFileSync(FINGERPRINTS, `${JSON.stringify(accepted(readFingerprints(), bundle, where), undefined, 2)}\n`);
  }
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const asset = { source, sha256, date, regions: rootsByRegion(bundle) };
  writeFileSync(TARGET, `${JSON.stringify(asset, undefined, 2)}\n`);
  console.log(`${Object.keys(asset.regions).length} regions written to ${TARGET}`);
}

const [first, second, third, option, where] = process.argv.slice(2);
if (first === '--compare' && second !== undefined) {
  compare(second);
} else if (third !== undefined && (option === undefined || (option === '--accept' && where !== undefined))) {
  update(first, second, third, where);
} else {
  throw new Error("Usage: update-rds-roots.ts <bundle.pem> <source and version> <yyyy-mm-dd> [--accept '<where>'], or --compare <bundle.pem>");
}
