import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { Verification } from './private/edge-path';
import { createVerification, type VerifiedRoute } from './private/jwt-action';

/** What a token has to say besides who issued it and until when it is valid. */
export class EdgeJwtClaim {
  /** A claim that is a text, such as `client_id`. */
  public static singleString(name: string, value: string): EdgeJwtClaim {
    return new EdgeJwtClaim(name, 'single-string', [value]);
  }

  /**
   * A claim that is a list of texts, such as `aud` of some issuers.
   *
   * @param values one to ten texts
   */
  public static stringArray(name: string, values: string[]): EdgeJwtClaim {
    return new EdgeJwtClaim(name, 'string-array', values);
  }

  /**
   * A claim that is one text of several words, such as `scope`.
   *
   * @param values one to ten words
   */
  public static spaceSeparatedValues(name: string, values: string[]): EdgeJwtClaim {
    return new EdgeJwtClaim(name, 'space-separated-values', values);
  }

  private constructor(
    /** @internal */
    public readonly _name: string,
    /** @internal */
    public readonly _format: string,
    /** @internal */
    public readonly _values: string[],
  ) {}
}

/** What tokens have to say. */
export interface EdgeJwtOptions {
  /**
   * Claims besides `iss`, `exp`, `nbf` and `iat`, which are always verified; at most ten. Without any, each token of the issuer is good
   * enough, whatever client or service it was made for.
   *
   * @default - none
   */
  readonly additionalClaims?: EdgeJwtClaim[];
}

/** Who issues tokens, and what they have to say. */
export interface EdgeJwtIssuerOptions extends EdgeJwtOptions {
  /** The claim `iss` of its tokens, to the letter, at most 256 characters. */
  readonly issuer: string;

  /**
   * Where the issuer publishes its keys: a public `https://` URL with a path on port 443, at most 256 characters. It is the `jwks_uri` in the
   * issuer's `/.well-known/openid-configuration`. Load balancers read at most ten keys and 150 KB.
   */
  readonly jwksEndpoint: string;
}

/**
 * The tokens that requests need to take a route: JSON Web Tokens signed with RS256, in the header `Authorization`. The load balancer
 * verifies them, answers 401 to requests without a good one, and hands the token on to the service.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
 *
 * @example
 * import { EdgeJwt, EdgeJwtClaim, type FargateApi, type PublicEdge } from 'cdk-private-backend';
 *
 * declare const edge: PublicEdge;
 * declare const orders: FargateApi;
 * edge.addRoute('Orders', {
 *   paths: ['/orders/*'],
 *   target: orders,
 *   jwt: EdgeJwt.fromIssuer({
 *     issuer: 'https://login.example.com/',
 *     jwksEndpoint: 'https://login.example.com/.well-known/jwks.json',
 *     additionalClaims: [EdgeJwtClaim.spaceSeparatedValues('scope', ['orders'])],
 *   }),
 * });
 */
export class EdgeJwt {
  /** Tokens of any issuer that publishes its keys. */
  public static fromIssuer(options: EdgeJwtIssuerOptions): EdgeJwt {
    return new EdgeJwt(options);
  }

  /** Tokens of a Cognito user pool. Its access tokens name their client in `client_id`, its ID tokens in `aud`. */
  public static fromUserPool(userPool: IUserPool, options: EdgeJwtOptions = {}): EdgeJwt {
    const issuer = `https://${userPool.userPoolProviderName}`;
    return new EdgeJwt({ ...options, issuer, jwksEndpoint: `${issuer}/.well-known/jwks.json` });
  }

  private constructor(private readonly options: EdgeJwtIssuerOptions) {}

  /** @internal */
  public _verify(route: VerifiedRoute): Verification {
    return createVerification(route, this.options);
  }
}
