import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import type { PemFile } from '../../trust';
import { rdsRegions } from '../../trust/shared/rds-roots';

/** What fits into a user's secret besides the rest of it. */
const MAX_BYTES = 48 * 1024;

/** The certificate authorities of a server, none for those of RDS. Refuses a server that no client could verify; the region of an environment-agnostic stack is known to the broker only. */
export function readCertificateAuthorities(scope: IConstruct, caCertificates?: PemFile): string | undefined {
  if (caCertificates === undefined) {
    requireKnownRoots(scope);
    return undefined;
  }
  const text = caCertificates._read(scope);
  if (!Token.isUnresolved(text) && !text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.caCertificates', '`caCertificates` must contain certificates in PEM format, which start with \'-----BEGIN CERTIFICATE-----\'.');
  }
  if (!Token.isUnresolved(text) && Buffer.byteLength(text) > MAX_BYTES) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.caCertificatesSize', `\`caCertificates\` has ${Buffer.byteLength(text)} bytes, and at most ${MAX_BYTES} fit into a user's secret. Use only this server's certificate authorities, not the file for all regions.`);
  }
  return text;
}

function requireKnownRoots(scope: IConstruct): void {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && !rdsRegions().includes(region)) {
    throw new InvalidBackendError(scope, 'PrivatePostgres.unknownRegion', `This release doesn't contain the RDS root certificates for region '${region}', so no client could verify the server. `
      + 'Download the region\'s PEM file, linked at https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html, and set `caCertificates: PemFile.fromPath(\'ca.pem\')`.');
  }
}
