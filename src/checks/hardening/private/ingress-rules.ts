import { HOLDS, judgeFlagValue, listed, open, reasonOf, wrong, type Answer, type HardeningRule, type Problem } from './hardening-rule';
import type { World } from './world';
import { isMap, literalText, resourceOf, type ModelResource, type ModelValue } from '../../private/model';

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const LISTENER_RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const SEE_BALANCER = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html';

function isApplication(balancer: ModelResource): boolean {
  return (balancer.text('Type') ?? 'application') === 'application';
}

/** Whether the internet can reach it, which is so unless it says otherwise. */
function isPublic(balancer: ModelResource): boolean {
  return isApplication(balancer) && balancer.text('Scheme') !== 'internal';
}

/** Attributes that network and gateway load balancers have too. */
const OF_EVERY_KIND = ['deletion_protection.enabled'];

function attribute(balancer: ModelResource, key: string): ModelValue | undefined {
  const found = balancer.list('LoadBalancerAttributes').find((each) => isMap(each) && literalText(each.Key) === key);
  return isMap(found) ? found.Value : undefined;
}

function judgeAttribute(balancer: ModelResource, key: string, what: string): Answer {
  return (OF_EVERY_KIND.includes(key) || isApplication(balancer)) ? judgeFlagValue(attribute(balancer, key), key, { what })?.map(({ message, open: undecided }) => ({ message, open: undecided, location: 'Properties/LoadBalancerAttributes' })) : undefined;
}

function listenersOf(balancer: ModelResource, world: World): readonly ModelResource[] {
  return world.pointingAt(LISTENER, 'LoadBalancerArn', balancer);
}

function judgeHttps(balancer: ModelResource, world: World): Answer {
  if (!isPublic(balancer)) {
    return undefined;
  }
  const protocols = listenersOf(balancer, world).map((listener) => protocolOf(listener));
  if (protocols.includes('HTTPS')) {
    return HOLDS;
  }
  return protocols.includes(undefined)
    ? open('Whether one of its listeners speaks HTTPS is not decided.')
    : wrong(`None of its listeners speaks HTTPS${protocols.length === 0 ? '' : `, only ${listed(protocols.map(String))}`}.`);
}

/** A listener without a protocol speaks what its port is known for. */
function protocolOf(listener: ModelResource): string | undefined {
  return listener.text('Protocol') ?? (listener.value('Protocol') !== undefined ? undefined : ['443', '8443'].includes(listener.text('Port') ?? '') ? 'HTTPS' : 'HTTP');
}

function judgeRedirect(listener: ModelResource, world: World): Answer {
  const balancer = resourceOf(listener.value('LoadBalancerArn'));
  if (balancer === undefined) {
    return protocolOf(listener) === 'HTTP' ? open('Whether the internet can reach its load balancer is not in the templates.', 'LoadBalancerArn') : undefined;
  }
  if (protocolOf(listener) !== 'HTTP' || !isPublic(balancer)) {
    return undefined;
  }
  const own = redirects(listener.value('DefaultActions')) ? [] : wrong('It answers HTTP requests instead of redirecting them to HTTPS.', 'DefaultActions');
  const rules = world.pointingAt(LISTENER_RULE, 'ListenerArn', listener).filter((rule) => !redirects(rule.value('Actions')));
  return [...own, ...(rules.length === 0 ? [] : wrong(`Rules of it serve HTTP requests: ${listed(rules.map(({ name }) => name))}.`))];
}

function redirects(actions: ModelValue | undefined): boolean {
  const list = Array.isArray(actions) ? actions as readonly ModelValue[] : [];
  return list.some((action) => isMap(action) && isMap(action.RedirectConfig) && literalText(action.RedirectConfig.Protocol) === 'HTTPS');
}

/**
 * Policies that refuse TLS 1.0 and 1.1, by the version in their names.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const MODERN_POLICY = /^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-/;

/** What a listener gets that is made by CloudFormation and names no policy. */
const DEFAULT_POLICY = 'ELBSecurityPolicy-2016-08';

function judgePolicy(listener: ModelResource): Answer {
  if (!['HTTPS', 'TLS'].includes(protocolOf(listener) ?? '')) {
    return undefined;
  }
  const value = listener.value('SslPolicy') ?? DEFAULT_POLICY;
  const text = literalText(value);
  return text === undefined
    ? open(`Which TLS versions it accepts is not decided: ${reasonOf(value)}.`, 'SslPolicy')
    : MODERN_POLICY.test(text) ? HOLDS : wrong(`It accepts TLS 1.0 or 1.1: the policy is ${text}${listener.value('SslPolicy') === undefined ? ', the default' : ''}.`, 'SslPolicy');
}

