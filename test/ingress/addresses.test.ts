import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { CfnOutput } from 'aws-cdk-lib/core';
import { BackendCluster, FargateApi } from '../../src/fargate';
import { CustomDomain, type IngressRouteOptions, PublicIngress } from '../../src/ingress';
import { createVpc, developmentApp, exportsOf, IMAGE } from '../fargate/fixture';

function createWorld(domainNames?: string[]) {
  const app = developmentApp();
  const [home, services] = ['Home', 'Services'].map((id) => new Stack(app, id));
  const vpc = createVpc(home);
  const certificate = acm.Certificate.fromCertificateArn(home, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
  const ingress = new PublicIngress(home, 'Ingress', { vpc, domain: domainNames && CustomDomain.fromCertificate(certificate, domainNames) });
  const api = new FargateApi(services, 'Api', { cluster: new BackendCluster(services, 'Cluster', { vpc }), image: IMAGE });
  return { home, services, ingress, api };
}

/** The address of an API whose first route is this one. */
function urlOf(options: Omit<IngressRouteOptions, 'target'>): string {
  const { ingress, api } = createWorld(['*.example.com', 'api.example.com']);
  ingress.addRoute('Api', { ...options, target: api });
  ingress.addRoute('Other', { paths: ['/other'], hosts: ['other.example.com'], target: api });
  return api.url;
}

describe('the address of an ingress', () => {
  test('is its first name without a wildcard', () => {
    const { ingress } = createWorld(['*.example.com', 'api.example.com']);
    expect(ingress).toMatchObject({ domainName: 'api.example.com', url: 'https://api.example.com' });
  });

  test('is the load balancer\'s own name without a domain', () => {
    const { home, ingress } = createWorld();
    const dnsName = { 'Fn::GetAtt': [expect.stringMatching(/^Ingress/), 'DNSName'] };
    expect(home.resolve([ingress.domainName, ingress.url])).toEqual([dnsName, { 'Fn::Join': ['', ['http://', dnsName]] }]);
  });
});

describe('the address of a service', () => {
  test.each<[string, Omit<IngressRouteOptions, 'target'>, string]>([
    ['the name of the ingress', { paths: ['/orders/*'] }, 'https://api.example.com'],
    ['the host of its first route', { hosts: ['orders.example.com'] }, 'https://orders.example.com'],
    ['the first host that is no pattern', { hosts: ['*.example.com', 'www.example.com'] }, 'https://www.example.com'],
    ['the name of the ingress where all hosts are patterns', { hosts: ['o?.example.com'] }, 'https://api.example.com'],
  ])('is %s', (_, options, url) => {
    expect(urlOf(options)).toBe(url);
  });

  test('is known to its stack by a weak reference', () => {
    const { home, services, ingress, api } = createWorld();
    ingress.addWeightedRoute('Orders', { targets: [{ target: api, weight: 1 }] });
    new CfnOutput(services, 'Url', { value: api.url });
    expect(Template.fromStack(services).findOutputs('Url').Url.Value).toEqual({ 'Fn::Join': ['', ['http://', { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Home' }) }]] });
    expect(exportsOf(home).filter((name) => name.includes('Ingress'))).toEqual([]);
  });

  test('fails before a route leads to it', () => {
    const { api } = createWorld();
    expect(() => api.url).toThrow(/no route leads to this service yet.*FargateApi\.noRoute/);
  });
});
