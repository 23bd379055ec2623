import { App, RemovalPolicy, Stack, type Environment } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AmplifyFrontend, StaticFrontend, type IFrontend, type StaticFrontendProps } from '../../src/frontend';
import { CustomDomain } from '../../src/ingress';
import { Posture } from '../../src/posture';
import { developmentApp, exportsOf, productionApp } from '../fargate/fixture';
import { allFlags } from '../support/feature-flags';
import { losses, synthesizeWith } from '../support/living-stack';
import { getStackOutputs, literalsOfPartition, type TemplateJson } from '../support/templates';

const VIRGINIA: Environment = { account: '111111111111', region: 'us-east-1' };
const FRANKFURT: Environment = { account: '111111111111', region: 'eu-central-1' };

function createFrontend(props: StaticFrontendProps = {}, app: App = developmentApp(), env?: Environment): { stack: Stack; frontend: StaticFrontend } {
  const stack = new Stack(app, 'Web', { env });
  return { stack, frontend: new StaticFrontend(stack, 'Frontend', props) };
}

function certificateOf(stack: Stack, region = 'us-east-1'): ICertificate {
  return Certificate.fromCertificateArn(stack, 'Certificate', `arn:aws:acm:${region}:111111111111:certificate/example`);
}

function zoneOf(stack: Stack) {
  return HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0000000000000000000', zoneName: 'example.com' });
}

function distributionOf(stack: Stack): Record<string, unknown> {
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Distribution')) as { Properties: { DistributionConfig: Record<string, unknown> } }[];
  return Properties.DistributionConfig;
}

describe('defaults', () => {
  test.each([['development', developmentApp, 'Delete', 1], ['production', productionApp, 'Retain', 2]])('a front end in %s is a private bucket behind a distribution', (_posture, createApp, policy, buckets) => {
    // WHEN
    const { stack } = createFrontend({}, createApp());

    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::S3::Bucket', buckets);
    template.allResources('AWS::S3::Bucket', {
      DeletionPolicy: policy,
      Properties: {
        BucketName: Match.absent(),
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      },
    });
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('only the distribution reads the bucket', () => {
    const { stack } = createFrontend();
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 's3:GetObject',
            Principal: { Service: 'cloudfront.amazonaws.com' },
            Condition: { StringEquals: { 'AWS:SourceArn': { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':distribution/')])] } } },
          }),
        ],
      },
    });
    template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { Name: { 'Fn::Join': ['', [Match.stringLikeRegexp('^web-frontend-[0-9a-f]{10}-$'), { Ref: 'AWS::Region' }]] }, SigningBehavior: 'always', SigningProtocol: 'sigv4', OriginAccessControlOriginType: 's3' },
    });
  });

  test('paths that are no files are pages of the app, over HTTPS only', () => {
    const config = distributionOf(createFrontend().stack);
    expect(config.CustomErrorResponses).toEqual([403, 404].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 10, ResponseCode: 200, ResponsePagePath: '/index.html' })));
    expect(config).toEqual(expect.objectContaining({ DefaultRootObject: 'index.html', HttpVersion: 'http2and3', IPV6Enabled: true, Enabled: true }));
    expect(config.DefaultCacheBehavior).toEqual(expect.objectContaining({ ViewerProtocolPolicy: 'redirect-to-https', Compress: true, CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' }));
    expect([config.ViewerCertificate, config.Aliases]).toEqual([undefined, undefined]);
  });

  test('answers have headers that browsers obey', () => {
    const { stack } = createFrontend();
    const [headers] = Object.keys(Template.fromStack(stack).findResources('AWS::CloudFront::ResponseHeadersPolicy'));
    expect(distributionOf(stack).DefaultCacheBehavior).toEqual(expect.objectContaining({ ResponseHeadersPolicyId: { Ref: headers } }));
    Template.fromStack(stack).hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        Name: { 'Fn::Join': ['', [Match.stringLikeRegexp('^web-frontend-[0-9a-f]{10}-$'), { Ref: 'AWS::Region' }]] },
        SecurityHeadersConfig: {
          StrictTransportSecurity: { AccessControlMaxAgeSec: 31536000, IncludeSubdomains: false, Preload: false, Override: true },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: 'DENY', Override: true },
          ReferrerPolicy: { ReferrerPolicy: 'strict-origin-when-cross-origin', Override: true },
          ContentSecurityPolicy: { ContentSecurityPolicy: 'object-src \'none\'; base-uri \'self\'; frame-ancestors \'none\'', Override: true },
        },
      },
    });
  });

  test('production writes access logs to a bucket that takes them', () => {
    const { stack } = createFrontend({}, productionApp());
    const template = Template.fromStack(stack);
    const [logs] = Object.keys(template.findResources('AWS::S3::Bucket', { Properties: { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] } } }));
    expect(distributionOf(stack).Logging).toEqual({ Bucket: { 'Fn::GetAtt': [logs, 'RegionalDomainName'] } });
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90 })] } });
  });
});