/** Judges what a distribution does with HTTP requests, and which versions of TLS it accepts under names of its own. */
function judgeDistribution(distribution: ModelResource): Answer {
  const behaviours = [distribution.value('DistributionConfig.DefaultCacheBehavior'), ...distribution.list('DistributionConfig.CacheBehaviors')].filter(isMap);
  const policies = behaviours.map(({ ViewerProtocolPolicy: value }) => value);
  const undecided = policies.filter((value) => literalText(value) === undefined);
  const clear = policies.some((value) => literalText(value) === 'allow-all');
  const version = distribution.text('DistributionConfig.ViewerCertificate.MinimumProtocolVersion');
  const old = version !== undefined && /^(SSLv3|TLSv1|TLSv1_2016|TLSv1\.1_2016)$/.test(version);
  return [
    ...(clear ? wrong('It answers HTTP requests: ViewerProtocolPolicy is allow-all.', 'DistributionConfig') : []),
    ...(old ? wrong(`It accepts TLS 1.0 or 1.1: MinimumProtocolVersion is ${version}.`, 'DistributionConfig.ViewerCertificate') : []),
    ...(undecided.length > 0 ? open('Whether it answers HTTP requests is known at deployment only.', 'DistributionConfig') : []),
  ];
}

function judgeFirewall(balancer: ModelResource, world: World): Answer {
  const association = 'AWS::WAFv2::WebACLAssociation';
  if (!isPublic(balancer)) {
    return undefined;
  }
  if (world.pointingAt(association, 'ResourceArn', balancer).length > 0) {
    return HOLDS;
  }
  const undecided = world.open(association, 'ResourceArn');
  return undecided.length > 0 ? open(`Whether the web ACL of '${undecided[0].name}' is meant for it is not in the templates.`) : wrong('No web ACL filters its requests.');
}

/** Judges load balancers by one of their attributes. */
function attributeRule(rule: Omit<HardeningRule, 'severity' | 'from' | 'types' | 'judge'>, key: string, what: string): HardeningRule {
  return { ...rule, severity: 'error', from: 'production', types: [BALANCER], judge: (balancer): readonly Problem[] | undefined => judgeAttribute(balancer, key, what) };
}

export const INGRESS_RULES: readonly HardeningRule[] = [
  attributeRule({
    id: 'hardening-alb-access-logs',
    title: 'Load balancers log requests',
    why: 'What an attacker asked for can be found afterwards only if it was recorded.',
    fix: 'Call loadBalancer.logAccessLogs(bucket).',
    see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html',
  }, 'access_logs.s3.enabled', 'Logging of requests'),
  attributeRule({
    id: 'hardening-alb-deletion-protection',
    title: 'Load balancers are protected from deletion',
    why: 'The address that clients know is gone with the balancer.',
    fix: 'Set deletionProtection to true.',
    see: SEE_BALANCER,
  }, 'deletion_protection.enabled', 'Deletion protection'),
  attributeRule({
    id: 'hardening-alb-invalid-headers',
    title: 'Load balancers drop invalid headers',
    why: 'Headers that balancer and service read differently are how requests are smuggled.',
    fix: 'Set dropInvalidHeaderFields to true.',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-4',
  }, 'routing.http.drop_invalid_header_fields.enabled', 'Dropping of invalid headers'),
  {
    id: 'hardening-alb-https',
    title: 'Public load balancers speak HTTPS',
    why: 'Passwords, cookies and tokens would otherwise travel the internet in clear text.',
    fix: 'Add a listener for port 443 with a certificate.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html',
    from: 'production',
    types: [BALANCER],
    judge: judgeHttps,
  },
  {
    id: 'hardening-alb-redirect',
    title: 'Public load balancers redirect HTTP to HTTPS',
    why: 'The first request of a browser is often HTTP; it must not be answered there.',
    fix: 'Call loadBalancer.addRedirect(), or set redirectHTTP to true on the pattern, or remove the HTTP listener.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-1',
    from: 'production',
    types: [LISTENER],
    judge: judgeRedirect,
  },
  {
    id: 'hardening-alb-tls-policy',
    title: 'Load balancers refuse old versions of TLS',
    why: 'TLS 1.0 and 1.1 have known weaknesses, and no browser of the last years needs them.',
    fix: 'Set sslPolicy to SslPolicy.RECOMMENDED_TLS.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html',
    from: 'development',
    types: [LISTENER],
    judge: judgePolicy,
  },
  {
    id: 'hardening-distribution-https',
    title: 'Distributions speak HTTPS only, with a modern TLS',
    why: 'What a browser loads over HTTP can be read and replaced on the way.',
    fix: 'Set viewerProtocolPolicy to ViewerProtocolPolicy.REDIRECT_TO_HTTPS, and minimumProtocolVersion to TLS_V1_2_2021 or newer.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html',
    from: 'production',
    types: ['AWS::CloudFront::Distribution'],
    judge: judgeDistribution,
  },
  {
    id: 'hardening-alb-waf',
    title: 'A firewall stands before public load balancers',
    why: 'Managed rules stop known attacks and floods before a task has to answer them.',
    fix: 'Associate a CfnWebACL with the load balancer, with a CfnWebACLAssociation.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html',
    from: 'production',
    types: [BALANCER],
    judge: judgeFirewall,
  },
];
