import type { ApplicationProtocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IngressRuleOptions } from './ingress-route';

/** What the body of a fixed response is; load balancers know no other types. */
export enum IngressContentType {
  /** `text/plain` */
  TEXT_PLAIN = 'text/plain',
  /** `text/css` */
  TEXT_CSS = 'text/css',
  /** `text/html` */
  TEXT_HTML = 'text/html',
  /** `application/javascript` */
  APPLICATION_JAVASCRIPT = 'application/javascript',
  /** `application/json` */
  APPLICATION_JSON = 'application/json',
}

/**
 * Options of a response that the ingress gives itself.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
 */
export interface IngressFixedResponseOptions extends IngressRuleOptions {
  /** The status, a whole number: 200 to 299 or 400 to 599. */
  readonly statusCode: number;

  /**
   * The body, at most 1,024 bytes.
   *
   * @default - no body
   */
  readonly messageBody?: string;

  /**
   * What the body is.
   *
   * @default IngressContentType.TEXT_PLAIN
   */
  readonly contentType?: IngressContentType;
}

/**
 * Options of a redirect. What is left out stays as it was in the request. `host`, `path` and `query` may contain `#{host}` and, but for
 * `host`, `#{path}` (without its leading `/`) and `#{port}`, which stand for these parts of the request; `query` also `#{query}` and
 * `#{protocol}`.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
 */
export interface IngressRedirectOptions extends IngressRuleOptions {
  /**
   * The host to redirect to, such as `www.example.com` or `www.#{host}`, at most 128 characters.
   *
   * @default - the host of the request
   */
  readonly host?: string;

  /**
   * The path to redirect to, such as `/new/#{path}`. It starts with `/` and has at most 128 characters.
   *
   * @default - the path of the request
   */
  readonly path?: string;

  /**
   * The query to redirect to, without `?`, such as `#{query}&from=old`, at most 128 characters. Empty for none.
   *
   * @default - the query of the request
   */
  readonly query?: string;

  /**
   * The port to redirect to, from 1 to 65,535.
   *
   * @default - the port of the request; 443 where `protocol` changes it to HTTPS
   */
  readonly port?: number;

  /**
   * The protocol to redirect to. HTTPS cannot be redirected to HTTP.
   *
   * @default - the protocol of the request
   */
  readonly protocol?: ApplicationProtocol;

  /**
   * Whether clients may remember the redirect (301), for as long as they like, or ask again each time (302).
   *
   * @default false
   */
  readonly permanent?: boolean;
}
