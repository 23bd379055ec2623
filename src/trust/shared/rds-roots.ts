import asset from './rds-roots.json';

/**
 * The regions whose RDS root certificates this release knows.
 *
 * AWS GovCloud (US) and China are not among them: there a `caCertificates` has to be given.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
export function rdsRegions(): string[] {
  return Object.keys(asset.regions);
}

/** Which root certificates this release knows: another text where a release knows others. */
export const RDS_ROOTS_REVISION = asset.sha256.slice(0, 16);

/** PEM of the current RDS root certificates of a region; nothing where this release does not know them. */
export function rdsRootsFor(region: string): string | undefined {
  const regions: { readonly [region: string]: string | undefined } = asset.regions;
  return Object.hasOwn(regions, region) ? regions[region] : undefined;
}
