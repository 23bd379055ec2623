import { Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import type { CustomDomain, CustomDomainConfig } from '../../ingress';
import { certificateRegion } from '../../ingress/shared/certificate-region';
import { claimNames, refuseSharedNames } from '../../ingress/shared/host-names';
import { InvalidBackendError, warn } from '../../private/errors';

/** Where CloudFront, with which Amplify serves, takes certificates from. */
const CERTIFICATE_REGION = 'us-east-1';

/** A domain as Amplify knows it: one root, and names below it by their prefixes. */
export interface AmplifyDomain {
  readonly root: string;
  readonly prefixes: string[];
  /** The name that people use, the first one. */
  readonly mainName: string;
  /** None where Amplify makes it. */
  readonly certificate?: ICertificate;
}

/**
 * What Amplify is told of a domain. It makes the records itself where the zone is in Route 53 of this account, so none are made here.
 *
 * @see https://docs.aws.amazon.com/amplify/latest/userguide/custom-domains.html
 */
export function bindAmplifyDomain(scope: Construct, domain: CustomDomain): AmplifyDomain {
  const config = domain.bind(scope, { createCertificate: false });
  const { domainNames: names, certificates } = config;
  const root = rootOf(scope, config);
  claimNames(scope, names, config.records ?? []);
  refuseSharedNames(scope);
  const prefixes = names.map((name) => (name === root ? '' : name.slice(0, -root.length - 1)));
  return { root, prefixes, mainName: names[0], certificate: validateCertificates(scope, certificates) };
}

/** The end that all names share: Amplify is asked for no more of a zone than that. */
function rootOf(scope: Construct, { domainNames: names, records = [] }: CustomDomainConfig): string {
  if (names.length === 1 && Token.isUnresolved(names[0])) {
    return names[0];
  }
  const zones = [...new Set(records.map(({ hostedZone }) => hostedZone.zoneName.replace(/\.$/, '')))];
  // A zone that is known only at deployment is a token, and names that were made of it end with the same one.
  const zone = zones.find((each) => names.every((name) => name === each || name.endsWith(`.${each}`)));
  const inZone = zone === undefined ? names : names.map((name) => name.slice(0, -zone.length).replace(/\.$/, ''));
  if (inZone.some((name) => Token.isUnresolved(name))) {
    throw new InvalidBackendError(scope, 'AmplifyFrontend.unknownName', 'One of several names in `domain` isn\'t known until deployment (it\'s a token), and Amplify needs to know which part of each name is the subdomain. '
      + 'Write the names as text, or use the token as the only name.');
  }
  const labels = commonEnd(inZone);
  if (zone === undefined && labels.length < 2) {
    throw new InvalidBackendError(scope, 'AmplifyFrontend.severalZones', `\`domain\` has names of several zones, such as '${names[0]}' and '${names[names.length - 1]}', and Amplify takes the names of one zone. `
      + 'Use names of one zone, or `StaticFrontend`, which takes several.');
  }
  return [...labels, ...(zone === undefined ? [] : [zone])].join('.');
}

/** The last labels that all names share. A star is never one: it is for what comes before. */
function commonEnd(names: string[]): string[] {
  const [first, ...others] = names.map((name) => name.split('.').filter((label) => label !== '').reverse());
  const end = first.findIndex((label, index) => label === '*' || others.some((other) => other[index] !== label));
  return first.slice(0, end === -1 ? first.length : end).reverse();
}

function validateCertificates(scope: Construct, certificates: ICertificate[]): ICertificate | undefined {
  if (certificates.length > 1) {
    throw new InvalidBackendError(scope, 'AmplifyFrontend.severalCertificates', `\`domain\` has ${certificates.length} certificates, and Amplify takes one. Use one certificate for all names, or none, so that Amplify creates it.`);
  }
  const [certificate] = certificates;
  if (certificate !== undefined) {
    validateRegion(scope, certificate);
  }
  return certificate;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-amplify-domain-certificatesettings.html */
function validateRegion(scope: Construct, certificate: ICertificate): void {
  const region = certificateRegion(scope, certificate);
  if (Token.isUnresolved(region)) {
    warn(scope, 'AmplifyFrontend.unknownCertificateRegion', `The region of the certificate in \`domain\` isn't known until deployment (it's a token), and Amplify takes certificates in ${CERTIFICATE_REGION} only. `
      + `Set \`env\` of its stack to ${CERTIFICATE_REGION}, or import the certificate by its ARN.`);
  } else if (region !== CERTIFICATE_REGION) {
    throw new InvalidBackendError(scope, 'AmplifyFrontend.certificateRegion', `The certificate in \`domain\` is in ${region}, and Amplify takes certificates in ${CERTIFICATE_REGION} only. `
      + `Create the certificate in a stack in ${CERTIFICATE_REGION}, or leave it out, so that Amplify creates it.`);
  }
}
