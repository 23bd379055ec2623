import { Token, Tokenization } from 'aws-cdk-lib';
import { type ApplicationProtocol, CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import type { IngressSide } from './ingress-path';
import type { RedirectDestination } from './redirect-loops';
import { renderConditions } from './route-conditions';
import type { RouteEntry } from './route-table';
import { describe } from '../../posture/shared/describe';
import { type Refuse, refuseOf } from '../../private/errors';
import { IngressContentType, type IngressFixedResponseOptions, type IngressRedirectOptions } from '../ingress-answer';
import type { IIngressRule } from '../ingress-rule';

type Action = CfnListenerRule.ActionProperty;
type FixedResponse = Pick<IngressFixedResponseOptions, 'statusCode' | 'messageBody' | 'contentType'>;

const MAX_BODY_BYTES = 1024;
const MAX_PART = 128;

/** A rule whose requests reach no target, below the ingress. */
export class AnswerRule extends Construct implements IIngressRule {
  public readonly priority: number;
  public readonly listenerRuleArn: string;

  constructor(scope: Construct, id: string, side: IngressSide, entry: Pick<RouteEntry, 'conditions' | 'priority'>, action: Action) {
    super(scope, id);
    this.priority = entry.priority;
    const rule = new CfnListenerRule(this, 'Resource', {
      listenerArn: side.listener.listenerArn,
      priority: entry.priority,
      conditions: renderConditions(entry.conditions),
      actions: [action],
    });
    this.listenerRuleArn = rule.ref;
    describe(this, rule, () => ({ kind: 'route', ingress: side.ingress, targets: [], targetGroups: [] }));
  }
}

/** The response as a rule takes it. */
export function renderFixedResponse(scope: IConstruct, what: string, { statusCode, messageBody, contentType }: FixedResponse): Action {
  const refuse = refuseOf(scope, what);
  if (!Token.isUnresolved(statusCode) && !/^[245]\d\d$/.test(`${statusCode}`)) {
    refuse('IngressRoute.statusCode', `\`statusCode\` must be a whole number from 200 to 299 or from 400 to 599, got ${statusCode}. For 301 and 302 use \`addRedirect\`.`);
  }
  const bytes = Token.isUnresolved(messageBody) ? 0 : Buffer.byteLength(messageBody ?? '');
  if (bytes > MAX_BODY_BYTES) {
    refuse('IngressRoute.messageBody', `\`messageBody\` has ${bytes} bytes, and a load balancer sends at most ${MAX_BODY_BYTES}. Shorten the text, or route the requests to a service that sends it.`);
  }
  if (contentType !== undefined && !Token.isUnresolved(contentType) && !Object.values(IngressContentType).includes(contentType)) {
    refuse('IngressRoute.contentType', `\`contentType\` must be one of ${Object.values(IngressContentType).join(', ')}, got '${String(contentType)}'.`);
  }
  const type = contentType ?? (messageBody === undefined ? undefined : IngressContentType.TEXT_PLAIN);
  return { type: 'fixed-response', fixedResponseConfig: { statusCode: Tokenization.stringifyNumber(statusCode), contentType: type, messageBody } };
}

/** The redirect as a rule takes it. */
export function renderRedirect(scope: IConstruct, id: string, options: IngressRedirectOptions, https: boolean): Action {
  const refuse = refuseOf(scope, `Route '${id}'`);
  const { host, path, port, query, permanent = false } = options;
  validateHost(host, refuse);
  validatePath(path, refuse);
  validateQuery(query, refuse);
  if (port !== undefined && !Token.isUnresolved(port) && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    refuse('IngressRoute.redirectPort', `\`port\` must be a whole number from 1 to 65535, got ${port}.`);
  }
  const protocol = validateProtocol(options.protocol, https, refuse);
  if (host === undefined && path === undefined && isPortOf(https, port) && protocol === undefined) {
    refuse('IngressRoute.redirectUnchanged', 'a redirect must change the host, path, port or protocol, or clients are sent to the same URL again. Set `host`, `path`, `port` or `protocol`.');
  }
  const implied = protocol === undefined ? undefined : '443';
  const to = { host, path, query, protocol, port: port === undefined ? implied : Tokenization.stringifyNumber(port) };
  return { type: 'redirect', redirectConfig: { ...to, statusCode: permanent ? 'HTTP_301' : 'HTTP_302' } };
}

/** Where a redirect leads that stays with the protocol and port of the ingress; another port is another listener's. */
export function destinationOf({ host, path, port, protocol }: IngressRedirectOptions, https: boolean): RedirectDestination | undefined {
  return isPortOf(https, port) && (https || protocol !== 'HTTPS') ? { host, path } : undefined;
}

function isPortOf(https: boolean, port?: number): boolean {
  return port === undefined || port === (https ? 443 : 80);
}

/** Answers with the protocol that differs from that of the request. */
function validateProtocol(protocol: ApplicationProtocol | undefined, https: boolean, refuse: Refuse): string | undefined {
  if (protocol !== undefined && !['HTTP', 'HTTPS'].includes(protocol)) {
    refuse('IngressRoute.redirectProtocol', `\`protocol\` must be HTTP or HTTPS, got '${String(protocol)}'.`);
  }
  if (protocol === 'HTTP' && https) {
    refuse('IngressRoute.redirectToHttp', '`protocol` is HTTP, and a load balancer can\'t redirect HTTPS to HTTP. Remove `protocol`.');
  }
  return protocol === 'HTTPS' && !https ? protocol : undefined;
}

function validateHost(host: string | undefined, refuse: Refuse): void {
  if (host !== undefined && !Token.isUnresolved(host) && !(host.length <= MAX_PART && /^(?:[A-Za-z0-9.-]|#\{host\})+$/.test(host))) {
    refuse('IngressRoute.redirectHost', `\`host\` must have 1 to ${MAX_PART} letters, digits, '-' and '.', got '${host}'. The keyword '#{host}' is allowed. Set the path, port and protocol with \`path\`, \`port\` and \`protocol\`.`);
  }
}

function validatePath(path: string | undefined, refuse: Refuse): void {
  if (path !== undefined && !Token.isUnresolved(path) && !(path.length <= MAX_PART && /^\/[^?#\s]*$/.test(withoutKeywords(path, ['host', 'path', 'port'])))) {
    refuse('IngressRoute.redirectPath', `\`path\` must start with '/' and have at most ${MAX_PART} characters, without spaces, '?' and '#', got '${path}'. The keywords '#{host}', '#{path}' and '#{port}' are allowed. Set the query with \`query\`.`);
  }
}

function validateQuery(query: string | undefined, refuse: Refuse): void {
  if (query !== undefined && !Token.isUnresolved(query) && !(query.length <= MAX_PART && /^(?!\?)[^#\s]*$/.test(withoutKeywords(query, ['host', 'path', 'port', 'query', 'protocol'])))) {
    refuse('IngressRoute.redirectQuery', `\`query\` must have at most ${MAX_PART} characters, without spaces, '#' and a leading '?', got '${query}'. The keywords '#{protocol}', '#{host}', '#{port}', '#{path}' and '#{query}' are allowed.`);
  }
}

function withoutKeywords(text: string, keywords: string[]): string {
  return text.replace(new RegExp(`#\\{(?:${keywords.join('|')})\\}`, 'g'), '');
}
