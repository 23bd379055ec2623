import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { CustomDomain, PublicIngress, type PublicIngressProps } from '../../src/ingress';
import { Posture } from '../../src/posture';
import { createVpc, developmentApp, productionApp } from '../fargate/fixture';

function createIngress(props: Partial<PublicIngressProps> = {}, app: App = developmentApp(), region?: string): { stack: Stack; ingress: PublicIngress } {
  const stack = new Stack(app, 'Stack', { env: region === undefined ? undefined : { account: '111111111111', region } });
  return { stack, ingress: new PublicIngress(stack, 'Ingress', { vpc: createVpc(stack), ...props }) };
}

function synthesize(props: Partial<PublicIngressProps> = {}, app: App = developmentApp(), region?: string): Template {
  return Template.fromStack(createIngress(props, app, region).stack);
}

function attribute(Key: string, Value: unknown) {
  return { LoadBalancerAttributes: Match.arrayWith([{ Key, Value }]) };
}

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111111111111:certificate/1';

function certificateDomain(): CustomDomain {
  return CustomDomain.fromCertificate(acm.Certificate.fromCertificateArn(new Stack(), 'Certificate', CERTIFICATE), ['api.example.com']);
}

describe('the load balancer', () => {
  test('faces the internet from public subnets and drops invalid headers', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internet-facing', Type: 'application', Name: Match.absent(), Subnets: [{ Ref: Match.stringLikeRegexp('Public') }, { Ref: Match.stringLikeRegexp('Public') }],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('routing.http.drop_invalid_header_fields.enabled', 'true'));
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('routing.http.desync_mitigation_mode', 'defensive'));
  });

  test('answers 404 to what no route matches', () => {
    synthesize().hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: Match.objectLike({ StatusCode: '404' }) }],
    });
  });

  test('may connect to nothing until a route leads somewhere', () => {
    const template = synthesize();
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })] });
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 0);
  });

  test('keeps its logical ids', () => {
    const template = synthesize({ waf: true, accessLogs: true });
    const idsOf = (type: string) => Object.keys(template.findResources(type));
    expect(idsOf('AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual(['Ingress72968116']);
    expect(idsOf('AWS::ElasticLoadBalancingV2::Listener')).toEqual(['IngressHttp4C035516']);
    expect(idsOf('AWS::S3::Bucket')).toEqual(['IngressAccessLogs71975CC2']);
  });

  test('stays in the subnets that were asked for', () => {
    synthesize({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } }).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Subnets: [{ Ref: Match.stringLikeRegexp('Private') }, { Ref: Match.stringLikeRegexp('Private') }],
    });
  });

  test('warns where these are not public, and only then', () => {
    const warnings = (vpcSubnets?: ec2.SubnetSelection) => Annotations.fromStack(createIngress({ vpcSubnets }).stack).findWarning('*', Match.stringLikeRegexp('`vpcSubnets` selects private or isolated subnets'));
    expect(warnings({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS })).toHaveLength(1);
    expect(warnings({ subnetType: ec2.SubnetType.PUBLIC })).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  test('works in an imported VPC', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-1', 'subnet-2'], publicSubnetRouteTableIds: ['rtb-1', 'rtb-2'] });
    new PublicIngress(stack, 'Ingress', { vpc });
    Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Subnets: ['subnet-1', 'subnet-2'] });
  });

  test('fails in a VPC without public subnets', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'], isolatedSubnetIds: ['subnet-1'], isolatedSubnetRouteTableIds: ['rtb-1'] });
    expect(() => new PublicIngress(stack, 'Ingress', { vpc })).toThrow(/A public ingress needs public subnets, and the VPC doesn't have any.*vpcSubnets.*Stack\/Ingress/);
  });

  test('fails in one availability zone', () => {
    const stack = new Stack(developmentApp(), 'Stack');
    expect(() => new PublicIngress(stack, 'Ingress', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, restrictDefaultSecurityGroup: false }) })).toThrow(/at least 2 availability zones, got 1/);
  });

  test('two of the same live in one stack', () => {
    const { stack, ingress } = createIngress();
    new PublicIngress(stack, 'Other', { vpc: ingress.vpc });
    Template.fromStack(stack).resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 2);
  });
});

describe('posture', () => {
  test('development has no web ACL, no access logs and no deletion protection', () => {
    const template = synthesize();
    template.resourceCountIs('AWS::WAFv2::WebACL', 0);
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('deletion_protection.enabled', 'false'));
  });

  test('production has all three', () => {
    const template = synthesize({}, productionApp());
    template.resourceCountIs('AWS::WAFv2::WebACL', 1);
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('deletion_protection.enabled', 'true'));
  });

  test('what was asked for wins over the posture', () => {
    const template = synthesize({ waf: false, accessLogs: false, deletionProtection: false }, productionApp());
    template.resourceCountIs('AWS::WAFv2::WebACL', 0);
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('deletion_protection.enabled', 'false'));
  });
});

