import { requireWay, type Judging } from './judge';
import { INTERNET } from '../../../../private/cidr';
import { isMap, literalText, resourceOf, type ModelResource, type ModelValue } from '../../../private/model';
import type { CheckRule } from '../../../private/rule';
import type { Balancer } from '../graph/balancers';
import { nameOf } from '../graph/identity';
import { HTTPS } from '../hops/services';

const ISSUER: CheckRule = {
  id: 'reachability-balancer-to-issuer',
  title: 'Load balancers that verify tokens or log users in reach who issues these',
  why: 'The load balancer asks the issuer over the internet, by IPv4. Where it cannot, it answers each request with an error, and says nothing at deployment.',
  fix: 'Let the security group of the load balancer out to TCP 443, and give its subnets a way to the internet by IPv4.',
  severity: 'error',
  see: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html',
};

export const ISSUER_RULES: readonly CheckRule[] = [ISSUER];

const OUTSIDE = { addresses: INTERNET[4], name: 'issuers on the internet' };
const ASKING = ['jwt-validation', 'authenticate-oidc', 'authenticate-cognito'];

/** (c) Whom a load balancer asks before it forwards. */
export function judgeIssuers({ paths, evaluation }: Judging): void {
  const judge = (owner: ModelResource, actions: readonly ModelValue[], balancer: Balancer) => {
    if (actions.some((action) => isMap(action) && ASKING.includes(literalText(action.Type) ?? ''))) {
      const words = { blocked: `load balancer ${nameOf(balancer.owner)} does not reach the issuer`, question: `load balancer ${nameOf(balancer.owner)} reaches the issuer` };
      requireWay(evaluation, ISSUER, owner, words, paths.toInternet(balancer.network, HTTPS, 'any', OUTSIDE));
    }
  };
  const rules = paths.network.model.ofType('AWS::ElasticLoadBalancingV2::ListenerRule');
  for (const balancer of paths.network.balancers) {
    for (const { owner: listener } of balancer.listeners) {
      judge(listener, listener.list('DefaultActions'), balancer);
      rules.filter((rule) => resourceOf(rule.value('ListenerArn') ?? '') === listener).forEach((rule) => judge(rule, rule.list('Actions'), balancer));
    }
  }
}
