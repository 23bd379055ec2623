import { Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { InvalidBackendError } from '../private/errors';

const HOST_NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/;

/** Names in one zone. */
export interface EdgeDomainRecords {
  /** The zone. */
  readonly hostedZone: IHostedZone;

  /** The names in it that lead to the edge. */
  readonly domainNames: string[];
}

/** What an edge receives from a domain. */
export interface EdgeDomainConfig {
  /** The certificates of the HTTPS listener; the first is shown to clients that name no host. */
  readonly certificates: acm.ICertificate[];

  /** The names that clients use, the main one first. */
  readonly domainNames: string[];

  /**
   * The names for which the edge makes alias records, by zone.
   *
   * @default - no records: DNS is somewhere else
   */
  readonly records?: EdgeDomainRecords[];
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
   * A certificate in the region of the edge that is valid for all names.
   *
   * @default - a new certificate, validated by records in the zone
   */
  readonly certificate?: acm.ICertificate;
}

/** The names under which clients reach an edge, with their certificate. */
export abstract class EdgeDomain {
  /** Names in a Route 53 zone: the edge gets a certificate, and alias records that lead to it. */
  public static fromHostedZone(hostedZone: IHostedZone, options: HostedZoneDomainOptions = {}): EdgeDomain {
    return new HostedZoneDomain(hostedZone, options);
  }

  /**
   * Names whose DNS is somewhere else: you make the records that lead to the edge's load balancer.
   *
   * @param certificate a certificate in the region of the edge that is valid for all names
   * @param domainNames the names that clients use, the main one first
   */
  public static fromCertificate(certificate: acm.ICertificate, domainNames: string[]): EdgeDomain {
    return new CertificateDomain(certificate, domainNames);
  }

  /**
   * Several domains, such as names in zones of their own. Clients are shown the certificate that fits the name they ask for (SNI).
   *
   * @param domains at least one, the main one first; add others at the end, so that the ones before keep their certificates
   */
  public static several(domains: EdgeDomain[]): EdgeDomain {
    return new SeveralDomains(domains);
  }

  /** Called by the edge. Makes what is missing below the scope. */
  public abstract bind(scope: Construct): EdgeDomainConfig;
}

class HostedZoneDomain extends EdgeDomain {
  constructor(private readonly hostedZone: IHostedZone, private readonly options: HostedZoneDomainOptions) {
    super();
  }

  public bind(scope: Construct): EdgeDomainConfig {
    const domainNames = this.options.domainNames ?? [this.zoneName];
    requireNames(scope, domainNames);
    domainNames.forEach((name) => this.requireInZone(scope, name));
    return {
      domainNames,
      records: [{ hostedZone: this.hostedZone, domainNames }],
      certificates: [this.options.certificate ?? this.createCertificate(scope, domainNames)],
    };
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
      throw new InvalidBackendError(scope, `domainNames has '${name}', which is not in the hosted zone '${zoneName}'. Use names that end in '.${zoneName}', or the zone of that name.`);
    }
  }
}

class CertificateDomain extends EdgeDomain {
  constructor(private readonly certificate: acm.ICertificate, private readonly domainNames: string[]) {
    super();
  }

  public bind(scope: Construct): EdgeDomainConfig {
    requireNames(scope, this.domainNames);
    return { certificates: [this.certificate], domainNames: this.domainNames };
  }
}

class SeveralDomains extends EdgeDomain {
  constructor(private readonly domains: EdgeDomain[]) {
    super();
  }

  public bind(scope: Construct): EdgeDomainConfig {
    const configs = this.domains.map((domain, index) => domain.bind(index === 0 ? scope : new Construct(scope, `Domain${index}`)));
    const domainNames = configs.flatMap((config) => config.domainNames);
    requireNames(scope, domainNames);
    return {
      domainNames,
      certificates: withoutRepetition(configs.flatMap(({ certificates }) => certificates)),
      records: configs.flatMap(({ records = [] }) => records),
    };
  }
}

/** One certificate may serve several domains, and a listener takes it once. */
function withoutRepetition(certificates: acm.ICertificate[]): acm.ICertificate[] {
  return certificates.filter(({ certificateArn }, index) => certificates.findIndex((other) => other.certificateArn === certificateArn) === index);
}

function requireNames(scope: Construct, names: string[]): void {
  if (names.length === 0) {
    throw new InvalidBackendError(scope, 'domainNames is empty. List at least the main name, like \'api.example.com\'.');
  }
  const wrong = names.find((name) => !Token.isUnresolved(name) && !HOST_NAME.test(name));
  if (wrong !== undefined) {
    throw new InvalidBackendError(scope, `domainNames has '${wrong}', which is no host name in lower case. Write one like 'api.example.com' or '*.example.com', without 'https://' and path.`);
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new InvalidBackendError(scope, `domainNames has '${repeated}' twice. Remove one.`);
  }
}
