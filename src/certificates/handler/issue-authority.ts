import type { KMSClient } from '@aws-sdk/client-kms';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceUpdateEvent } from 'aws-lambda';
import { issueAuthorityCertificate } from './authority-certificate';
import { CertificateFailure, errorText } from './certificate-failure';
import { KmsKey } from './kms-key';
import type { PermittedNames } from './name-constraints';
import { CERTIFICATES_ATTRIBUTE, type AuthorityProperties } from '../certificates.contract';

/** CloudFormation takes 4096 bytes in all. */
const LONGEST_REASON = 1000;

/** What the function reaches outside itself. */
export interface AuthorityDependencies {
  readonly kms: KMSClient;
  readonly logGroup: string;
  readonly respond: (url: string, body: string) => Promise<void>;
  readonly now: () => number;
  readonly log: (message: string, details: object) => void;
}

interface Outcome {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
  readonly Data?: { readonly [attribute: string]: string };
}

/**
 * Answers CloudFormation. Issues a certificate at Create and Update, for the same key and the same name, so that the same request twice does no harm.
 *
 * @throws where the answer could not be sent, so that Lambda delivers the event again
 */
export async function handleAuthorityRequest(event: CloudFormationCustomResourceEvent, deps: AuthorityDependencies): Promise<void> {
  const { RequestType: requestType, StackId, RequestId, LogicalResourceId } = event;
  const outcome = await outcomeOf(event, deps);
  deps.log('answer', { requestType, requestId: RequestId, logicalId: LogicalResourceId, status: outcome.Status, reason: outcome.Reason });
  await deps.respond(event.ResponseURL, JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId }));
}

async function outcomeOf(event: CloudFormationCustomResourceEvent, deps: AuthorityDependencies): Promise<Outcome> {
  const existing = event.RequestType === 'Create' ? undefined : event.PhysicalResourceId;
  try {
    // Certificates that were issued stay valid, and the key is a resource of its own.
    return event.RequestType === 'Delete' ? { Status: 'SUCCESS', PhysicalResourceId: event.PhysicalResourceId } : await issue(event, deps);
  } catch (error) {
    const { code, message } = failureOf(error, deps);
    return { Status: 'FAILED', PhysicalResourceId: existing ?? event.LogicalResourceId, Reason: `[${code}] ${message}`.slice(0, LONGEST_REASON) };
  }
}

async function issue(event: Exclude<CloudFormationCustomResourceEvent, { RequestType: 'Delete' }>, { kms, now }: AuthorityDependencies): Promise<Outcome> {
  const properties = propertiesOf(event.ResourceProperties);
  const { Key: key, CommonName: commonName, ValidityDays } = properties;
  refuseOtherName(event, commonName);
  const before = event.RequestType === 'Update' ? propertiesOf(event.OldResourceProperties) : properties;
  const permitted = union(properties, before);
  const certificate = await issueAuthorityCertificate(new KmsKey(kms, key), { commonName, permitted, validityDays: Number(ValidityDays) }, now());
  return { Status: 'SUCCESS', PhysicalResourceId: commonName, Data: { [CERTIFICATES_ATTRIBUTE]: `${certificate.toString('pem')}\n` } };
}

/** The name of the first certificate is the physical id, which a rollback brings back. */
function refuseOtherName(event: CloudFormationCustomResourceEvent, commonName: string): void {
  if (event.RequestType === 'Update' && event.PhysicalResourceId !== commonName) {
    throw new CertificateFailure('AUTHORITY_RENAMED', `The authority '${event.PhysicalResourceId}' can't be renamed to '${commonName}', because nodes with certificates of either name would refuse each other. Restore the name.`);
  }
}

/**
 * Also the names before the change: nodes that have not changed yet still use them, and OpenSSL looks at one certificate of an authority only,
 * whatever else is in the bundle (docs/adr/0040).
 */
function union(properties: AuthorityProperties, before: AuthorityProperties): PermittedNames {
  return {
    dnsNames: [...new Set([...properties.PermittedDnsNames, ...before.PermittedDnsNames])],
    ipAddresses: [...new Set([...properties.PermittedIpAddresses, ...before.PermittedIpAddresses])],
  };
}

function propertiesOf(properties: CloudFormationCustomResourceUpdateEvent['ResourceProperties']): AuthorityProperties {
  return properties as unknown as AuthorityProperties;
}

/** Whatever was thrown, as the user sees it. */
function failureOf(error: unknown, { logGroup }: AuthorityDependencies): CertificateFailure {
  return error instanceof CertificateFailure ? error
    : new CertificateFailure('UNEXPECTED', `The function that issues the certificate of an authority failed: ${errorText(error)}. See the log group '${logGroup}', then deploy again.`);
}
