import { Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { EdgeDomainConfig } from '../edge-domain';

/** The listener that routes belong to: HTTPS with a domain, whose HTTP is redirected, else HTTP. */
export function createListener(loadBalancer: elbv2.ApplicationLoadBalancer, domain?: EdgeDomainConfig): elbv2.ApplicationListener {
  const notFound = elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
  const http = loadBalancer.addListener('Http', {
    port: 80,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: domain === undefined ? notFound : elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
  });
  return domain === undefined ? http : loadBalancer.addListener('Https', {
    port: 443,
    protocol: elbv2.ApplicationProtocol.HTTPS,
    certificates: domain.certificates,
    sslPolicy: elbv2.SslPolicy.TLS13_RES,
    open: false,
    defaultAction: notFound,
  });
}

/** A record for each name of a domain whose zone is known. */
export function createRecords(scope: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, domain?: EdgeDomainConfig): void {
  const { hostedZone: zone, domainNames = [] } = domain ?? {};
  if (zone === undefined) {
    return;
  }
  const { loadBalancerDnsName: dnsName, loadBalancerCanonicalHostedZoneId: hostedZoneId } = loadBalancer;
  domainNames.forEach((recordName, index) => new route53.ARecord(scope, Token.isUnresolved(recordName) ? `Alias${index}` : `Alias-${recordName}`, {
    zone,
    recordName,
    target: route53.RecordTarget.fromAlias({ bind: () => ({ dnsName, hostedZoneId }) }),
  }));
}