describe('options', () => {
  test('a policy, edge locations, logs and removal of one\'s own', () => {
    const { stack } = createFrontend({
      contentSecurityPolicy: 'default-src \'self\'', priceClass: PriceClass.PRICE_CLASS_100, accessLogs: true, logRetention: RetentionDays.INFINITE, removalPolicy: RemovalPolicy.RETAIN,
    });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', { ResponseHeadersPolicyConfig: { SecurityHeadersConfig: { ContentSecurityPolicy: { ContentSecurityPolicy: 'default-src \'self\'' } } } });
    expect(distributionOf(stack).PriceClass).toBe('PriceClass_100');
    template.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain', Properties: { LifecycleConfiguration: { Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, ExpirationInDays: Match.absent() }] } } });
  });

  test('no logs in production where they are not wanted', () => {
    const { stack } = createFrontend({ accessLogs: false }, productionApp());
    expect(distributionOf(stack).Logging).toBeUndefined();
  });
});

describe('a domain', () => {
  test('has TLS 1.2 or later, and records in its zone', () => {
    // GIVEN
    const stack = new Stack(developmentApp(), 'Web', { env: FRANKFURT });
    const domain = CustomDomain.fromHostedZone(zoneOf(stack), { domainNames: ['app.example.com', 'www.example.com'], certificate: certificateOf(stack) });

    // WHEN
    const frontend = new StaticFrontend(stack, 'Frontend', { domain });

    // THEN
    expect([frontend.url, frontend.domainName]).toEqual(['https://app.example.com', 'app.example.com']);
    expect(distributionOf(stack)).toEqual(expect.objectContaining({
      Aliases: ['app.example.com', 'www.example.com'],
      ViewerCertificate: { AcmCertificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/example', MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
    }));
    for (const Type of ['A', 'AAAA']) {
      for (const Name of ['app.example.com.', 'www.example.com.']) {
        Template.fromStack(stack).hasResourceProperties('AWS::Route53::RecordSet', { Type, Name, AliasTarget: { DNSName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontendDistribution'), 'DomainName'] } } });
      }
    }
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('gets a certificate where the stack is in us-east-1', () => {
    const stack = new Stack(developmentApp(), 'Web', { env: VIRGINIA });
    new StaticFrontend(stack, 'Frontend', { domain: CustomDomain.fromHostedZone(zoneOf(stack), { domainNames: ['app.example.com'] }) });
    Template.fromStack(stack).hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'app.example.com', ValidationMethod: 'DNS' });
  });

  test('has its DNS elsewhere', () => {
    const stack = new Stack(developmentApp(), 'Web', { env: FRANKFURT });
    new StaticFrontend(stack, 'Frontend', { domain: CustomDomain.fromCertificate(certificateOf(stack), ['app.example.org']) });
    Template.fromStack(stack).resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test('may be several with one certificate, each with its records, and fails with several', () => {
    const stack = new Stack(developmentApp(), 'Web', { env: VIRGINIA });
    const [com, org] = ['example.com', 'example.org'].map((zoneName) => HostedZone.fromHostedZoneAttributes(stack, zoneName, { hostedZoneId: `Z${zoneName}`, zoneName }));
    const certificate = certificateOf(stack);
    new StaticFrontend(stack, 'One', { domain: CustomDomain.combine([CustomDomain.fromHostedZone(com, { certificate }), CustomDomain.fromHostedZone(org, { certificate })]) });
    for (const [Name, HostedZoneId] of [['example.com.', 'Zexample.com'], ['example.org.', 'Zexample.org']]) {
      Template.fromStack(stack).hasResourceProperties('AWS::Route53::RecordSet', { Name, HostedZoneId, Type: 'AAAA' });
    }
    expect(() => new StaticFrontend(stack, 'Several', { domain: CustomDomain.combine([CustomDomain.fromHostedZone(com), CustomDomain.fromHostedZone(org)]) }))
      .toThrow(/has one certificate, and `domain` has 2/);
  });

  test('warns where the region of its certificate is not known', () => {
    const stack = new Stack(developmentApp(), 'Web');
    new StaticFrontend(stack, 'Frontend', { domain: CustomDomain.fromHostedZone(zoneOf(stack)) });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('The region of the certificate isn\'t known until deployment'));
  });

  test('fails with a certificate of another region, imported or made here', () => {
    const stack = new Stack(developmentApp(), 'Web', { env: FRANKFURT });
    const message = /CloudFront takes certificates from us-east-1 only, and this certificate is from eu-central-1/;
    expect(() => new StaticFrontend(stack, 'Imported', { domain: CustomDomain.fromCertificate(certificateOf(stack, 'eu-central-1'), ['a.example.com']) })).toThrow(message);
    expect(() => new StaticFrontend(stack, 'Made', { domain: CustomDomain.fromHostedZone(zoneOf(stack)) })).toThrow(message);
  });
});

describe('files', () => {
  test('get in place by one command: assets to keep, the rest to ask for', () => {
    const { stack, frontend } = createFrontend({ outputDirectory: 'apps/web/out', assetsDirectory: 'static' });
    const text = JSON.stringify(stack.resolve(frontend.deployCommand)).replace(/"\},?"|\{"Ref":"|",|"/g, (match) => (match.includes('Ref') ? '<' : match.includes('}') ? '>' : ''));
    expect(text).toMatch(/aws s3 sync 'apps\/web\/out\/static' 's3:\/\/.*\/static' --cache-control 'public,max-age=31536000,immutable' && aws s3 sync 'apps\/web\/out' 's3:\/\/.*' --delete --exclude 'static\/\*' --cache-control 'no-cache' && aws cloudfront create-invalidation --distribution-id '.*' --paths '\/\*'/);
  });

  test('are put there by who may', () => {
    const { stack, frontend } = createFrontend();
    const role = new Role(stack, 'Pipeline', { assumedBy: new ServicePrincipal('codebuild.amazonaws.com') });
    expect(frontend.grantDeploy(role).success).toBe(true);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: 's3:ListBucket', Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Frontend'), 'Arn'] } }),
          Match.objectLike({ Action: ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], Resource: { 'Fn::Join': ['', Match.arrayWith(['/*'])] } }),
          Match.objectLike({ Action: 'cloudfront:CreateInvalidation', Resource: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':distribution/$')])] } }),
        ],
      },
    });
  });

  test.each<[string, StaticFrontendProps]>([['../dist', { outputDirectory: '../dist' }], ['/assets', { assetsDirectory: '/assets' }], ['a b\'', { outputDirectory: 'a b\'' }]])('fails on the path %s', (path, props) => {
    expect(() => createFrontend(props)).toThrow(`must be a relative path of letters, digits, '_', '-', '.' and '/', without '..' and without a slash at its ends, got '${path}'.`);
  });
});

