import { CfnParameter, NestedStack, Stack, type App } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { casesOf, one, raw, type Build, type Case } from '../judge';

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const parameter = (stack: Stack) => new CfnParameter(stack, 'Given').valueAsString;
const CERTIFICATE = elb.ListenerCertificate.fromArn('arn:aws:acm:eu-west-1:111111111111:certificate/1');

function balancer(stack: Stack, props: Partial<elb.ApplicationLoadBalancerProps> = {}): elb.ApplicationLoadBalancer {
  return new elb.ApplicationLoadBalancer(stack, 'Alb', { vpc: new ec2.Vpc(stack, 'Vpc'), internetFacing: true, ...props });
}

const made = (props: Partial<elb.ApplicationLoadBalancerProps> = {}): Build => (stack) => void balancer(stack, props);

function withAttribute(Key: string, Value: string | ((stack: Stack) => string), Type = 'application'): Build {
  return (stack) => void raw(stack, 'Alb', BALANCER, { Type, LoadBalancerAttributes: [{ Key, Value: typeof Value === 'string' ? Value : Value(stack) }] });
}

/** A balancer with listeners, each with its own default action. */
function listeners(...props: Partial<elb.BaseApplicationListenerProps>[]): Build {
  return (stack) => {
    const alb = balancer(stack);
    props.forEach((each, index) => alb.addListener(`Listener${index}`, { defaultAction: elb.ListenerAction.fixedResponse(404), open: false, ...each }));
  };
}

const TLS = { port: 443, certificates: [CERTIFICATE] };
const REDIRECT = { port: 80, defaultAction: elb.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }) };

function associate(stack: Stack, ResourceArn: string): void {
  raw(stack, 'Association', 'AWS::WAFv2::WebACLAssociation', { ResourceArn, WebACLArn: 'arn:aws:wafv2:eu-west-1:1:regional/webacl/a/1' });
}

function pattern(stack: Stack): void {
  new ApplicationLoadBalancedFargateService(stack, 'Api', { vpc: new ec2.Vpc(stack, 'Vpc'), taskImageOptions: { image: ecs.ContainerImage.fromRegistry('nginx') } });
}

function distribution(behaviour: Partial<cloudfront.BehaviorOptions>, minimumVersion?: string, additionalBehaviors?: Record<string, cloudfront.BehaviorOptions>): Build {
  return (stack) => {
    const { node } = new cloudfront.Distribution(stack, 'Cdn', { defaultBehavior: { origin: new HttpOrigin('example.com'), ...behaviour }, additionalBehaviors });
    (node.defaultChild as cloudfront.CfnDistribution).addPropertyOverride('DistributionConfig.ViewerCertificate.MinimumProtocolVersion', minimumVersion);
  };
}

/** A rule of a listener for HTTP that redirects all else. */
const served: Build = (stack) => {
  const listener = raw(stack, 'Http', LISTENER, {
    LoadBalancerArn: raw(stack, 'Alb', BALANCER).ref, Protocol: 'HTTP', Port: 80, DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }],
  });
  raw(stack, 'Rule', 'AWS::ElasticLoadBalancingV2::ListenerRule', { ListenerArn: listener.ref, Actions: [{ Type: 'forward', TargetGroupArn: 'arn' }], Conditions: [], Priority: 1 });
};

