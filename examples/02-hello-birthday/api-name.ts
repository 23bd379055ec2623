import { Stack } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { ILoadBalancerV2 } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ARecord, HostedZone, type HostedZoneAttributes, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { CustomDomain } from 'cdk-private-backend';
import { Construct, type IDependable } from 'constructs';

/** `api.<zone>`, with a certificate and a record of each region. */
export class ApiName extends Construct {
  /** What an ingress needs to serve the name. It makes no record. */
  public readonly domain: CustomDomain;

  private readonly zone: IHostedZone;
  private readonly recordName: string;

  constructor(scope: Construct, id: string, hostedZone: HostedZoneAttributes) {
    super(scope, id);
    this.zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', hostedZone);
    this.recordName = `api.${hostedZone.zoneName}`;
    const certificate = new Certificate(this, 'Certificate', { domainName: this.recordName, validation: CertificateValidation.fromDns(this.zone) });
    this.domain = CustomDomain.fromCertificate(certificate, [this.recordName]);
  }

  /**
   * Leads the name to the load balancer of this region, once the service runs there.
   *
   * Of weighted records, those of weight 0 are answered only where there are no others. So the name follows the stack of the second region alone: its record of weight 1 takes
   * the name over without a change in the first region, and keeps it when that one comes back. No health check takes part, since people decide.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
   */
  public leadTo(loadBalancer: ILoadBalancerV2, weight: number, service: IDependable): void {
    const { zone, recordName } = this;
    const target = RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer));
    new ARecord(this, 'Record', { zone, recordName, target, weight, setIdentifier: Stack.of(this).region }).node.addDependency(service);
  }
}
