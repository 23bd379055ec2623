import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { rdsRegions } from '../../trust/rds-roots';

/** What fits into a user's secret besides the rest of it. */
const MAX_BYTES = 48 * 1024;

/** Refuses a server that no client could verify. What region an environment-agnostic stack goes to, only the broker sees. */
export function validateCertificateAuthorities(scope: IConstruct, caBundle?: string): void {
  if (caBundle !== undefined) {
    if (!Token.isUnresolved(caBundle) && !caBundle.includes('-----BEGIN CERTIFICATE-----')) {
      throw new InvalidBackendError(scope, 'caBundle must be the PEM text of certificates, starting with -----BEGIN CERTIFICATE-----. To give a file, pass its content.');
    }
    if (!Token.isUnresolved(caBundle) && Buffer.byteLength(caBundle) > MAX_BYTES) {
      throw new InvalidBackendError(scope, `caBundle has ${Buffer.byteLength(caBundle)} bytes, and at most ${MAX_BYTES} fit into a user's secret. Give only the authorities of this server, not those of all regions.`);
    }
    return;
  }
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && !rdsRegions().includes(region)) {
    throw new InvalidBackendError(scope,
      `This release has no RDS root certificates for region '${region}', so no client could verify the server. Give them as caBundle: the PEM file of the region, from https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html.`);
  }
}
