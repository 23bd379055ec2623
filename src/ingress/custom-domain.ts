import { Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { requirePublicZone, requireZoneName } from './private/zones';
import { InvalidBackendError } from '../private/errors';

const HOST_NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/;

/** Names in one zone. */
export interface CustomDomainRecords {
  /** The zone. */
  readonly hostedZone: IHostedZone;

  /** The names in it that lead to the ingress or front end. */
  readonly domainNames: string[];
}

/** What an ingress or a front end receives from a domain. */
export interface CustomDomainConfig {
  /** The certificates; of a listener the first is shown to clients that name no host. None where none was to be made. */
  readonly certificates: acm.ICertificate[];

  /** The names that clients use, the main one first. */
  readonly domainNames: string[];

  /**
   * The names for which the ingress or front end makes records, by zone.
   *
   * @default - no records: DNS is somewhere else
   */
  readonly records?: CustomDomainRecords[];
}

/** How a domain is used. */
export interface CustomDomainBindOptions {
  /**
   * Whether a certificate is made where none was given. Amplify makes one itself.
   *
   * @default true
   */
  readonly createCertificate?: boolean;
}

/** Options of a domain whose zone is in Route 53. */
export interface HostedZoneDomainOptions {
  /**
   * Names in the zone, the main one first.
   *
   * @default - the name of the zone
   */
  readonly domainNames?: string[];

  /**
   * A certificate that is valid for all names, in the region of the ingress, or in us-east-1 for a front end.
   *
   * @default - a new certificate, validated by records in the zone, which must be public; of an `AmplifyFrontend` one that Amplify makes
   */
  readonly certificate?: acm.ICertificate;
}

/** The names under which clients reach an ingress or a front end, with their certificate. */
export abstract class CustomDomain {
  /**
   * Names in a Route 53 zone: the ingress or front end gets a certificate, and records that lead to it. Nobody can validate a certificate in a
   * private zone, so there it has to be given.
   */
  public static fromHostedZone(hostedZone: IHostedZone, options: HostedZoneDomainOptions = {}): CustomDomain {
    return new HostedZoneDomain(hostedZone, options);
  }

  /**
   * Names whose DNS is somewhere else: you make the records that lead to the load balancer of the ingress, or to the front end.
   *
   * @param certificate a certificate that is valid for all names, in the region of the ingress, or in us-east-1 for a front end
   * @param domainNames the names that clients use, the main one first
   */
  public static fromCertificate(certificate: acm.ICertificate, domainNames: string[]): CustomDomain {
    return new CertificateDomain(certificate, domainNames);
  }

  /**
   * Several domains, such as names in zones of their own. Clients are shown the certificate that fits the name they ask for (SNI).
   *
   * @param domains at least one, the main one first: it should stay the first. Certificates of the others follow their main names, so
   * they may come in any order
   */
  public static combine(domains: CustomDomain[]): CustomDomain {
    return new SeveralDomains(domains);
  }

  /** Called by the ingress or front end. Makes what is missing below the scope. */
  public abstract bind(scope: Construct, options?: CustomDomainBindOptions): CustomDomainConfig;

  /**
   * The main name, for ids; nothing where a class of users does not say.
   *
   * @internal
   */
  public _mainName(): string | undefined {
    return undefined;
  }
}

class HostedZoneDomain extends CustomDomain {
  constructor(private readonly hostedZone: IHostedZone, private readonly options: HostedZoneDomainOptions) {
    super();
  }

  /** @internal */
  public _mainName(): string | undefined {
    return this.domainNames[0];
  }

  public bind(scope: Construct, { createCertificate = true }: CustomDomainBindOptions = {}): CustomDomainConfig {
    requireZoneName(scope, this.hostedZone);
    const { domainNames } = this;
    requireNames(scope, domainNames);
    domainNames.forEach((name) => this.requireInZone(scope, name));
    if (this.options.certificate === undefined) {
      requirePublicZone(scope, this.hostedZone);
    }
    return {
      domainNames,
      records: [{ hostedZone: this.hostedZone, domainNames }],
      certificates: this.options.certificate !== undefined || createCertificate ? [this.options.certificate ?? this.createCertificate(scope, domainNames)] : [],
    };
  }

  private get domainNames(): string[] {
    return this.options.domainNames ?? [this.zoneName];
  }

  /** Imported zones may have the dot that Route 53 shows. */
  private get zoneName(): string {
    return this.hostedZone.zoneName.replace(/\.$/, '');
  }

  private createCertificate(scope: Construct, [domainName, ...others]: string[]): acm.ICertificate {
    return new acm.Certificate(scope, 'Certificate', {
      domainName,
      subjectAlternativeNames: others.length > 0 ? others : undefined,
      validation: acm.CertificateValidation.fromDns(this.hostedZone),
    });
  }

  private requireInZone(scope: Construct, name: string): void {
    const { zoneName } = this;
    if (!Token.isUnresolved(name) && !Token.isUnresolved(zoneName) && name !== zoneName && !name.endsWith(`.${zoneName}`)) {
      throw new InvalidBackendError(scope, 'CustomDomain.outsideZone', `\`domainNames\` has '${name}', which is not in the hosted zone '${zoneName}'. Use names that end in '.${zoneName}', or pass the hosted zone of this name.`);
    }
  }
}

class CertificateDomain extends CustomDomain {
  constructor(private readonly certificate: acm.ICertificate, private readonly domainNames: string[]) {
    super();
  }

  /** @internal */
  public _mainName(): string | undefined {
    return this.domainNames[0];
  }

  public bind(scope: Construct): CustomDomainConfig {
    requireNames(scope, this.domainNames);
    return { certificates: [this.certificate], domainNames: this.domainNames };
  }
}

class SeveralDomains extends CustomDomain {
  constructor(private readonly domains: CustomDomain[]) {
    super();
  }

  /** @internal */
  public _mainName(): string | undefined {
    return this.domains[0]?._mainName?.();
  }

  public bind(scope: Construct, options?: CustomDomainBindOptions): CustomDomainConfig {
    const configs = this.domains.map((domain, index) => domain.bind(index === 0 ? scope : new Construct(scope, idOf(scope, domain, index)), options));
    const domainNames = configs.flatMap((config) => config.domainNames);
    requireNames(scope, domainNames);
    return {
      domainNames,
      certificates: withoutRepetition(configs.flatMap(({ certificates }) => certificates)),
      records: configs.flatMap(({ records = [] }) => records),
    };
  }
}

/** Follows the main name, so that others may be added before. Names that two domains have are refused once all are known. */
function idOf(scope: Construct, domain: CustomDomain, index: number): string {
  const name = domain._mainName?.();
  const id = `Domain-${name}`;
  return name === undefined || Token.isUnresolved(name) || scope.node.tryFindChild(id) !== undefined ? `Domain${index}` : id;
}

/** One certificate may serve several domains, and a listener takes it once. */
function withoutRepetition(certificates: acm.ICertificate[]): acm.ICertificate[] {
  return certificates.filter(({ certificateArn }, index) => certificates.findIndex((other) => other.certificateArn === certificateArn) === index);
}

function requireNames(scope: Construct, names: string[]): void {
  if (names.length === 0) {
    throw new InvalidBackendError(scope, 'CustomDomain.noNames', '`domainNames` is empty. List at least the main name, for example `domainNames: [\'api.example.com\']`.');
  }
  const wrong = names.find((name) => !Token.isUnresolved(name) && !HOST_NAME.test(name));
  if (wrong !== undefined) {
    throw new InvalidBackendError(scope, 'CustomDomain.hostName', `\`domainNames\` has '${wrong}', which is not a host name in lower case. Use for example 'api.example.com' or '*.example.com', without 'https://' and without a path.`);
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new InvalidBackendError(scope, 'CustomDomain.duplicateName', `\`domainNames\` has '${repeated}' twice. Remove one of the two.`);
  }
}
