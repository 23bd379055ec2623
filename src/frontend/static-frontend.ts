import { Duration, Stack, Token, type RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IFrontend } from './frontend';
import type { CustomDomain, CustomDomainConfig } from '../ingress';
import { certificateRegion } from '../ingress/shared/certificate-region';
import { keepRecord, refuseSharedNames } from '../ingress/shared/host-names';
import { Posture } from '../posture';
import { createLogBucket } from './private/log-bucket';
import { requireCommercialRegion } from './private/regions';
import { createSecurityHeaders } from './private/security-headers';
import { bucketRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError, warn } from '../private/errors';
import { physicalName } from '../private/physical-name';
import { PRIVATE_BUCKET, UNFINISHED_UPLOADS_GO } from '../private/private-bucket';

/** Properties of a front end on S3 and CloudFront. */
export interface StaticFrontendProps {
  /**
   * The names under which people reach the front end, with their certificate, which must be in us-east-1. A new certificate
   * (`CustomDomain.fromHostedZone` without one) is possible where this stack is in us-east-1.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
   * @default - a name of CloudFront
   */
  readonly domain?: CustomDomain;

  /**
   * Content security policy of every answer.
   *
   * @see https://developer.mozilla.org/docs/Web/HTTP/CSP
   * @default "object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
   */
  readonly contentSecurityPolicy?: string;

  /**
   * Directory that a build writes to, for `deployCommand`.
   *
   * @default - `dist`, as Vite does
   */
  readonly outputDirectory?: string;

  /**
   * Directory below `outputDirectory` whose files have a hash in their names, so that browsers may keep them for ever.
   *
   * @default - `assets`, as Vite does
   */
  readonly assetsDirectory?: string;

  /**
   * Edge locations that serve the front end.
   *
   * @default PriceClass.PRICE_CLASS_ALL
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * Whether requests are logged to a bucket of their own.
   *
   * @default - as the posture says: no in development, yes in production
   */
  readonly accessLogs?: boolean;

  /**
   * How long access logs are kept.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: RetentionDays;

  /**
   * What happens to the buckets when they leave the stack: destroy, which works only while they are empty, or retain. Retain on
   * update or delete is the same as retain here: the rollback of a failed deployment can't delete a bucket with files in it.
   *
   * @default - as the posture says: destroy in development, retain in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

const DEFAULT_POLICY = "object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/**
 * A single-page app in a private bucket, served by CloudFront.
 *
 * ## What it makes
 *
 * A bucket, a distribution that alone may read it, a policy of response headers; alias records where a domain in Route 53 is
 * given, and by posture a bucket for access logs. No files: `deployCommand` is what a pipeline runs after its build.
 *
 * ## Defaults that matter
 *
 * A path that is no file is answered with `index.html` and 200, so that the app routes it; so is a missing script. HTTP/2 and 3,
 * compression, HTTP redirected to HTTPS. `deployCommand` lets browsers keep what is in `assets` and ask for the rest.
 *
 * ## Security considerations
 *
 * The bucket is private and encrypted, and takes TLS only. With a domain TLS is 1.2 or later; under CloudFront's own name it cannot be
 * chosen. Headers forbid framing, sniffing of types, and plain HTTP for a year; a content security policy that fits
 * the app makes scripts from elsewhere harmless. What is in a front end anyone can read.
 *
 * ## Cost
 *
 * Next to nothing idle. CloudFront serves 1 TB a month free, then 0.085 USD for a GB; S3 stores a GB for 0.023 a month.
 *
 * @see https://aws.amazon.com/cloudfront/pricing/
 *
 * @example
 * import { Stack } from 'aws-cdk-lib';
 * import { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
 * import { IRole } from 'aws-cdk-lib/aws-iam';
 * import { IHostedZone } from 'aws-cdk-lib/aws-route53';
 * import { CustomDomain, StaticFrontend } from 'cdk-private-backend';
 *
 * declare const stack: Stack;
 * declare const zone: IHostedZone;
 * declare const certificate: ICertificate;
 * declare const pipeline: IRole;
 * const web = new StaticFrontend(stack, 'Web', { domain: CustomDomain.fromHostedZone(zone, { domainNames: ['app.example.com'], certificate }) });
 * web.grantDeploy(pipeline);
 */
export class StaticFrontend extends Construct implements IFrontend {
  /** The address that people use. */
  public readonly url: string;

