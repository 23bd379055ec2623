import { createHash, randomBytes, type webcrypto } from 'crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { x509 } from './x509';

/** Of the key, and of each signature by it. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** What is in a certificate, besides its serial number and its signature. */
export interface CertificateContent {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: x509.PublicKey;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: x509.Extension[];
}

/** The key of an authority: on the curve P-256, in KMS, which signs and lets nobody have the private half. */
export class KmsKey {
  constructor(private readonly kms: KMSClient, private readonly keyId: string) {}

  /** The public half. */
  public async publicKey(): Promise<x509.PublicKey> {
    const { PublicKey = new Uint8Array() } = await this.kms.send(new GetPublicKeyCommand({ KeyId: this.keyId }));
    return new x509.PublicKey(Uint8Array.from(PublicKey));
  }

  /** A certificate with this content, signed by the key. */
  public async issue(content: CertificateContent): Promise<x509.X509Certificate> {
    const sign = async (_algorithm: unknown, _key: unknown, data: ArrayBuffer) => this.sign(data);
    return x509.X509CertificateGenerator.create({
      ...content,
      serialNumber: serialNumber(),
      signingAlgorithm: ALGORITHM,
      signingKey: { algorithm: ALGORITHM } as unknown as webcrypto.CryptoKey,
    }, { subtle: { sign } } as unknown as webcrypto.Crypto);
  }

  /** KMS encodes a signature as certificates do; the generator expects the form of Web Cryptography. */
  private async sign(data: ArrayBuffer): Promise<ArrayBuffer> {
    const digest = createHash('sha256').update(Buffer.from(data)).digest();
    const { Signature = new Uint8Array() } = await this.kms.send(new SignCommand({ KeyId: this.keyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }));
    return new x509.AsnEcSignatureFormatter().toWebSignature(ALGORITHM, Uint8Array.from(Signature)) as ArrayBuffer;
  }
}

/** Positive, never zero, of 16 octets; the first bits are fixed so that the length always is the same. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 + bytes[0] % 0x40;
  return bytes.toString('hex');
}
