import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IConstruct } from 'constructs';

/** The region that a certificate is in; a token where it is known only at deployment, empty where the certificate is in none. */
export function certificateRegion(scope: IConstruct, certificate: ICertificate): string {
  if (!Resource.isOwnedResource(certificate)) {
    return Stack.of(scope).splitArn(certificate.certificateArn, ArnFormat.SLASH_RESOURCE_NAME).region ?? '';
  }
  // A certificate that a function makes, as DnsValidatedCertificate of CDK, may be in another region than its stack.
  const { region } = certificate as ICertificate & { readonly region?: string };
  return region ?? Stack.of(certificate).region;
}
