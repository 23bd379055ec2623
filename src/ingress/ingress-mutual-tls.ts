import { Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { PemFile } from '../trust';
import { validateAuthorities, validateRevocations } from './private/client-authorities';

/** How certificates of clients are verified. */
export interface IngressMutualTlsOptions {
  /**
   * Whether clients are told the names of the authorities, so that those with several certificates can choose. Everybody can read them then.
   *
   * @default false
   */
  readonly advertiseTrustStoreCaNames?: boolean;

  /**
   * Whether certificates that have expired are good enough.
   *
   * @default false
   */
  readonly ignoreClientCertificateExpiry?: boolean;
}

/** The authorities that certificates of clients are verified by. */
export interface IngressMutualTlsVerifyOptions extends IngressMutualTlsOptions {
  /** The certificates of the authorities, roots and intermediates: at most 25, unless your account's quota is higher. */
  readonly caCertificates: PemFile;

  /**
   * Lists of certificates that no longer count. Load balancers ask nobody but these lists.
   *
   * @default - none
   */
  readonly revocationLists?: PemFile[];
}

/** Whether clients of an ingress show a certificate, and who verifies it. */
export abstract class IngressMutualTls {
  /** The ingress accepts only clients with a certificate of one of these authorities. The trust store is made with the ingress. */
  public static verify(options: IngressMutualTlsVerifyOptions): IngressMutualTls {
    return new VerifiedByFile(options);
  }

  /**
   * The ingress accepts only clients with a certificate that a trust store of yours knows the authority of.
   *
   * @param trustStore the trust store, in the region of the ingress
   */
  public static verifyWithTrustStore(trustStore: elbv2.ITrustStore, options: IngressMutualTlsOptions = {}): IngressMutualTls {
    return new VerifiedByStore(trustStore, options);
  }

  /** The ingress hands certificates on and verifies nothing: that is left to the services. Clients without a certificate come through as well. */
  public static passthrough(): IngressMutualTls {
    return new PassedThrough();
  }

  /** Called by the ingress. Makes what is missing below the scope. */
  public abstract bind(scope: Construct): elbv2.MutualAuthentication;
}

class VerifiedByStore extends IngressMutualTls {
  constructor(private readonly trustStore: elbv2.ITrustStore, private readonly options: IngressMutualTlsOptions) {
    super();
  }

  public bind(): elbv2.MutualAuthentication {
    return verifyBy(this.trustStore, this.options);
  }
}

/** Where the trust store is made, and the ingress that errors are about. */
interface Place {
  readonly ingress: Construct;
  readonly home: Construct;
}

class VerifiedByFile extends IngressMutualTls {
  constructor(private readonly options: IngressMutualTlsVerifyOptions) {
    super();
  }

  public bind(scope: Construct): elbv2.MutualAuthentication {
    const home = new Construct(scope, 'MutualTls');
    const trustStore = this.createTrustStore({ ingress: scope, home });
    (this.options.revocationLists ?? []).forEach((list, index) => this.revoke({ ingress: scope, home }, trustStore, { list, index }));
    return verifyBy(trustStore, this.options);
  }

  private createTrustStore({ ingress, home }: Place): elbv2.TrustStore {
    const { bucket, key, objectVersion, text } = this.options.caCertificates.bind(home, 'CaCertificates');
    if (text !== undefined && !Token.isUnresolved(text)) {
      validateAuthorities(ingress, text);
    }
    return new elbv2.TrustStore(home, 'TrustStore', { bucket, key, version: objectVersion });
  }

  private revoke({ ingress, home }: Place, trustStore: elbv2.TrustStore, { list, index }: { readonly list: PemFile; readonly index: number }): void {
    const { bucket, key, objectVersion, text } = list.bind(home, `RevocationList${index}`);
    if (text !== undefined && !Token.isUnresolved(text)) {
      validateRevocations(ingress, text, index);
    }
    new elbv2.TrustStoreRevocation(home, `Revocation${index}`, { trustStore, revocationContents: [{ bucket, key, version: objectVersion }] });
  }
}

class PassedThrough extends IngressMutualTls {
  public bind(): elbv2.MutualAuthentication {
    return { mutualAuthenticationMode: elbv2.MutualAuthenticationMode.PASS_THROUGH };
  }
}

function verifyBy(trustStore: elbv2.ITrustStore, options: IngressMutualTlsOptions): elbv2.MutualAuthentication {
  return {
    mutualAuthenticationMode: elbv2.MutualAuthenticationMode.VERIFY,
    trustStore,
    advertiseTrustStoreCaNames: options.advertiseTrustStoreCaNames ?? false,
    ignoreClientCertificateExpiry: options.ignoreClientCertificateExpiry ?? false,
  };
}
