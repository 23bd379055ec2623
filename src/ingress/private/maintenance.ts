import { Token } from 'aws-cdk-lib';
import { CfnListenerRule, type IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import { formatRange, isNetwork, parseRange, rangesOutside, singleAddress } from './address-ranges';
import { renderFixedResponse } from './answers';
import { MAX_MAINTENANCE_RULES } from './route-priority';
import type { Cidr } from '../../private/cidr';
import { InvalidBackendError, refuseOf } from '../../private/errors';
import type { IngressMaintenanceOptions } from '../ingress-maintenance';

/** Condition values that a load balancer takes in one rule. */
const VALUES_IN_RULE = 5;

/** No request has it as its source, and load balancers refuse it. */
const BROADCAST = '255.255.255.255/32';

/**
 * Makes the rules that answer every request before any route does.
 *
 * @returns how many of the smallest priorities they take
 */
export function createMaintenance(ingress: Construct, { listenerArn }: IApplicationListener, ipv6: boolean, options: IngressMaintenanceOptions): number {
  const { messageBody = 'Down for maintenance. Please try again later.', contentType, allowFrom = [] } = options;
  const actions = [renderFixedResponse(ingress, '`maintenance`', { statusCode: 503, messageBody, contentType })];
  const conditions = renderConditions(ingress, allowFrom.map((text) => parse(ingress, text, ipv6)), ipv6);
  const scope = new Construct(ingress, 'Maintenance');
  conditions.forEach((condition, index) => new CfnListenerRule(scope, `Rule${index + 1}`, { listenerArn, priority: index + 1, conditions: [condition], actions }));
  return conditions.length;
}

function renderConditions(scope: IConstruct, allowed: Cidr[], ipv6: boolean): CfnListenerRule.RuleConditionProperty[] {
  if (allowed.length === 0) {
    return [{ field: 'path-pattern', pathPatternConfig: { values: ['/*'] } }];
  }
  const values = [...rangesOutside(4, allowed), ...(ipv6 ? rangesOutside(6, allowed) : [])].filter((range) => range !== BROADCAST);
  const rules = Math.ceil(values.length / VALUES_IN_RULE);
  if (rules > MAX_MAINTENANCE_RULES) {
    throw new InvalidBackendError(scope, 'IngressMaintenance.tooManyRules', `\`allowFrom\` needs ${rules} listener rules (${values.length} ranges of other addresses, ${VALUES_IN_RULE} in a rule), and ${MAX_MAINTENANCE_RULES} are available. `
      + 'A load balancer can\'t match \'everyone except\', so every other address range is listed. Use fewer or larger ranges.');
  }
  return Array.from({ length: rules }, (_, index) => ({
    field: 'source-ip',
    sourceIpConfig: { values: values.slice(index * VALUES_IN_RULE, (index + 1) * VALUES_IN_RULE) },
  }));
}

function parse(scope: IConstruct, text: string, ipv6: boolean): Cidr {
  const refuse = refuseOf(scope);
  if (Token.isUnresolved(text)) {
    return refuse('IngressMaintenance.rangeUnknown', '`allowFrom` has a range that isn\'t known until deployment (it\'s a token), and this library lists all other addresses at synth time. Set a literal range, for example `allowFrom: [\'203.0.113.0/24\']`.');
  }
  const range = parseRange(text);
  if (range === undefined) {
    return refuse('IngressMaintenance.allowFrom', `\`allowFrom\` has '${text}', which is not an address range. Write for example '203.0.113.0/24' for a range or '203.0.113.7/32' for an address.`);
  }
  if (!isNetwork(text)) {
    return refuse('IngressMaintenance.rangeStart', `\`allowFrom\` has '${text}', which is not the start of a range. Write '${formatRange(range)}' for the range or '${singleAddress(text)}' for the address.`);
  }
  if (range.prefix === 0) {
    return refuse('IngressMaintenance.everyAddress', `\`allowFrom\` has '${text}', which is every address. Remove \`maintenance\` to let everybody through.`);
  }
  if (range.family === 6 && !ipv6) {
    return refuse('IngressMaintenance.ipv6Range', `\`allowFrom\` has the IPv6 range '${text}', and clients reach this ingress by IPv4 only. Use the IPv4 addresses of these clients.`);
  }
  return range;
}
