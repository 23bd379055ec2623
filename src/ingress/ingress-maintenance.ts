import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { IngressContentType } from './ingress-answer';
import { createMaintenance } from './private/maintenance';

/** Options of maintenance. */
export interface IngressMaintenanceOptions {
  /**
   * The body of the answers, at most 1,024 bytes.
   *
   * @default 'Down for maintenance. Please try again later.'
   */
  readonly messageBody?: string;

  /**
   * What the body is.
   *
   * @default IngressContentType.TEXT_PLAIN
   */
  readonly contentType?: IngressContentType;

  /**
   * Ranges of addresses, such as `203.0.113.0/24`, from which requests take their routes as always. What counts is the address that
   * connects to the load balancer, not one in a header: clients behind a proxy or CDN have its address.
   *
   * A rule of a load balancer cannot say "all but these", so all other addresses are listed, five ranges in a rule: a single address costs
   * seven rules, and there can be 40.
   *
   * @default - none: nobody gets through
   */
  readonly allowFrom?: string[];
}

/**
 * Maintenance of an ingress, in which it answers every request with 503. Turning it on and off adds and removes rules in the stack of the ingress
 * and changes nothing else. Load balancers cannot add a `Retry-After` header.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import { IngressMaintenance, PublicIngress } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * new PublicIngress(new Stack(new App(), 'Ingress', { terminationProtection: true }), 'Ingress', {
 *   vpc,
 *   maintenance: IngressMaintenance.on({ messageBody: 'Back at noon', allowFrom: ['203.0.113.0/24'] }),
 * });
 */
export class IngressMaintenance {
  /** Every request is answered with 503, but for those from some addresses. */
  public static on(options: IngressMaintenanceOptions = {}): IngressMaintenance {
    return new IngressMaintenance(options);
  }

  private constructor(private readonly options: IngressMaintenanceOptions) {}

  /**
   * Makes the rules, and answers with how many there are.
   *
   * @internal
   */
  public _createRules(ingress: Construct, listener: IApplicationListener, ipv6: boolean): number {
    return createMaintenance(ingress, listener, ipv6, this.options);
  }
}