describe('HTTPS', () => {
  test('without a domain development warns', () => {
    Annotations.fromStack(createIngress().stack).hasWarning('/Stack/Ingress', Match.stringLikeRegexp('unencrypted.*CustomDomain'));
  });

  test('fails at synth without a domain where the posture requires HTTPS', () => {
    const app = new App();
    Posture.production({ terminationProtection: false }).applyTo(app);
    expect(() => synthesize({}, app)).toThrow(/requires HTTPS, and `domain` of this ingress isn't set.*CustomDomain.fromHostedZone.*Posture\.production\(\{ requireHttps: false \}\)/);
  });

  test('a domain with HTTPS satisfies production, and nothing warns', () => {
    const app = new App();
    Posture.production({ terminationProtection: false }).applyTo(app);
    const { stack } = createIngress({ domain: certificateDomain() }, app);
    expect(() => Template.fromStack(stack)).not.toThrow();
    Annotations.fromStack(stack).hasNoWarning('/Stack/Ingress', Match.stringLikeRegexp('unencrypted'));
  });

  test('a certificate gives an HTTPS listener with a modern policy, a redirect from HTTP, and no records', () => {
    const template = synthesize({ domain: certificateDomain() });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
      Certificates: [{ CertificateArn: CERTIFICATE }],
      DefaultActions: [Match.objectLike({ Type: 'fixed-response' })],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80, DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [Match.objectLike({ FromPort: 80 }), Match.objectLike({ FromPort: 443 })] });
    template.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test('a hosted zone gives a certificate and an alias record for each name', () => {
    // GIVEN
    const zones = new Stack();
    const hostedZone = HostedZone.fromHostedZoneAttributes(zones, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });

    // WHEN
    const { stack, ingress } = createIngress({ domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['api.example.com', 'www.example.com'] }) });

    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'api.example.com', SubjectAlternativeNames: ['www.example.com'], ValidationMethod: 'DNS' });
    for (const name of ['api.example.com.', 'www.example.com.']) {
      template.hasResourceProperties('AWS::Route53::RecordSet', {
        Name: name, Type: 'A', HostedZoneId: 'Z1', AliasTarget: { DNSName: { 'Fn::GetAtt': ['Ingress72968116', 'DNSName'] }, HostedZoneId: { 'Fn::GetAtt': ['Ingress72968116', 'CanonicalHostedZoneID'] } },
      });
    }
    expect(ingress.url).toBe('https://api.example.com');
  });

  test('the name of the zone is the default, and a certificate of one\'s own is used', () => {
    // GIVEN
    const other = new Stack();
    const hostedZone = HostedZone.fromHostedZoneAttributes(other, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    const certificate = acm.Certificate.fromCertificateArn(other, 'Certificate', CERTIFICATE);

    // WHEN
    const template = synthesize({ domain: CustomDomain.fromHostedZone(hostedZone, { certificate }) });

    // THEN
    template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'example.com.' });
  });

  test('names may be known only at deployment', () => {
    const { stack } = createIngress({ domain: undefined });
    const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    const domainNames = [stack.stackId];
    new PublicIngress(stack, 'Named', { vpc: createVpc(stack, 'Other'), domain: CustomDomain.fromHostedZone(hostedZone, { domainNames }) });
    Template.fromStack(stack).hasResourceProperties('AWS::Route53::RecordSet', { Type: 'A' });
  });

  test('takes names in an imported zone that ends with a dot', () => {
    const hostedZone = HostedZone.fromHostedZoneAttributes(new Stack(), 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com.' });
    expect(createIngress({ domain: CustomDomain.fromHostedZone(hostedZone) }).ingress.url).toBe('https://example.com');
    expect(createIngress({ domain: CustomDomain.fromHostedZone(hostedZone, { domainNames: ['*.api.example.com'] }) }).ingress.url).toBe('https://*.api.example.com');
  });

  test.each([
    ['a name outside the zone', ['api.example.org'], /'api.example.org', which is not in the hosted zone 'example.com'/],
    ['a name that only ends like the zone', ['badexample.com'], /not in the hosted zone/],
    ['no name', [], /`domainNames` is empty/],
    ['a name twice', ['example.com', 'example.com'], /'example.com' twice/],
    ['a name in upper case', ['API.example.com'], /'API.example.com', which is not a host name in lower case/],
    ['a URL', ['https://api.example.com'], /'https:\/\/api.example.com', which is not a host name .* without 'https:\/\/'/],
  ])('fails on %s', (_name, domainNames, message) => {
    const hostedZone = HostedZone.fromHostedZoneAttributes(new Stack(), 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    expect(() => createIngress({ domain: CustomDomain.fromHostedZone(hostedZone, { domainNames }) })).toThrow(message);
  });
});

