import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetPublicKeyCommand, KMSClient, SignCommand, type SignCommandInput } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';

/** Key for which the stand-in signs. */
export const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/5f1e6a00-0000-4000-8000-000000000000';

/** Stands for a key in KMS: OpenSSL signs with a key of this machine, and refuses whatever KMS would refuse. */
export class LocalKms {
  public readonly client = new KMSClient({ region: 'eu-central-1' });
  private readonly mock = mockClient(KMSClient);
  private readonly folder = mkdtempSync(join(tmpdir(), 'local-kms-'));
  private readonly keyFile = join(this.folder, 'key.pem');

  constructor() {
    execFileSync('openssl', ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', this.keyFile]);
    const publicKey = execFileSync('openssl', ['pkey', '-in', this.keyFile, '-pubout', '-outform', 'DER']);
    this.mock.on(GetPublicKeyCommand).rejects(refusal('NotFoundException'));
    this.mock.on(GetPublicKeyCommand, { KeyId: KEY_ARN }).resolves({ PublicKey: Uint8Array.from(publicKey), KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    this.mock.on(SignCommand).callsFake((input: SignCommandInput) => this.sign(input));
  }

  /** How often the key was used. */
  public get signatures(): number {
    return this.mock.commandCalls(SignCommand).length;
  }

  public restore(): void {
    this.mock.restore();
  }

  private sign({ KeyId, Message = new Uint8Array(), MessageType, SigningAlgorithm }: SignCommandInput): object {
    if (KeyId !== KEY_ARN) throw refusal('NotFoundException');
    if (SigningAlgorithm !== 'ECDSA_SHA_256') throw refusal('InvalidKeyUsageException');
    if (MessageType !== 'DIGEST' || Message.length !== 32) throw refusal('ValidationException');
    const digestFile = join(this.folder, 'digest');
    writeFileSync(digestFile, Message);
    return { Signature: Uint8Array.from(execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', this.keyFile, '-in', digestFile, '-pkeyopt', 'digest:sha256'])) };
  }
}

function refusal(name: string): Error {
  return Object.assign(new Error(`${name} of the stand-in`), { name });
}
