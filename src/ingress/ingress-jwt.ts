import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { Verification } from './private/ingress-path';
import { createVerification, type VerifiedRoute } from './private/jwt-action';

/** What a token has to say besides who issued it and until when it is valid. */
export class IngressJwtClaim {
  /** A claim that is a text, such as `client_id`. */
  public static singleString(name: string, value: string): IngressJwtClaim {
    return new IngressJwtClaim(name, 'single-string', [value]);
  }

  /**
   * A claim that is a list of texts, such as `aud` of some issuers.
   *
   * @param values one to ten texts
   */
  public static stringArray(name: string, values: string[]): IngressJwtClaim {
    return new IngressJwtClaim(name, 'string-array', values);
  }

  /**
   * A claim that is one text of several words, such as `scope`.
   *
   * @param values one to ten words
   */
  public static spaceSeparatedValues(name: string, values: string[]): IngressJwtClaim {
    return new IngressJwtClaim(name, 'space-separated-values', values);
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
export interface IngressJwtOptions {
  /**
   * Claims besides `iss`, `exp`, `nbf` and `iat`, which are always verified; at most ten. Without any, each token of the issuer is good
   * enough, whatever client or service it was made for.
   *
   * @default - none
   */
  readonly additionalClaims?: IngressJwtClaim[];
}

/** Who issues tokens, and what they have to say. */
export interface IngressJwtIssuerOptions extends IngressJwtOptions {
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
 * import { IngressJwt, IngressJwtClaim, type FargateApi, type PublicIngress } from 'cdk-private-backend';
 *
 * declare const ingress: PublicIngress;
 * declare const orders: FargateApi;
 * ingress.addRoute('Orders', {
 *   paths: ['/orders/*'],
 *   target: orders,
 *   jwt: IngressJwt.fromIssuer({
 *     issuer: 'https://login.example.com/',
 *     jwksEndpoint: 'https://login.example.com/.well-known/jwks.json',
 *     additionalClaims: [IngressJwtClaim.spaceSeparatedValues('scope', ['orders'])],
 *   }),
 * });
 */
export class IngressJwt {
  /** Tokens of any issuer that publishes its keys. */
  public static fromIssuer(options: IngressJwtIssuerOptions): IngressJwt {
    return new IngressJwt(options);
  }

  /** Tokens of a Cognito user pool. Its access tokens name their client in `client_id`, its ID tokens in `aud`. */
  public static fromUserPool(userPool: IUserPool, options: IngressJwtOptions = {}): IngressJwt {
    const issuer = `https://${userPool.userPoolProviderName}`;
    return new IngressJwt({ ...options, issuer, jwksEndpoint: `${issuer}/.well-known/jwks.json` });
  }

  private constructor(private readonly options: IngressJwtIssuerOptions) {}

  /** @internal */
  public _verify(route: VerifiedRoute): Verification {
    return createVerification(route, this.options);
  }
}
