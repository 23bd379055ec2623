import { Stack, Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { hasIpv4, hasIpv6 } from './balancer';
import { SET_DOMAIN } from './set-domain';
import { InvalidBackendError } from '../../private/errors';
import type { CustomDomainConfig } from '../custom-domain';
import type { IngressMutualTls } from '../ingress-mutual-tls';
import { certificateRegion } from '../shared/certificate-region';
import { keepRecord } from '../shared/host-names';

/** What clients meet before their first request. */
export interface ListenerTls {
  readonly domain?: CustomDomainConfig;
  readonly mutualTls?: IngressMutualTls;
  readonly sslPolicy?: elbv2.SslPolicy;
}

/** The listener that routes belong to: HTTPS with a domain, whose HTTP is redirected, else HTTP. */
export function createListener(scope: Construct, loadBalancer: elbv2.ApplicationLoadBalancer, { domain, mutualTls, sslPolicy }: ListenerTls): elbv2.ApplicationListener {
  const notFound = elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
  const http = loadBalancer.addListener('Http', {
    port: 80,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: domain === undefined ? notFound : elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
  });
  if (domain === undefined) {
    requireNoTls(scope, { mutualTls, sslPolicy });
    return http;
  }
  domain.certificates.forEach((certificate) => requireRegion(scope, certificate));
  const https = loadBalancer.addListener('Https', {
    port: 443,
    protocol: elbv2.ApplicationProtocol.HTTPS,
    certificates: domain.certificates,
    sslPolicy: sslPolicy ?? elbv2.SslPolicy.TLS13_RES,
    mutualAuthentication: mutualTls?.bind(scope),
    open: false,
    defaultAction: notFound,
  });
  https.node.addDependency(...scope.node.findAll().filter((child) => child instanceof elbv2.TrustStoreRevocation));
  return https;
}

function requireNoTls(scope: Construct, { mutualTls, sslPolicy }: ListenerTls): void {
  if (mutualTls !== undefined) {
    throw new InvalidBackendError(scope, 'IngressMutualTls.httpsRequired', `\`mutualTls\` needs HTTPS, because clients send certificates in TLS only, and \`domain\` of this ingress isn't set. ${SET_DOMAIN}.`);
  }
  if (sslPolicy !== undefined) {
    throw new InvalidBackendError(scope, 'PublicIngress.sslPolicyNeedsHttps', `\`sslPolicy\` needs HTTPS, and \`domain\` of this ingress isn't set. ${SET_DOMAIN}, or remove \`sslPolicy\`.`);
  }
}

/** Certificates of IAM are in no region. */
export function requireRegion(scope: Construct, certificate: ICertificate): void {
  const [there, here] = [certificateRegion(scope, certificate), Stack.of(scope).region];
  if (there !== '' && there !== here && ![there, here].some((region) => Token.isUnresolved(region))) {
    throw new InvalidBackendError(scope, 'PublicIngress.certificateRegion', `A certificate in \`domain\` is in ${there}, and this ingress is in ${here}. A load balancer uses only certificates from its own region. `
      + `Use a certificate from ${here}, or \`CustomDomain.fromHostedZone(zone)\`, which creates one.`);
  }
}

/** Records for each name of a domain whose zone is known. */
export function createRecords(scope: Construct, loadBalancer: elbv2.ILoadBalancerV2, domain?: CustomDomainConfig, ipAddressType?: elbv2.IpAddressType): void {
  const { loadBalancerDnsName: dnsName, loadBalancerCanonicalHostedZoneId: hostedZoneId } = loadBalancer;
  const target = route53.RecordTarget.fromAlias({ bind: () => ({ dnsName, hostedZoneId }) });
  const names = (domain?.records ?? []).flatMap(({ hostedZone: zone, domainNames }) => domainNames.map((recordName) => ({ zone, recordName })));
  names.forEach(({ zone, recordName }, index) => {
    const id = Token.isUnresolved(recordName) ? `Alias${index}` : `Alias-${recordName}`;
    if (hasIpv4(ipAddressType)) {
      keepRecord(new route53.ARecord(scope, id, { zone, recordName, target }), zone, recordName);
    }
    if (hasIpv6(ipAddressType)) {
      keepRecord(new route53.AaaaRecord(scope, `${id}-AAAA`, { zone, recordName, target }), zone, recordName);
    }
  });
}
