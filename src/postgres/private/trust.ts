import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidBackendError } from '../../private/errors';
import { rdsRegions } from '../trust/rds-roots';

/** Refuses a server that no client could verify. What region an environment-agnostic stack goes to, only the broker sees. */
export function validateCertificateAuthorities(scope: IConstruct, caBundle?: string): void {
  if (caBundle !== undefined) {
    if (!Token.isUnresolved(caBundle) && !caBundle.includes('-----BEGIN CERTIFICATE-----')) {
      throw new InvalidBackendError(scope, 'caBundle must be the PEM text of certificates, starting with -----BEGIN CERTIFICATE-----. To give a file, pass its content.');
    }
    return;
  }
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && !rdsRegions().includes(region)) {
    throw new InvalidBackendError(scope,
      `This release has no RDS root certificates for region '${region}', so no client could verify the server. Give them as caBundle: the PEM file of the region, from https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html.`);
  }
}