  /** The host name that people use. */
  public readonly domainName: string;

  /** The bucket that the files are in. */
  public readonly bucket: s3.IBucket;

  /** The distribution that serves them. */
  public readonly distribution: cloudfront.IDistribution;

  /** What to type in a POSIX shell, beside the output of a build, to put it in place of the last one. */
  public readonly deployCommand: string;

  /**
   * @throws InvalidBackendError for a certificate outside us-east-1, several certificates, a path that leaves its directory, and the removal policy
   * snapshot, and in regions of China and GovCloud
   */
  constructor(scope: Construct, id: string, props: StaticFrontendProps = {}) {
    super(scope, id);
    requireCommercialRegion(this, 'CloudFront with origin access control');
    this.validatePaths(props);
    const domain = props.domain?.bind(this);
    this.validateCertificates(domain?.certificates ?? []);
    this.bucket = this.createBucket(props);
    this.distribution = this.createDistribution(props, domain);
    this.createRecords(domain);
    refuseSharedNames(this);
    this.domainName = domain?.domainNames[0] ?? this.distribution.distributionDomainName;
    this.url = `https://${this.domainName}`;
    this.deployCommand = this.renderDeployCommand(props);
    referWeakly(this.bucket, this.distribution);
    describe(this, this, () => ({ kind: 'static-frontend', distribution: this.distribution, url: this.url }));
  }

  /**
   * Lets a grantee run `deployCommand`: list, write and delete the files of this front end, and invalidate its distribution. Not read them, which
   * visitors do, nor change bucket or distribution.
   *
   * @param grantee the role of a pipeline
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
   */
  public grantDeploy(grantee: iam.IGrantable): iam.Grant {
    const list = iam.Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
    const write = iam.Grant.addToPrincipal({ grantee, actions: ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], resourceArns: [this.bucket.arnForObjects('*')] });
    return list.combine(write).combine(this.distribution.grantCreateInvalidation(grantee));
  }

  private createBucket(props: StaticFrontendProps): s3.Bucket {
    return new s3.Bucket(this, 'Resource', {
      ...PRIVATE_BUCKET,
      lifecycleRules: [UNFINISHED_UPLOADS_GO],
      removalPolicy: bucketRemovalPolicy(this, props.removalPolicy),
    });
  }

