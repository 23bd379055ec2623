import { Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { hasIpv4, hasIpv6 } from './balancer';
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

/** Records for each name of a domain whose zone is known. */
export function createRecords(scope: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, domain?: EdgeDomainConfig, ipAddressType?: elbv2.IpAddressType): void {
  const { hostedZone: zone, domainNames = [] } = domain ?? {};
  if (zone === undefined) {
    return;
  }
  const { loadBalancerDnsName: dnsName, loadBalancerCanonicalHostedZoneId: hostedZoneId } = loadBalancer;
  const target = route53.RecordTarget.fromAlias({ bind: () => ({ dnsName, hostedZoneId }) });
  domainNames.forEach((recordName, index) => {
    const id = Token.isUnresolved(recordName) ? `Alias${index}` : `Alias-${recordName}`;
    if (hasIpv4(ipAddressType)) {
      new route53.ARecord(scope, id, { zone, recordName, target });
    }
    if (hasIpv6(ipAddressType)) {
      new route53.AaaaRecord(scope, `${id}-AAAA`, { zone, recordName, target });
    }
  });
}
