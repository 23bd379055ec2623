import { Token } from 'aws-cdk-lib';
import { ApplicationProtocolVersion, type CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { openWayToKeys } from './group-rules';
import type { IngressSide, Verification } from './ingress-path';
import { SET_DOMAIN } from './set-domain';
import { protocolVersionOf } from './target-protocol';
import type { IIngressTarget } from '../../binding';
import { type Refuse, refuseOf } from '../../private/errors';
import type { IngressJwtClaim, IngressJwtIssuerOptions } from '../ingress-jwt';

const MAX_TEXT = 256;
const MAX_LIST = 10;
const VERIFIED_ANYWAY = ['exp', 'iss', 'nbf', 'iat'];

/** A route whose requests are verified. */
export interface VerifiedRoute {
  readonly id: string;
  readonly ingress: Construct;
  readonly side: IngressSide;
  readonly targets: IIngressTarget[];
}

/** Verifies the tokens of requests for some targets, and lets the load balancer read the keys of the issuer. */
export function createVerification(route: VerifiedRoute, { issuer, jwksEndpoint, additionalClaims }: IngressJwtIssuerOptions): Verification {
  const { ingress, side, targets } = route;
  const refuse = refuseOf(ingress, `Route '${route.id}'`);
  requireAble(side, targets, refuse);
  validateText('`issuer`', issuer, refuse);
  validateEndpoint(jwksEndpoint, refuse);
  const claims = renderClaims(additionalClaims ?? [], refuse);
  const jwtValidationConfig = { issuer, jwksEndpoint, additionalClaims: claims.length === 0 ? undefined : claims };
  const requirement = { issuer, jwksEndpoint, claims: claims.map(({ name, format, values }) => ({ name, format, values: [...values].sort() })) };
  return { requirement, action: { type: 'jwt-validation', order: 1, jwtValidationConfig }, egress: openWayToKeys(side) };
}

function requireAble({ https, isCutOff = false }: IngressSide, targets: IIngressTarget[], refuse: Refuse): void {
  if (!https) {
    refuse('IngressJwt.httpsRequired', `\`jwt\` needs HTTPS, which keeps tokens secret, and this ingress uses HTTP. ${SET_DOMAIN} on the ingress.`);
  }
  if (isCutOff) {
    refuse('IngressJwt.ipv4Required', '`jwt` needs the keys of the issuer, which load balancers read by IPv4 only, and this ingress has only IPv6 addresses on the internet. '
      + 'Use `elbv2.IpAddressType.DUAL_STACK` or `elbv2.IpAddressType.IPV4`, or select subnets with a NAT gateway in `vpcSubnets`.');
  }
  const other = targets.find((target) => protocolVersionOf(target) !== ApplicationProtocolVersion.HTTP1);
  if (other !== undefined) {
    refuse('IngressJwt.appProtocol', `\`appProtocol\` of '${other.node.path}' is '${other.appProtocol?.value}', and load balancers verify tokens only for targets with HTTP/1.1. Verify the token in the service, or remove \`appProtocol\`.`);
  }
}

function validateEndpoint(url: string, refuse: Refuse): void {
  if (Token.isUnresolved(url)) {
    return;
  }
  validateText('`jwksEndpoint`', url, refuse);
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)$/.test(url)) {
    refuse('IngressJwt.discoveryEndpoint', `\`jwksEndpoint\` is '${url}', which describes the issuer and doesn't contain keys. Open this URL, and use the value of \`jwks_uri\` from the response.`);
  }
  if (!/^https:\/\/[A-Za-z0-9.-]+(:443)?\/[^\s#]+$/.test(url)) {
    refuse('IngressJwt.jwksEndpoint', `\`jwksEndpoint\` must be a full URL with 'https://', a public host, port 443 and a path, got '${url}'. Use for example 'https://login.example.com/.well-known/jwks.json'.`);
  }
}

function renderClaims(claims: IngressJwtClaim[], refuse: Refuse): CfnListenerRule.JwtValidationActionAdditionalClaimProperty[] {
  if (claims.length > MAX_LIST) {
    refuse('IngressJwt.additionalClaims', `\`additionalClaims\` has ${claims.length} claims, and a load balancer verifies at most ${MAX_LIST}. Verify ${claims.length - MAX_LIST} of the claims in the service.`);
  }
  const names = claims.map(({ _name }) => _name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    refuse('IngressJwt.duplicateClaim', `\`additionalClaims\` has '${twice}' twice. List all values in one claim.`);
  }
  return claims.map((claim) => renderClaim(claim, refuse));
}

function renderClaim({ _name: name, _format: format, _values: values }: IngressJwtClaim, refuse: Refuse): CfnListenerRule.JwtValidationActionAdditionalClaimProperty {
  validateText('the name of a claim', name, refuse);
  if (VERIFIED_ANYWAY.includes(name)) {
    refuse('IngressJwt.standardClaim', `the claim '${name}' is always verified. Remove '${name}' from \`additionalClaims\`.`);
  }
  if (values.length < 1 || values.length > MAX_LIST) {
    refuse('IngressJwt.claimValues', `the claim '${name}' must have 1 to ${MAX_LIST} values, got ${values.length}.`);
  }
  values.forEach((value) => validateText(`a value of the claim '${name}'`, value, refuse));
  const spaced = format === 'space-separated-values' ? values.find((value) => /\s/.test(value)) : undefined;
  if (spaced !== undefined) {
    refuse('IngressJwt.claimValueWithSpace', `the claim '${name}' has the value '${spaced}', and spaces separate values in this claim. List each word on its own: ${listWords(spaced)}.`);
  }
  return { name, format, values };
}

function listWords(text: string): string {
  return text.trim().split(/\s+/).map((word) => `'${word}'`).join(', ');
}

function validateText(what: string, text: string, refuse: Refuse): void {
  if (!Token.isUnresolved(text) && (text.length < 1 || text.length > MAX_TEXT)) {
    refuse('IngressJwt.textLength', `${what} must have 1 to ${MAX_TEXT} characters, got ${text.length}.`);
  }
}