  private createDistribution(props: StaticFrontendProps, domain?: CustomDomainConfig): cloudfront.Distribution {
    return new cloudfront.Distribution(this, 'Distribution', {
      comment: this.node.path.slice(-128),
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket, { originAccessControl: this.createAccessControl() }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: createSecurityHeaders(this, props.contentSecurityPolicy ?? DEFAULT_POLICY),
        compress: true,
      },
      defaultRootObject: 'index.html',
      // S3 says 403 of what is not there to those who may not list the bucket.
      errorResponses: [403, 404].map((httpStatus) => ({ httpStatus, responseHttpStatus: 200, responsePagePath: '/index.html', ttl: Duration.seconds(10) })),
      domainNames: domain?.domainNames,
      certificate: domain?.certificates[0],
      minimumProtocolVersion: domain === undefined ? undefined : cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      sslSupportMethod: domain === undefined ? undefined : cloudfront.SSLMethod.SNI,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      priceClass: props.priceClass ?? cloudfront.PriceClass.PRICE_CLASS_ALL,
      enableIpv6: true,
      ...this.createLogs(props),
    });
  }

  /** Names of these are unique in an account, whatever the region. */
  private createAccessControl(): cloudfront.S3OriginAccessControl {
    return new cloudfront.S3OriginAccessControl(this, 'AccessControl', { originAccessControlName: `${physicalName(this)}-${Stack.of(this).region}` });
  }

  private createLogs(props: StaticFrontendProps): Partial<cloudfront.DistributionProps> {
    const posture = Posture.of(this);
    return props.accessLogs ?? posture.accessLogs
      ? { enableLogging: true, logBucket: createLogBucket(this, props.logRetention ?? posture.logRetention, bucketRemovalPolicy(this, props.removalPolicy)) }
      : { enableLogging: false };
  }

  private createRecords(domain?: CustomDomainConfig): void {
    const target = route53.RecordTarget.fromAlias(new CloudFrontTarget(this.distribution));
    const names = (domain?.records ?? []).flatMap(({ hostedZone: zone, domainNames }) => domainNames.map((recordName) => ({ zone, recordName })));
    names.forEach(({ zone, recordName }, index) => {
      const suffix = Token.isUnresolved(recordName) ? `${index}` : `-${recordName}`;
      keepRecord(new route53.ARecord(this, `Alias${suffix}`, { zone, recordName, target }), zone, recordName);
      keepRecord(new route53.AaaaRecord(this, `AliasV6${suffix}`, { zone, recordName, target }), zone, recordName);
    });
  }

  private renderDeployCommand({ outputDirectory = 'dist', assetsDirectory = 'assets' }: StaticFrontendProps): string {
    const bucket = `s3://${this.bucket.bucketName}`;
    return [
      // Old assets stay for those who have an old page open.
      `aws s3 sync '${outputDirectory}/${assetsDirectory}' '${bucket}/${assetsDirectory}' --cache-control 'public,max-age=31536000,immutable'`,
      `aws s3 sync '${outputDirectory}' '${bucket}' --delete --exclude '${assetsDirectory}/*' --cache-control 'no-cache'`,
      `aws cloudfront create-invalidation --distribution-id '${this.distribution.distributionId}' --paths '/*'`,
    ].join(' && ');
  }

  private validatePaths({ outputDirectory, assetsDirectory }: StaticFrontendProps): void {
    for (const [name, path] of Object.entries({ outputDirectory, assetsDirectory })) {
      if (path !== undefined && !Token.isUnresolved(path) && (!/^[\w.-]+(\/[\w.-]+)*$/.test(path) || path.split('/').includes('..'))) {
        throw new InvalidBackendError(this, 'StaticFrontend.directory', `\`${name}\` must be a relative path of letters, digits, '_', '-', '.' and '/', without '..' and without a slash at its ends, got '${path}'. Use for example 'dist'.`);
      }
    }
  }

  private validateCertificates(certificates: ICertificate[]): void {
    if (certificates.length > 1) {
      throw new InvalidBackendError(this, 'StaticFrontend.severalCertificates', `A CloudFront distribution has one certificate, and \`domain\` has ${certificates.length}. Use one certificate that is valid for all names, and pass it to each domain in \`CustomDomain.combine\`.`);
    }
    for (const certificate of certificates) {
      const region = certificateRegion(this, certificate);
      if (Token.isUnresolved(region)) {
        warn(this, 'StaticFrontend.certificateRegion', 'The region of the certificate isn\'t known until deployment (it\'s a token), and CloudFront takes certificates from us-east-1 only. '
          + 'Set `env: { region: \'us-east-1\' }` on the stack, or import a certificate from us-east-1.');
      } else if (region !== 'us-east-1') {
        throw new InvalidBackendError(this, 'StaticFrontend.certificateOutsideUsEast1', `CloudFront takes certificates from us-east-1 only, and this certificate is from ${region}. `
          + 'Create the certificate in a stack with `env: { region: \'us-east-1\' }` and `crossRegionReferences: true`, and use `CustomDomain.fromHostedZone(zone, { certificate })`.');
      }
    }
  }
}
