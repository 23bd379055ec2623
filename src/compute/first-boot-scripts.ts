import { createHash } from 'crypto';
import { writeFileSync } from 'fs';
import { join, resolve } from 'path';
import { Aws, FileSystem } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { writeFile } from './heredoc';
import { archive } from './private/archive';

/** Where the files are on the instance, and what the entry is told. */
const HOME = '/opt/first-boot';
const ENVIRONMENT = '/etc/first-boot.env';

/** Files for instances, and the one that they run first. */
export interface FirstBootScriptsProps {
  /** Directory whose files, also those in folders of it, become one tar file in S3. */
  readonly directory: string;
  /** Path of a bash script in the directory. */
  readonly entry: string;
}

/**
 * Files that an instance reads from S3 at its first boot, because user data takes 16 KB.
 *
 * The template has the SHA-256 of the tar file, so the instance unpacks nothing else, whoever writes into the bucket. Everybody who may read assets of
 * the account can read the files: they hold no secret.
 */
export class FirstBootScripts extends Construct {
  private readonly asset: Asset;
  private readonly sha256: string;

  constructor(scope: Construct, id: string, private readonly props: FirstBootScriptsProps) {
    super(scope, id);
    const bytes = archive(this, resolve(props.directory));
    const path = join(FileSystem.mkdtemp('first-boot-'), 'scripts.tar');
    writeFileSync(path, bytes);
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
    this.asset = new Asset(this, 'Archive', { path });
  }

  /** Lets a role read this tar file, and no other asset of the account. */
  public allowRead(role: iam.IRole): void {
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [this.asset.bucket.arnForObjects(this.asset.s3ObjectKey)] }));
    this.asset.bucket.encryptionKey?.grantDecrypt(role);
  }

  /**
   * Bash lines that fetch, verify, unpack and run the entry. Set-up that reports ends with the first line that fails, the entry included.
   *
   * @param environment what differs between instances of the same files, in a file that systemd reads as `EnvironmentFile=` and whose path is the first
   * argument of the entry. Values are on one line
   */
  public run(environment: Readonly<Record<string, string>>): string[] {
    const { s3BucketName, s3ObjectKey } = this.asset;
    const file = `${HOME}.tar`;
    return [
      ...writeFile(ENVIRONMENT, 'ENVIRONMENT', Object.entries(environment).map(([name, value]) => `${name}=${value}`)),
      `fetch_scripts() { aws s3api get-object --region "${Aws.REGION}" --bucket "${s3BucketName}" --key "${s3ObjectKey}" ${file} > /dev/null; }`,
      'retry fetch_scripts',
      `echo "${this.sha256}  ${file}" | sha256sum --check - || { echo "The scripts in S3 are not those of the template."; exit 1; }`,
      `mkdir -p ${HOME} && tar -xf ${file} -C ${HOME} --no-same-owner || exit`,
      `bash ${HOME}/${this.props.entry} ${ENVIRONMENT}`,
    ];
  }
}
