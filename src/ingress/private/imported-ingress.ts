import { ArnFormat, Fn, Resource, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { requireRegionOf, validateIdleTimeout } from './balancer';
import { IngressBase, mainNameOf } from './ingress-base';
import { ImportedIdentity, isNotLookedUp } from './ingress-identity';
import type { IngressSide } from './ingress-path';
import { InvalidBackendError } from '../../private/errors';
import { dependOnStackOf } from '../../private/stack-order';
import type { PublicIngressAttributes } from '../public-ingress';

/** An ingress whose load balancer and listener exist already, or are made elsewhere in this app. */
export class ImportedIngress extends IngressBase {
  public readonly vpc: ec2.IVpc;
  public readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  public readonly listener: elbv2.IApplicationListener;
  public readonly connections: ec2.Connections;
  /** @internal */
  protected readonly _side: IngressSide;

  constructor(scope: Construct, id: string, attributes: PublicIngressAttributes) {
    super(scope, id, true);
    const { loadBalancer, listener, idleTimeout, domainNames = [] } = attributes;
    this.loadBalancer = loadBalancer;
    this.listener = listener;
    dependOnStackOf(this, listener, 'An imported ingress depends on its listener, never the reverse.');
    this.requireMatch();
    requireRegionOf(this, 'listener', regionOf(listener));
    validateIdleTimeout(this, idleTimeout);
    this.vpc = this.require('vpc', attributes.vpc ?? loadBalancer.vpc);
    const securityGroup = this.require('securityGroup', attributes.securityGroup ?? loadBalancer.connections.securityGroups[0]);
    const https = this.speaksHttps(attributes);
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(https ? 443 : 80) });
    this._side = {
      ingress: this,
      identity: new ImportedIdentity(this, listener, securityGroup),
      vpc: this.vpc,
      listener,
      loadBalancerFullName: fullNameOf(loadBalancer),
      securityGroup,
      idleTimeout,
      https,
      domainNames,
    };
  }

  public get domainName(): string {
    return mainNameOf(this._side.domainNames) ?? this.dnsName;
  }

  public get url(): string {
    return `${this._side.https ? 'https' : 'http'}://${this.domainName}`;
  }

  /** CDK throws where it was not told. */
  private get dnsName(): string {
    try {
      return this.loadBalancer.loadBalancerDnsName;
    } catch {
      throw new InvalidBackendError(this, 'PublicIngress.addressUnknown', 'The address of this ingress isn\'t known, because its load balancer was imported without a DNS name. '
        + 'Set `domainNames` in the attributes, or import the load balancer with `ApplicationLoadBalancerAttributes.loadBalancerDnsName`.');
    }
  }

  private require<T>(name: string, value?: T): T {
    if (value === undefined) {
      throw new InvalidBackendError(this, 'PublicIngress.missingAttribute', `The load balancer was imported without \`${name}\`. Set \`${name}\` in the attributes of the ingress.`);
    }
    return value;
  }

  /** What the listener says itself, where this app makes it, counts as much as what the attributes say. */
  private speaksHttps({ listener, https, domainNames = [] }: PublicIngressAttributes): boolean {
    const resource = listener.node.defaultChild;
    const protocol = resource instanceof elbv2.CfnListener && !Token.isUnresolved(resource.protocol) ? resource.protocol : undefined;
    const known = protocol === undefined ? undefined : protocol === 'HTTPS';
    if (known !== undefined && https !== undefined && known !== https) {
      throw new InvalidBackendError(this, 'PublicIngress.listenerProtocol', `\`https\` is ${https}, and the listener '${listener.node.path}' uses ${protocol}. Pass the other listener of the load balancer, or remove \`https\`.`);
    }
    return https ?? known ?? domainNames.length > 0;
  }

  private requireMatch(): void {
    const balancer = this.nameIn(this.loadBalancer.loadBalancerArn, 'loadBalancer', 'an application load balancer');
    const listener = this.nameIn(this.listener.listenerArn, 'listener', 'a listener of an application load balancer');
    if (balancer !== undefined && listener !== undefined && balancer !== listener) {
      throw new InvalidBackendError(this, 'PublicIngress.listenerOfAnother', `\`listener\` belongs to the load balancer '${listener}', and \`loadBalancer\` is '${balancer}'. Pass a listener of the same load balancer.`);
    }
  }

  /** Name and id of a load balancer in an ARN; undefined where it is known only at deployment. */
  private nameIn(arn: string, attribute: string, what: string): string | undefined {
    // Until they are made, lookups of CDK answer with `application`.
    const [, name] = new RegExp(`:${attribute.toLowerCase()}/app(?:lication)?/([^/]+/[^/]+)`).exec(arn) ?? [];
    if (name === undefined && !Token.isUnresolved(arn)) {
      throw new InvalidBackendError(this, 'PublicIngress.importedArn', `\`${attribute}\` must have the ARN of ${what}, got '${arn}'.`);
    }
    return name;
  }
}

/** Nothing where a lookup was not made yet. */
function regionOf(listener: elbv2.IApplicationListener): string {
  return isNotLookedUp(listener.listenerArn) ? '' : Resource.isOwnedResource(listener) ? listener.env.region : Stack.of(listener).splitArn(listener.listenerArn, ArnFormat.SLASH_RESOURCE_NAME).region ?? '';
}

function fullNameOf(loadBalancer: elbv2.IApplicationLoadBalancer): string {
  return loadBalancer instanceof elbv2.ApplicationLoadBalancer
    ? loadBalancer.loadBalancerFullName
    : Fn.select(1, Fn.split(':loadbalancer/', loadBalancer.loadBalancerArn));
}
