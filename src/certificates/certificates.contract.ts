/** Type of the custom resource that issues the certificate of an authority. */
export const AUTHORITY_RESOURCE_TYPE = 'Custom::CertificateAuthority';

/** Its attribute: certificates as PEM text. */
export const CERTIFICATES_ATTRIBUTE = 'Certificates';

/** Its properties, as CloudFormation hands them over: all values are texts. */
export interface AuthorityProperties {
  readonly Key: string;
  readonly CommonName: string;
  readonly PermittedDnsNames: string[];
  readonly PermittedIpAddresses: string[];
  readonly ValidityDays: string;
}

/** Environment of the signer. */
export const SignerVariable = {
  KEY: 'KEY',
  AUTHORITIES: 'AUTHORITIES',
  /** `Identities` as JSON. */
  IDENTITIES: 'IDENTITIES',
  VALIDITY_DAYS: 'VALIDITY_DAYS',
} as const;

/** Names in a certificate. */
export interface IdentityNames {
  /** Common name, at most 64 characters. */
  readonly commonName: string;
  /** Host names among the alternative names. */
  readonly dnsNames: string[];
  /** IP addresses among the alternative names. */
  readonly ipAddresses: string[];
}

/** Identities by the alias of the signer that stands for each. */
export interface Identities {
  readonly [alias: string]: IdentityNames;
}

/** What a node sends to its alias of the signer. */
export interface SignerRequest {
  /** PKCS#10 request as PEM text. Its names are not read. */
  readonly request: string;
}

/** What the signer answers. */
export interface SignerAnswer {
  /** Certificate as PEM text. */
  readonly certificate: string;
  /** Certificates of the authority as PEM text, one or more. */
  readonly authorities: string;
}
