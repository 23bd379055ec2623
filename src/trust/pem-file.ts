import { readFileSync, writeFileSync } from 'fs';
import { join, resolve } from 'path';
import { FileSystem, Token } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct, IConstruct } from 'constructs';
import { InvalidBackendError } from '../private/errors';

/** Where a file is in S3. */
export interface PemFileConfig {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /** The key of the object. */
  readonly key: string;

  /**
   * The version of the object.
   *
   * @default - the latest when it is read
   */
  readonly objectVersion?: string;

  /**
   * The text of the file.
   *
   * @default - unknown at synth
   */
  readonly text?: string;
}

/** Certificates or a revocation list in PEM format. */
export abstract class PemFile {
  /**
   * A file beside the code of your app.
   *
   * @param path path of the file, absolute or from the directory in which the app runs
   */
  public static fromPath(path: string): PemFile {
    return new LocalPemFile(path);
  }

  /**
   * PEM text that your app already holds.
   *
   * @param text one or more blocks, each from `-----BEGIN …-----` to `-----END …-----`
   */
  public static fromText(text: string): PemFile {
    return new PemText(text);
  }

  /**
   * An object in S3, which whoever deploys must be allowed to read. A changed object counts only when its key or version changes here.
   *
   * @param bucket the bucket, in the region of the construct that reads it
   * @param key key of the object
   * @param objectVersion version of the object; the latest when it is read, unless you name one
   */
  public static fromBucket(bucket: s3.IBucket, key: string, objectVersion?: string): PemFile {
    return new StoredPemFile({ bucket, key, objectVersion });
  }

  /** Called by constructs that read the file from S3. Makes an asset below the scope where there is none. */
  public abstract bind(scope: Construct, id: string): PemFileConfig;

  /**
   * The text, for constructs that put it into their template.
   *
   * @internal
   */
  public abstract _read(scope: IConstruct): string;
}

class LocalPemFile extends PemFile {
  constructor(private readonly path: string) {
    super();
  }

  public bind(scope: Construct, id: string): PemFileConfig {
    // Before it becomes an asset: what is uploaded can be read by everybody who deploys.
    const text = this._read(scope);
    const { bucket, s3ObjectKey: key } = new Asset(scope, id, { path: this.path });
    return { bucket, key, text };
  }

  public _read(scope: IConstruct): string {
    const text = this.readFile(scope);
    refusePrivateKey(scope, `The PEM file '${this.path}'`, text);
    return text;
  }

  private readFile(scope: IConstruct): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      throw new InvalidBackendError(scope, 'PemFile.notReadable', `The PEM file '${this.path}' can't be read (looked at '${resolve(this.path)}'). A relative path is resolved from the directory where \`cdk\` runs. Use \`PemFile.fromPath(path.join(__dirname, 'ca.pem'))\`.`);
    }
  }
}

class PemText extends PemFile {
  constructor(private readonly text: string) {
    super();
  }

  public bind(scope: Construct, id: string): PemFileConfig {
    const text = this._read(scope);
    if (Token.isUnresolved(text)) {
      throw new InvalidBackendError(scope, 'PemFile.tokenText', 'The text of `PemFile.fromText()` isn\'t known until deployment (it\'s a token), and this construct uploads it before. Use `PemFile.fromBucket(bucket, \'ca.pem\')`.');
    }
    const path = join(FileSystem.mkdtemp('pem-file-'), 'certificates.pem');
    writeFileSync(path, text);
    return new LocalPemFile(path).bind(scope, id);
  }

  public _read(scope: IConstruct): string {
    refusePrivateKey(scope, '`PemFile.fromText()`', this.text);
    return this.text;
  }
}

class StoredPemFile extends PemFile {
  constructor(private readonly config: PemFileConfig) {
    super();
  }

  public bind(): PemFileConfig {
    return this.config;
  }

  public _read(scope: IConstruct): string {
    throw new InvalidBackendError(scope, 'PemFile.inBucket', `The PEM file '${this.config.key}' is in a bucket, and this construct writes the text into the template. Use \`PemFile.fromPath('ca.pem')\`.`);
  }
}

function refusePrivateKey(scope: IConstruct, where: string, text: string): void {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new InvalidBackendError(scope, 'PemFile.privateKey', `${where} contains a private key, which everybody who deploys could read. Use a file that contains certificates only.`);
  }
}