export const INGRESS_CASES: readonly Case[] = [
  ...casesOf('hardening-alb-access-logs', {
    'holds': {
      'logs in a bucket': (stack: Stack, app: App) => {
        const regional = new Stack(app, 'Regional', { env: { region: 'eu-west-1', account: '111111111111' } });
        balancer(regional).logAccessLogs(new s3.Bucket(regional, 'Logs'));
        expect(stack.node.children).toHaveLength(0);
      },
    },
    'violation': { 'a balancer as it comes': [made(), /access_logs.s3.enabled is not set/], 'off': withAttribute('access_logs.s3.enabled', 'false') },
    'undecided': { 'a parameter': withAttribute('access_logs.s3.enabled', parameter) },
    'does not apply': { 'a network load balancer': one(BALANCER, { Type: 'network' }) },
  }),
  ...casesOf('hardening-alb-deletion-protection', {
    holds: { 'a balancer': made({ deletionProtection: true }), 'a network load balancer': withAttribute('deletion_protection.enabled', 'true', 'network') },
    violation: { 'a balancer as it comes': made(), 'a network load balancer as it comes': [one(BALANCER, { Type: 'network', Scheme: 'internal' }), /Deletion protection is off/] },
    undecided: { 'a parameter': withAttribute('deletion_protection.enabled', parameter) },
  }),
  ...casesOf('hardening-alb-invalid-headers', {
    holds: { 'a balancer': made({ dropInvalidHeaderFields: true }) },
    violation: { 'a balancer as it comes': made() },
    undecided: { 'a parameter': withAttribute('routing.http.drop_invalid_header_fields.enabled', parameter) },
  }),
  ...casesOf('hardening-alb-https', {
    'holds': { HTTPS: listeners(TLS), both: listeners(REDIRECT, TLS) },
    'violation': { 'HTTP only': [listeners({ port: 80 }), /only HTTP/], 'no listener': made(), 'the pattern as it comes': pattern },
    'undecided': { 'a protocol from a parameter': (stack) => void raw(stack, 'Listener', LISTENER, { LoadBalancerArn: raw(stack, 'Alb', BALANCER).ref, Protocol: parameter(stack) }) },
    'does not apply': { 'an internal balancer': made({ internetFacing: false }) },
  }),
  ...casesOf('hardening-alb-redirect', {
    'holds': { 'a redirect': listeners(REDIRECT, TLS), 'addRedirect': (stack) => void balancer(stack).addRedirect() },
    'violation': { 'an answer': [listeners({ port: 80 }), /instead of redirecting/], 'a rule that serves': [served, /Rules of it serve HTTP requests: Main\/Rule/], 'the pattern as it comes': pattern },
    'undecided': { 'a balancer from elsewhere': one(LISTENER, { LoadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1', Protocol: 'HTTP', Port: 80, DefaultActions: [] }) },
    'does not apply': { 'HTTPS': listeners(TLS), 'an internal balancer': (stack) => void balancer(stack, { internetFacing: false }).addListener('Http', { port: 80, defaultAction: elb.ListenerAction.fixedResponse(404) }) },
  }),
  ...casesOf('hardening-alb-tls-policy', {
    'holds': {
      'the recommended one': listeners({ ...TLS, sslPolicy: elb.SslPolicy.RECOMMENDED_TLS }),
      'TLS 1.3 only': listeners({ ...TLS, sslPolicy: elb.SslPolicy.TLS13_13 }),
      'TLS 1.2 only': listeners({ ...TLS, sslPolicy: elb.SslPolicy.TLS12 }),
      'forward secrecy': listeners({ ...TLS, sslPolicy: elb.SslPolicy.FORWARD_SECRECY_TLS12_RES }),
    },
    'violation': { 'none': [one(LISTENER, { Protocol: 'TLS', LoadBalancerArn: 'arn' }), /2016-08, the default/], 'an old one': listeners({ ...TLS, sslPolicy: elb.SslPolicy.LEGACY }), 'one with TLS 1.0': listeners({ ...TLS, sslPolicy: elb.SslPolicy.TLS13_10 }) },
    'undecided': { 'a parameter': (stack) => void raw(stack, 'Listener', LISTENER, { Protocol: 'HTTPS', LoadBalancerArn: 'arn', SslPolicy: parameter(stack) }) },
    'does not apply': { HTTP: listeners({ port: 80 }) },
  }),
  ...casesOf('hardening-distribution-https', {
    holds: { 'a redirect': distribution({ viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS }), 'HTTPS only': distribution({ viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY }, 'TLSv1.2_2021') },
    violation: {
      'both': [distribution({}), /allow-all/],
      'both on one path': distribution({ viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY }, undefined, { '/a': { origin: new HttpOrigin('example.com') } }),
      'an old version of TLS': [distribution({ viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY }, 'TLSv1.1_2016'), /TLSv1\.1_2016/],
    },
    undecided: { 'a parameter': (stack) => void raw(stack, 'Cdn', 'AWS::CloudFront::Distribution', { DistributionConfig: { DefaultCacheBehavior: { ViewerProtocolPolicy: parameter(stack) } } }) },
  }),
  ...casesOf('hardening-alb-waf', {
    'holds': {
      'an association': (stack) => associate(stack, balancer(stack).loadBalancerArn),
      'an association in another stack': (stack, app) => associate(new Stack(app, 'Firewall'), balancer(stack).loadBalancerArn),
      'an association in a nested stack': (stack) => associate(new NestedStack(stack, 'Firewall'), balancer(stack).loadBalancerArn),
    },
    'violation': {
      'a balancer as it comes': made(),
      'an association of something else': (stack) => {
        balancer(stack);
        associate(stack, 'arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/other/1');
      },
    },
    'undecided': {
      'an association with a parameter': [(stack) => {
        balancer(stack);
        associate(stack, parameter(stack));
      }, /Main\/Association/],
    },
    'does not apply': { 'an internal balancer': made({ internetFacing: false }) },
  }),
];
