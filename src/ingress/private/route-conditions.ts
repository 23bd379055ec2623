import { Token } from 'aws-cdk-lib';
import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IConstruct } from 'constructs';
import { type Refuse, refuseOf } from '../../private/errors';
import type { IngressRuleOptions } from '../ingress-route';

/** Condition values and wildcards that a load balancer takes in one rule. */
const MAX_VALUES = 5;
const MAX_WILDCARDS = 6;

/** What a request must have to take a route: one of the paths, one of the hosts, and of every header one of its values. */
export interface RouteConditions {
  /** Path patterns; empty for any path. */
  readonly paths: string[];
  /** Host patterns, in lower case; empty for any host. */
  readonly hosts: string[];
  /** Value patterns by header name in lower case. */
  readonly headers: { [name: string]: string[] };
}

/** Fills in and checks the conditions of a route, whose order never matters. */
export function normalizeConditions(scope: IConstruct, id: string, options: IngressRuleOptions): RouteConditions {
  const refuse = refuseOf(scope, `Route '${id}'`);
  const hosts = [...(options.hosts ?? [])].map((host) => (Token.isUnresolved(host) ? host : host.toLowerCase())).sort();
  const headers = normalizeHeaders(options.headers ?? {}, refuse);
  const unconditional = hosts.length === 0 && Object.keys(headers).length === 0;
  const paths = [...(options.paths ?? (unconditional ? ['/*'] : []))].sort();
  if (paths.length === 0 && unconditional) {
    refuse('IngressRoute.noPaths', '`paths` is empty. Remove `paths` to route every request, or list path patterns, for example `paths: [\'/orders/*\']`.');
  }
  paths.forEach((path) => validatePath(path, refuse));
  hosts.forEach((host) => validateHost(host, refuse));
  validateTotals({ paths, hosts, headers }, refuse);
  return { paths, hosts, headers };
}

/** The conditions as a listener rule takes them. */
export function renderConditions(conditions: RouteConditions): CfnListenerRule.RuleConditionProperty[] {
  return [
    ...(conditions.hosts.length > 0 ? [{ field: 'host-header', hostHeaderConfig: { values: conditions.hosts } }] : []),
    ...Object.entries(conditions.headers).map(([httpHeaderName, values]) => ({ field: 'http-header', httpHeaderConfig: { httpHeaderName, values } })),
    ...(conditions.paths.length > 0 ? [{ field: 'path-pattern', pathPatternConfig: { values: conditions.paths } }] : []),
  ];
}

function normalizeHeaders(headers: { [name: string]: string[] }, refuse: Refuse): { [name: string]: string[] } {
  const normalized = new Map<string, string[]>();
  for (const [name, values] of Object.entries(headers)) {
    if (Token.isUnresolved(name) || !/^[A-Za-z0-9!#$%&'+.^_`|~-]{1,40}$/.test(name)) {
      const what = Token.isUnresolved(name) ? 'a name that isn\'t known until deployment (it\'s a token)' : `the invalid name '${name}'`;
      refuse('IngressRoute.headerName', `\`headers\` has ${what}. Use 1 to 40 letters, digits and '-', without wildcards.`);
    }
    if (name.toLowerCase() === 'host') {
      refuse('IngressRoute.hostHeader', 'the Host header can\'t be in `headers`. Use `hosts`.');
    }
    if (normalized.has(name.toLowerCase())) {
      refuse('IngressRoute.duplicateHeader', `\`headers\` has '${name}' twice, because case doesn't matter in header names. List all values under one name.`);
    }
    if (values.length === 0 || values.some((value) => !Token.isUnresolved(value) && !/^[\x20-\x7e]{1,128}$/.test(value))) {
      refuse('IngressRoute.headerValues', `the header '${name}' must have at least one value, and each value 1 to 128 printable ASCII characters. The wildcards are '*' and '?'.`);
    }
    normalized.set(name.toLowerCase(), [...values].sort());
  }
  return Object.fromEntries([...normalized].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function validatePath(path: string, refuse: Refuse): void {
  if (!Token.isUnresolved(path) && !/^[/*][A-Za-z0-9_.$/~"'@:+&*?-]{0,127}$/.test(path)) {
    refuse('IngressRoute.pathPattern', `\`paths\` has the invalid pattern '${path}'. Start with '/', and use at most 128 letters, digits and \`_ - . $ / ~ " ' @ : + &\`. The wildcards are '*' for any characters and '?' for one character.`);
  }
}

function validateHost(host: string, refuse: Refuse): void {
  if (!Token.isUnresolved(host) && !/^(?=.{1,128}$)[a-z0-9*?.-]+\.[a-z]+$/.test(host)) {
    refuse('IngressRoute.hostPattern', `\`hosts\` has the invalid pattern '${host}'. Use at most 128 letters, digits, '-' and '.', and only letters after the last '.', for example 'api.example.com' or '*.example.com'.`);
  }
}

function validateTotals(conditions: RouteConditions, refuse: Refuse): void {
  const { paths, hosts } = conditions;
  const headerValues = Object.values(conditions.headers).flat();
  const values = [...paths, ...hosts, ...headerValues];
  if (values.length > MAX_VALUES) {
    refuse('IngressRoute.conditionValues', `\`paths\` (${paths.length}), \`hosts\` (${hosts.length}) and the values in \`headers\` (${headerValues.length}) are ${values.length} values together, `
      + `and a load balancer takes at most ${MAX_VALUES} in a rule. Use wildcards, or several routes to the same target.`);
  }
  const wildcards = values.filter((value) => !Token.isUnresolved(value)).join('').replace(/[^*?]/g, '').length;
  if (wildcards > MAX_WILDCARDS) {
    refuse('IngressRoute.wildcards', `\`paths\`, \`hosts\` and \`headers\` have ${wildcards} wildcards together, and a load balancer takes at most ${MAX_WILDCARDS} in a rule. Use several routes to the same target.`);
  }
}