test('one line chooses between the two front ends', () => {
  const choices: ((stack: Stack) => IFrontend)[] = [
    (stack) => new StaticFrontend(stack, 'Web'),
    (stack) => new AmplifyFrontend(stack, 'Web', { repository: 'https://github.com/example/web', accessToken: new Secret(stack, 'Token') }),
  ];
  for (const choose of choices) {
    const app = developmentApp();
    const first = new Stack(app, 'First');
    const second = new Stack(app, 'Second');
    const { url, domainName } = choose(first);
    new Role(second, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'), description: `${url} ${domainName}` });
    expect(getStackOutputs(Template.fromStack(second).toJSON()).every(({ stackName }) => stackName === 'First')).toBe(true);
    expect(JSON.stringify(Template.fromStack(second).toJSON())).toContain('https://');
    expect(exportsOf(first)).toEqual([]);
  }
});

describe('anywhere', () => {
  test('two live in one stack, with ids that never change', () => {
    const stack = new Stack(developmentApp(), 'Web');
    ['Shop', 'Admin'].forEach((id) => new StaticFrontend(stack, id));
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::S3::Bucket'))).toEqual(['ShopC16EE205', 'AdminD8C7621C']);
  });

  test('nothing names a partition', () => {
    const { stack, frontend } = createFrontend({}, productionApp());
    frontend.grantDeploy(new Role(stack, 'Pipeline', { assumedBy: new ServicePrincipal('codebuild.amazonaws.com') }));
    expect(literalsOfPartition(Template.fromStack(stack).toJSON())).toEqual([]);
  });

  test.each(['cn-north-1', 'us-gov-west-1'])('fails in %s, where CloudFormation does not have it', (region) => {
    expect(() => createFrontend({}, developmentApp(), { region })).toThrow(`CloudFront with origin access control is not available in ${region}.`);
  });

  test('flags, unset or all recommended, change nothing', () => {
    const [unset, recommended] = [{}, allFlags()].map((context) => Template.fromStack(createFrontend({}, productionApp({ context })).stack).toJSON() as TemplateJson);
    expect(recommended).toEqual(unset);
  });

  test('a change of posture keeps the files and the logs', () => {
    const build = (app: App) => new StaticFrontend(new Stack(app, 'Web'), 'Frontend');
    const [development, production] = [Posture.development(), Posture.production()].map((posture) => synthesizeWith(posture, build));
    expect(losses(development, production)).toEqual([]);
    expect(losses(production, development)).toEqual([]);
  });

  test('the offline validator accepts it with every option', () => {
    const before = process.env.CDK_VALIDATION;
    process.env.CDK_VALIDATION = 'true';
    try {
      const app = productionApp({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
      const stack = new Stack(app, 'Web', { env: VIRGINIA });
      new StaticFrontend(stack, 'Frontend', { domain: CustomDomain.fromHostedZone(zoneOf(stack)) });
      new StaticFrontend(new Stack(app, 'Anywhere'), 'Frontend');
      expect(app.synth().stacks).toHaveLength(2);
    } finally {
      process.env.CDK_VALIDATION = before;
    }
  });

  test('fails to take a snapshot', () => {
    expect(() => createFrontend({ removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT/);
  });
});
