import { Token } from 'aws-cdk-lib';
import { CfnListenerRule, type IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, type IConstruct } from 'constructs';
import { formatRange, isNetwork, parseRange, rangesOutside, singleAddress } from './address-ranges';
import { renderFixedResponse } from './answers';
import { MAX_MAINTENANCE_RULES } from './route-priority';
import type { Cidr } from '../../private/cidr';
import { InvalidBackendError } from '../../private/errors';
import type { EdgeMaintenanceOptions } from '../edge-maintenance';

/** Condition values that a load balancer takes in one rule. */
const VALUES_IN_RULE = 5;

/** No request has it as its source, and load balancers refuse it. */
const BROADCAST = '255.255.255.255/32';

/**
 * Makes the rules that answer every request before any route does.
 *
 * @returns how many of the smallest priorities they take
 */
export function createMaintenance(edge: Construct, { listenerArn }: IApplicationListener, ipv6: boolean, options: EdgeMaintenanceOptions): number {
  const { messageBody = 'Down for maintenance. Please try again later.', contentType, allowFrom = [] } = options;
  const actions = [renderFixedResponse(edge, 'maintenance', { statusCode: 503, messageBody, contentType })];
  const conditions = renderConditions(edge, allowFrom.map((text) => parse(edge, text, ipv6)), ipv6);
  const scope = new Construct(edge, 'Maintenance');
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
    throw new InvalidBackendError(scope, `allowFrom leaves ${values.length} ranges of other addresses, which take ${rules} rules, and at most ${MAX_MAINTENANCE_RULES} are left for maintenance. List fewer or larger ranges.`);
  }
  return Array.from({ length: rules }, (_, index) => ({
    field: 'source-ip',
    sourceIpConfig: { values: values.slice(index * VALUES_IN_RULE, (index + 1) * VALUES_IN_RULE) },
  }));
}

function parse(scope: IConstruct, text: string, ipv6: boolean): Cidr {
  const refuse = (why: string): never => {
    throw new InvalidBackendError(scope, `allowFrom has '${text}', ${why}`);
  };
  const range = Token.isUnresolved(text) ? refuse('which is known only at deployment, and all other addresses are listed at synth. Write the range.') : parseRange(text);
  if (range === undefined) {
    return refuse('which is no range of addresses. Write one like \'203.0.113.0/24\', and a single address like \'203.0.113.7/32\'.');
  }
  if (!isNetwork(text)) {
    return refuse(`which has bits behind its prefix. Write '${formatRange(range)}' for the whole range, or '${singleAddress(text)}' for the one address.`);
  }
  if (range.prefix === 0) {
    return refuse('which is every address. Leave out maintenance to let everybody through.');
  }
  return range.family === 6 && !ipv6 ? refuse('an IPv6 range, and clients reach this edge by IPv4 only. Write their IPv4 addresses.') : range;
}
