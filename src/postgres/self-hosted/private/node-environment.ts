import { Aws, Fn, Token, Tokenization, type Duration } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ClusterSecrets } from './cluster-secrets';
import type { ClusterSettings } from './cluster-settings';
import { NAMESPACE } from './node-role';
import type { RegionPart } from './region-part';

/** What is the same for all nodes. */
export interface ClusterEnvironment {
  readonly settings: ClusterSettings;
  readonly addresses: string[];
  readonly endpoint: string;
  readonly secrets: ClusterSecrets;
  readonly bucket: IBucket;
  readonly regions: RegionPart[];
}

/** What differs between nodes. */
export interface OwnEnvironment {
  readonly number: number;
  readonly volumeId: string;
  readonly signerArn: string;
}

/** What a restore drill is of. */
export interface DrillEnvironment {
  readonly settings: ClusterSettings;
  /** Of the instance itself, the only one that it knows. */
  readonly address: string;
  readonly clusterSecret: ISecret;
  readonly bucket: IBucket;
}

/** The environment file of an instance that restores and is no node. It knows neither nodes nor the admin. */
export function drillEnvironment({ settings, address, clusterSecret, bucket }: DrillEnvironment): Readonly<Record<string, string>> {
  return { ...common(settings, bucket, clusterSecret), NODE: '1', NODES: address };
}

/** The environment file of a node, which its scripts read. It holds no secret. */
export function nodeEnvironment({ settings, addresses, endpoint, secrets, bucket, regions }: ClusterEnvironment, own: OwnEnvironment): Readonly<Record<string, string>> {
  return {
    ...common(settings, bucket, secrets.cluster),
    NODE: String(own.number),
    NODES: addresses.join(','),
    ENDPOINT: endpoint,
    VOLUME: own.volumeId,
    ADMIN_SECRET: secrets.admin.secretArn,
    SIGNER: own.signerArn,
    STRICT: settings.synchronousModeStrict ? 'on' : 'off',
    PARAMETERS: JSON.stringify(settings.parameters),
    EXTENSIONS: listed(settings.superuserExtensions),
    TTL: secondsOf(settings.ttl),
    LOOP_WAIT: secondsOf(settings.loopWait),
    RETRY_TIMEOUT: secondsOf(settings.retryTimeout),
    FULL_BACKUP: `Sun ${settings.backupTime}`,
    DIFF_BACKUP: `Mon..Sat ${settings.backupTime}`,
    ...(settings.restoreDrills && { RESTORE_DRILLS: 'on' }),
    ...Object.assign({}, ...regions.map(({ environment }) => environment)) as Record<string, string>,
  };
}

/** What it takes to read and write backups. */
function common(settings: ClusterSettings, bucket: IBucket, clusterSecret: ISecret): Readonly<Record<string, string>> {
  return {
    CLUSTER: settings.clusterName,
    REGION: Aws.REGION,
    CLUSTER_SECRET: clusterSecret.secretArn,
    BUCKET: bucket.bucketName,
    BACKUP_RETENTION_DAYS: textOf(settings.backupRetention.toDays()),
    NAMESPACE,
  };
}

/** Also of a list that is known only at deployment. */
function listed(names: string[]): string {
  return Token.isUnresolved(names) ? Fn.join(',', names) : names.join(',');
}

function secondsOf(duration: Duration): string {
  return textOf(duration.toSeconds());
}

function textOf(value: number): string {
  return Token.isUnresolved(value) ? Tokenization.stringifyNumber(value) : String(value);
}