describe('access logs', () => {
  test('go to an encrypted private bucket that the load balancer waits for', () => {
    const template = synthesize({ accessLogs: true });
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Delete',
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7 })] },
        BucketName: Match.absent(),
      },
    });
    template.hasResource('AWS::ElasticLoadBalancingV2::LoadBalancer', { DependsOn: Match.arrayWith([Match.stringLikeRegexp('AccessLogsPolicy')]) });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', attribute('access_logs.s3.enabled', 'true'));
  });

  test('fail on a snapshot as their removal policy', () => {
    expect(() => createIngress({ accessLogs: true, removalPolicy: RemovalPolicy.SNAPSHOT })).toThrow(/`removalPolicy` must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT.*Ingress/);
  });

  test('are kept as long as asked for, also for ever', () => {
    const template = synthesize({ accessLogs: true, logRetention: logs.RetentionDays.INFINITE, removalPolicy: RemovalPolicy.RETAIN });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', Properties: { LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: Match.absent() })] } } });
  });

  test.each([
    ['in any environment', undefined, { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' }],
    ['in a region without an older account', 'eu-south-2', { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' }],
    ['in a region with one', 'eu-west-1', Match.objectLike({ Service: 'logdelivery.elasticloadbalancing.amazonaws.com', AWS: Match.anyValue() })],
  ])('may be delivered %s', (_name, region, principal) => {
    synthesize({ accessLogs: true }, developmentApp(), region).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({ Statement: Match.arrayWith([Match.objectLike({ Sid: 'LoadBalancerLogs', Action: 's3:PutObject', Principal: principal })]) }),
    });
  });
});

describe('the web ACL', () => {
  test('limits requests of one address, asks the managed rules, and counts large bodies instead of refusing them', () => {
    const template = synthesize({ waf: true, rateLimit: 500 });
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      Rules: [
        Match.objectLike({ Name: 'RateLimit', Priority: 0, Statement: { RateBasedStatement: Match.objectLike({ Limit: 500, AggregateKeyType: 'IP' }) } }),
        Match.objectLike({ Name: 'AWSManagedRulesAmazonIpReputationList', Priority: 1 }),
        Match.objectLike({ Name: 'AWSManagedRulesCommonRuleSet', Statement: { ManagedRuleGroupStatement: Match.objectLike({ RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }] }) } }),
        Match.objectLike({ Name: 'AWSManagedRulesKnownBadInputsRuleSet', OverrideAction: { None: {} } }),
        Match.objectLike({ Name: 'AWSManagedRulesSQLiRuleSet' }),
      ],
    });
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: { Ref: 'Ingress72968116' } });
  });

  test.each([[9], [2_000_000_001], [10.5]])('fails on a rate limit of %d', (rateLimit) => {
    expect(() => createIngress({ rateLimit })).toThrow(`\`rateLimit\` must be a whole number from 10 to 2000000000, got ${rateLimit}`);
  });
});

test('metrics are those of the load balancer', () => {
  const { ingress } = createIngress();
  expect(ingress.metricRequestCount()).toMatchObject({ namespace: 'AWS/ApplicationELB', metricName: 'RequestCount', statistic: 'Sum' });
  expect(ingress.metricTargetResponseTime()).toMatchObject({ metricName: 'TargetResponseTime', statistic: 'Average' });
  expect(ingress.metricTargetServerErrors({ period: Duration.minutes(1) })).toMatchObject({ metricName: 'HTTPCode_Target_5XX_Count', period: Duration.minutes(1) });
  expect(ingress.url).toMatch(/^http:\/\//);
});

test.each([['aws', 'eu-west-1'], ['aws-cn', 'cn-north-1'], ['aws-us-gov', 'us-gov-west-1']])('nothing of another partition stands in a template for %s', (_partition, region) => {
  const text = JSON.stringify(synthesize({}, productionApp(), region).toJSON());
  expect(text).not.toContain('arn:aws:');
  expect(text.replace(/"Service":"[a-z0-9.-]+\.amazonaws\.com"/g, '')).not.toContain('amazonaws.com');
});
