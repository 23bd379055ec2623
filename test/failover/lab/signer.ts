import { ADDRESSES, addressOf, ELSEWHERE, ENDPOINT, numberOf, signerOf } from './constants';
import type { SignerAnswer } from '../../../src/certificates/certificates.contract';
import { issueAuthorityCertificate } from '../../../src/certificates/handler/authority-certificate';
import { KmsKey } from '../../../src/certificates/handler/kms-key';
import { signRequest } from '../../../src/certificates/handler/sign-request';
import { KEY_ARN, LocalKms } from '../../certificates/local-kms';

/** Days that a certificate of a node is valid. */
const VALIDITY_DAYS = '30';

const aliasOf = (node: number) => signerOf(node).split(':')[7];

/** Certificate authority of a lab: the handlers of the functions, with a key of this machine behind KMS. */
export class Signer {
  /** Makes an authority that may sign for the nodes only. */
  public static async create(): Promise<Signer> {
    const kms = new LocalKms();
    const permitted = { dnsNames: [ENDPOINT], ipAddresses: [...ADDRESSES, ...ELSEWHERE.addresses] };
    const certificate = await issueAuthorityCertificate(new KmsKey(kms.client, KEY_ARN), { commonName: 'Nodes of the failover lab', permitted, validityDays: 3650 }, Date.now());
    return new Signer(kms, `${certificate.toString('pem')}\n`);
  }

  /** @param authorities bundle of authorities */
  private constructor(private readonly kms: LocalKms, public readonly authorities: string) {}

  /** Signs the key of a request for the identity whose alias was invoked. */
  public async sign(event: unknown, invokedArn: string): Promise<SignerAnswer> {
    const env = { KEY: KEY_ARN, AUTHORITIES: this.authorities, IDENTITIES: JSON.stringify(identities()), VALIDITY_DAYS };
    return signRequest(event, invokedArn, { kms: this.kms.client, env, now: () => Date.now(), log: () => undefined });
  }
}

/** What each alias of the signer signs. */
function identities(): object {
  const nodes = [...ADDRESSES, ...ELSEWHERE.addresses].map((_, index) => index + 1);
  return Object.fromEntries(nodes.map((node) => [aliasOf(node), { commonName: `node-${numberOf(node)}`, dnsNames: [ENDPOINT], ipAddresses: [addressOf(node)] }]));
}
