import type { KMSClient } from '@aws-sdk/client-kms';
import { CertificateFailure } from './certificate-failure';
import { keyOfRequest } from './certificate-request';
import { KmsKey } from './kms-key';
import { issueLeafCertificate } from './leaf-certificate';
import { x509 } from './x509';
import { SignerVariable, type Identities, type IdentityNames, type SignerAnswer } from '../certificates.contract';

/** What the signer reaches outside itself. */
export interface SignerDependencies {
  readonly kms: KMSClient;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly log: (message: string, details: object) => void;
}

/**
 * Signs a certificate for the identity whose alias was invoked. IAM lets a node invoke one alias and cannot look into a payload, so nothing but the
 * public key comes from there.
 *
 * @param invokedArn ARN by which the function was invoked, with the alias at its end
 */
export async function signRequest(event: unknown, invokedArn: string, { kms, env, now, log }: SignerDependencies): Promise<SignerAnswer> {
  const { alias, names } = identityOf(invokedArn, JSON.parse(env[SignerVariable.IDENTITIES] ?? '{}') as Identities);
  const publicKey = await keyOfRequest((event as { request?: unknown } | null | undefined)?.request);
  const authorities = env[SignerVariable.AUTHORITIES] ?? '';
  const content = { names, publicKey, validityDays: Number(env[SignerVariable.VALIDITY_DAYS]) };
  const certificate = await issueLeafCertificate(new KmsKey(kms, env[SignerVariable.KEY] ?? ''), newestOf(authorities), content, now());
  log('signed', { alias, names, serialNumber: certificate.serialNumber, notAfter: certificate.notAfter.toISOString() });
  return { certificate: `${certificate.toString('pem')}\n`, authorities };
}

function identityOf(invokedArn: string, identities: Identities): { readonly alias: string; readonly names: IdentityNames } {
  const alias = invokedArn.split(':')[7] ?? '';
  if (!Object.hasOwn(identities, alias)) {
    throw new CertificateFailure('SIGNER_NO_IDENTITY', `The signer was invoked by '${invokedArn}', which doesn't name an identity. Use one of its aliases: ${Object.keys(identities).join(', ')}.`);
  }
  return { alias, names: identities[alias] };
}

/** The first of a bundle. */
function newestOf(authorities: string): x509.X509Certificate {
  return new x509.X509Certificate(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(authorities)?.[0] ?? '');
}
