/**
 * DNS suffixes of partitions by how the names of their regions begin; all others have that of the first.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
const SUFFIXES: readonly (readonly [string, string])[] = [
  ['', 'amazonaws.com'],
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eusc-', 'amazonaws.eu'],
];

/** Hosts of S3 in the partition of a region: with the bucket in the host name or in the path, of the region or of none; not a website, nor an access point. */
export function endpointsOfS3(region: string): RegExp {
  const [, suffix] = [...SUFFIXES].reverse().find(([beginning]) => region.startsWith(beginning)) ?? SUFFIXES[0];
  return new RegExp(`^(?:[a-z0-9][a-z0-9.-]*\\.)?s3(?:\\.dualstack)?(?:[.-](?!website|accesspoint)[a-z0-9-]+)?\\.${suffix.replaceAll('.', '\\.')}$`);
}
