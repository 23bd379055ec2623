import { backend, everyone, ref, rule, securityGroup } from './lab';
import { describeCases, type Case, type Resources } from './support';

function verify(type: string): (r: Resources) => void {
  return (r) => {
    r.Rule = {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: { ListenerArn: ref('Listener'), Actions: [{ Type: type, Order: 1 }, { Type: 'forward', Order: 2, TargetGroupArn: ref('Targets') }] },
    };
  };
}

const letOut = (r: Resources) => {
  r.BalancerGroup = securityGroup([rule(443, everyone)], [rule(443, everyone)]);
};

const kinds: Case[] = ['jwt-validation', 'authenticate-oidc', 'authenticate-cognito'].flatMap((type) => [
  {
    name: `fails where a rule with ${type} asks somebody that the load balancer does not reach`,
    change: verify(type),
    findings: [/violation balancer-to-issuer Lab\/Rule: load balancer Lab\/Balancer does not reach the issuer: .*security group Lab\/BalancerGroup has no egress rule for TCP 443 to issuers on the internet/],
  },
  { name: `a rule with ${type} and a way out`, change: (r: Resources) => { verify(type)(r); letOut(r); }, findings: [] },
]);

const ways: Case[] = [
  {
    name: 'fails by the default actions of a listener as by a rule',
    change: (r) => { r.Listener.Properties.DefaultActions = [{ Type: 'jwt-validation', Order: 1 }, { Type: 'forward', Order: 2, TargetGroupArn: ref('Targets') }]; },
    findings: [/violation balancer-to-issuer Lab\/Listener: load balancer Lab\/Balancer does not reach the issuer/],
  },
  {
    name: 'the addresses of one issuer are enough',
    change: (r) => { verify('jwt-validation')(r); r.BalancerGroup = securityGroup([rule(443, everyone)], [rule(443, { CidrIp: '203.0.113.0/24' })]); },
    findings: [],
  },
  {
    name: 'fails where the way out is by IPv6',
    change: (r) => { verify('jwt-validation')(r); r.BalancerGroup = securityGroup([rule(443, everyone)], [rule(443, { CidrIpv6: '::/0' })]); },
    findings: [/violation balancer-to-issuer Lab\/Rule/],
  },
  {
    name: 'a rule that answers or redirects asks nobody',
    change: (r) => { verify('fixed-response')(r); r.Rule.Properties.Actions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }]; },
    findings: [],
  },
  {
    name: 'an internal load balancer reaches issuers by NAT',
    change: (r) => {
      verify('jwt-validation')(r);
      Object.assign(r.Balancer.Properties, { Scheme: 'internal', Subnets: [ref('Private0'), ref('Private1')] });
      r.BalancerGroup = securityGroup([rule(443, { CidrIp: '10.0.0.0/16' })], [rule(443, everyone)]);
    },
    findings: [],
  },
  {
    name: 'fails without a public IPv4 address, also where everything is open',
    change: (r) => { verify('jwt-validation')(r); letOut(r); r.Balancer.Properties.IpAddressType = 'dualstack-without-public-ipv4'; },
    findings: [/violation balancer-to-issuer Lab\/Rule: .*it has no public IP address/, /violation listener Lab\/Listener: .*it has no public IP address/],
  },
];

describeCases('what a load balancer asks', backend, kinds);
describeCases('the way to an issuer', backend, ways);
