import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { EdgeContentType } from './edge-answer';
import { createMaintenance } from './private/maintenance';

/** Options of maintenance. */
export interface EdgeMaintenanceOptions {
  /**
   * The body of the answers, at most 1,024 bytes.
   *
   * @default 'Down for maintenance. Please try again later.'
   */
  readonly messageBody?: string;

  /**
   * What the body is.
   *
   * @default EdgeContentType.TEXT_PLAIN
   */
  readonly contentType?: EdgeContentType;

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
 * Maintenance of an edge, in which it answers every request with 503. Turning it on and off adds and removes rules in the stack of the edge
 * and changes nothing else. Load balancers cannot add a `Retry-After` header.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import type { IVpc } from 'aws-cdk-lib/aws-ec2';
 * import { EdgeMaintenance, PublicEdge } from 'cdk-private-backend';
 *
 * declare const vpc: IVpc;
 * new PublicEdge(new Stack(new App(), 'Edge'), 'Edge', {
 *   vpc,
 *   maintenance: EdgeMaintenance.on({ messageBody: 'Back at noon', allowFrom: ['203.0.113.0/24'] }),
 * });
 */
export class EdgeMaintenance {
  /** Every request is answered with 503, but for those from some addresses. */
  public static on(options: EdgeMaintenanceOptions = {}): EdgeMaintenance {
    return new EdgeMaintenance(options);
  }

  private constructor(private readonly options: EdgeMaintenanceOptions) {}

  /**
   * Makes the rules, and answers with how many there are.
   *
   * @internal
   */
  public _createRules(edge: Construct, listener: IApplicationListener, ipv6: boolean): number {
    return createMaintenance(edge, listener, ipv6, this.options);
  }
}
