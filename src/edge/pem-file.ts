import { readFileSync } from 'fs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
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
   * A file beside the code of your app. It is uploaded with the other assets, and what can be wrong with it is told at synth.
   *
   * @param path path of the file, absolute or from the directory in which the app runs
   */
  public static fromPath(path: string): PemFile {
    return new LocalPemFile(path);
  }

  /**
   * An object in S3, which whoever deploys must be allowed to read. A changed object counts only when its key or version changes here.
   *
   * @param bucket the bucket, in the region of the edge
   * @param key key of the object
   * @param objectVersion version of the object; the latest when it is read, unless you name one
   */
  public static fromBucket(bucket: s3.IBucket, key: string, objectVersion?: string): PemFile {
    return new StoredPemFile({ bucket, key, objectVersion });
  }

  /** Called by what uses the file. Makes what is missing below the scope. */
  public abstract bind(scope: Construct, id: string): PemFileConfig;
}

class LocalPemFile extends PemFile {
  constructor(private readonly path: string) {
    super();
  }

  public bind(scope: Construct, id: string): PemFileConfig {
    const text = this.read(scope);
    // Before it becomes an asset: what is uploaded can be read by everybody who deploys.
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
      throw new InvalidBackendError(scope, `'${this.path}' has a private key, which must not leave where it is kept. Use a file with nothing but certificates.`);
    }
    const { bucket, s3ObjectKey: key } = new Asset(scope, id, { path: this.path });
    return { bucket, key, text };
  }

  private read(scope: Construct): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      throw new InvalidBackendError(scope, `'${this.path}' cannot be read. Give the path of a PEM file, absolute or from the directory in which the app runs.`);
    }
  }
}

class StoredPemFile extends PemFile {
  constructor(private readonly config: PemFileConfig) {
    super();
  }

  public bind(): PemFileConfig {
    return this.config;
  }
}
