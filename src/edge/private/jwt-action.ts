import { Token } from 'aws-cdk-lib';
import { CfnSecurityGroupEgress } from 'aws-cdk-lib/aws-ec2';
import { ApplicationProtocolVersion, type CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { EdgeSide, Verification } from './edge-path';
import type { IEdgeTarget } from '../../binding';
import { type Refuse, refuseOf } from '../../private/errors';
import type { EdgeJwtClaim, EdgeJwtIssuerOptions } from '../edge-jwt';


const MAX_TEXT = 256;
const MAX_LIST = 10;
const VERIFIED_ANYWAY = ['exp', 'iss', 'nbf', 'iat'];

/** A route whose requests are verified. */
export interface VerifiedRoute {
  readonly id: string;
  readonly edge: Construct;
  readonly side: EdgeSide;
  readonly targets: IEdgeTarget[];
}

/** Verifies the tokens of requests for some targets, and lets the load balancer read the keys of the issuer. */
export function createVerification(route: VerifiedRoute, { issuer, jwksEndpoint, additionalClaims }: EdgeJwtIssuerOptions): Verification {
  const { edge, side, targets } = route;
  const refuse = refuseOf(edge, `Route '${route.id}'`);
  requireAble(side, targets, refuse);
  validateText('issuer', issuer, refuse);
  validateEndpoint(jwksEndpoint, refuse);
  const claims = renderClaims(additionalClaims ?? [], refuse);
  const jwtValidationConfig = { issuer, jwksEndpoint, additionalClaims: claims.length === 0 ? undefined : claims };
  return { action: { type: 'jwt-validation', order: 1, jwtValidationConfig }, egress: openWayToKeys(edge, side) };
}

function requireAble({ https, isCutOff = false }: EdgeSide, targets: IEdgeTarget[], refuse: Refuse): void {
  if (!https) {
    refuse('jwt needs HTTPS, which keeps tokens secret, and this edge has none. Give the edge a domain with EdgeDomain.');
  }
  if (isCutOff) {
    refuse('jwt needs the keys of the issuer, which load balancers read by IPv4 only, and this edge has no public IPv4 addresses. Use IpAddressType.DUAL_STACK or IPV4, or select subnets with a NAT gateway with vpcSubnets.');
  }
  const other = targets.find(({ protocolVersion = ApplicationProtocolVersion.HTTP1 }) => protocolVersion !== ApplicationProtocolVersion.HTTP1);
  if (other !== undefined) {
    refuse(`load balancers only forward to targets that speak ${other.protocolVersion}, and verify no tokens for them. Let '${other.node.path}' verify them, or speak HTTP/1.1.`);
  }
}

/** The keys are on the internet, whose addresses nobody knows. One rule is enough for all issuers. */
function openWayToKeys(edge: Construct, { securityGroup }: EdgeSide): CfnSecurityGroupEgress {
  return edge.node.tryFindChild('KeysEgress') as CfnSecurityGroupEgress | undefined ?? new CfnSecurityGroupEgress(edge, 'KeysEgress', {
    groupId: securityGroup.securityGroupId,
    ipProtocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    cidrIp: '0.0.0.0/0',
    description: 'Keys of issuers of tokens',
  });
}

function validateEndpoint(url: string, refuse: Refuse): void {
  if (Token.isUnresolved(url)) {
    return;
  }
  validateText('jwksEndpoint', url, refuse);
  if (/\/\.well-known\/(openid-configuration|oauth-authorization-server)$/.test(url)) {
    refuse(`jwksEndpoint '${url}' describes the issuer and has no keys. Open it, and use what it calls jwks_uri.`);
  }
  if (!/^https:\/\/[A-Za-z0-9.-]+(:443)?\/[^\s#]+$/.test(url)) {
    refuse(`jwksEndpoint must be a full URL with https://, a public host, port 443 and a path, like 'https://login.example.com/.well-known/jwks.json', got '${url}'.`);
  }
}

function renderClaims(claims: EdgeJwtClaim[], refuse: Refuse): CfnListenerRule.JwtValidationActionAdditionalClaimProperty[] {
  if (claims.length > MAX_LIST) {
    refuse(`additionalClaims has ${claims.length} claims; a load balancer verifies at most ${MAX_LIST}. Let the service verify the others.`);
  }
  const names = claims.map(({ _name }) => _name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    refuse(`additionalClaims has '${twice}' twice. List all its values once.`);
  }
  return claims.map((claim) => renderClaim(claim, refuse));
}

function renderClaim({ _name: name, _format: format, _values: values }: EdgeJwtClaim, refuse: Refuse): CfnListenerRule.JwtValidationActionAdditionalClaimProperty {
  validateText('the name of a claim', name, refuse);
  if (VERIFIED_ANYWAY.includes(name)) {
    refuse(`the claim '${name}' is verified anyway. Leave it out of additionalClaims.`);
  }
  if (values.length < 1 || values.length > MAX_LIST) {
    refuse(`the claim '${name}' needs 1 to ${MAX_LIST} values, got ${values.length}.`);
  }
  values.forEach((value) => validateText(`a value of the claim '${name}'`, value, refuse));
  const spaced = format === 'space-separated-values' ? values.find((value) => /\s/.test(value)) : undefined;
  if (spaced !== undefined) {
    refuse(`the claim '${name}' has the value '${spaced}', which has a space, and spaces separate its values. List each word on its own.`);
  }
  return { name, format, values };
}

function validateText(what: string, text: string, refuse: Refuse): void {
  if (!Token.isUnresolved(text) && (text.length < 1 || text.length > MAX_TEXT)) {
    refuse(`${what} must have 1 to ${MAX_TEXT} characters, got ${text.length}.`);
  }
}
