import { CustomResource, Duration, Lazy, Stack, Tokenization, type RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CertificateIdentity } from './certificate-identity';
import { AUTHORITY_RESOURCE_TYPE, CERTIFICATES_ATTRIBUTE, SignerVariable, type AuthorityProperties, type IdentityNames } from './certificates.contract';
import { Posture } from '../posture';
import { createIssuer, createSigner } from './private/authority-functions';
import { companionRemovalPolicy } from '../posture/shared/data-removal';
import { referWeakly } from '../private/cross-stack';
import { requireNewId } from '../private/props';
import { PemFile } from '../trust';

/** Properties of a `CertificateAuthority`. */
export interface CertificateAuthorityProps {
  /** Common name of the authority. It can't change later. */
  readonly commonName: string;

  /** Host names for which it may sign, and those below them. At least one. */
  readonly permittedDnsNames: string[];

  /** Addresses for which it may sign, or ranges such as `10.0.1.0/24`. At least one. */
  readonly permittedIpAddresses: string[];

  /**
   * How long its own certificate is valid. Another value issues another certificate, for the same key.
   *
   * @default Duration.days(3650)
   */
  readonly validity?: Duration;

  /**
   * How long the certificates that it signs are valid.
   *
   * @default Duration.days(30)
   */
  readonly certificateValidity?: Duration;

  /**
   * What happens to the key when it leaves the stack. A snapshot counts as deletion, since keys have none.
   *
   * @default - by posture
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * An authority for the certificates of nodes that trust each other. Its key is in KMS, so that nobody can hold it, and clients accept its
 * certificates for the permitted names only.
 */
export class CertificateAuthority extends Construct {
  /** The key. KMS rotates no key of this kind. */
  public readonly key: kms.IKey;

  /** Certificates to trust, known at deployment. */
  public readonly certificates: PemFile;

  private readonly signer: lambda.Function;
  private readonly identities: { [alias: string]: IdentityNames } = {};

  constructor(scope: Construct, id: string, props: CertificateAuthorityProps) {
    super(scope, id);
    this.key = this.createKey(props);
    const text = this.createCertificates(props);
    this.certificates = PemFile.fromText(text);
    this.signer = this.createSigner(text, props.certificateValidity ?? Duration.days(30));
  }

  /**
   * Adds somebody who gets certificates.
   *
   * @param id also the name of the signer's alias, so letters, digits, hyphens and underscores
   * @param names what is in the certificates; among the permitted names, else clients refuse them
   */
  public addIdentity(id: string, names: IdentityNames): CertificateIdentity {
    requireNewId(this, 'addIdentity', id, this);
    this.identities[id] = names;
    return new CertificateIdentity(this, id, this.signer);
  }

  private createKey({ commonName, removalPolicy }: CertificateAuthorityProps): kms.Key {
    return new kms.Key(this, 'Key', {
      description: `Signs the certificates of ${commonName}`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      removalPolicy: companionRemovalPolicy(removalPolicy ?? Posture.of(this).removalPolicy),
    });
  }

  private createCertificates({ commonName, permittedDnsNames, permittedIpAddresses, validity = Duration.days(3650) }: CertificateAuthorityProps): string {
    const properties: AuthorityProperties = {
      Key: this.key.keyArn,
      CommonName: commonName,
      PermittedDnsNames: permittedDnsNames,
      PermittedIpAddresses: permittedIpAddresses,
      ValidityDays: Tokenization.stringifyNumber(validity.toDays()),
    };
    const resource = new CustomResource(this, 'Resource', {
      resourceType: AUTHORITY_RESOURCE_TYPE,
      serviceToken: createIssuer(this, this.key).functionArn,
      serviceTimeout: Duration.minutes(10),
      properties,
    });
    referWeakly(resource);
    return resource.getAttString(CERTIFICATES_ATTRIBUTE);
  }

  private createSigner(certificates: string, validity: Duration): lambda.Function {
    return createSigner(this, this.key, {
      [SignerVariable.KEY]: this.key.keyArn,
      [SignerVariable.AUTHORITIES]: certificates,
      [SignerVariable.IDENTITIES]: Lazy.string({ produce: () => Stack.of(this).toJsonString(this.identities) }),
      [SignerVariable.VALIDITY_DAYS]: Tokenization.stringifyNumber(validity.toDays({ integral: false })),
    });
  }
}
