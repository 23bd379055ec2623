import { Stack, type Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Posture } from '../posture';
import { createTrailBucket } from './private/trail-bucket';
import { serveTrail } from './private/trail-key';
import { bucketRemovalPolicy, dataRemovalPolicy } from '../posture/shared/data-removal';
import { describe } from '../posture/shared/describe';
import { referWeakly } from '../private/cross-stack';
import { InvalidBackendError } from '../private/errors';
import { dependOnKey } from '../private/keys';
import { LONGEST_KEY_TEXT, textWithPath } from '../private/path-text';
import { physicalName } from '../private/physical-name';

/** Properties of an audit trail. */
export interface AuditTrailProps {
  /**
   * How long log files are kept, in whole days, at least 1. From the 91st day on they are kept where storing is cheap and
   * reading costs.
   *
   * @default - as the posture says: 30 days in development, 365 in production
   */
  readonly retention?: Duration;

  /**
   * Key that log files are encrypted with. It is told to serve CloudTrail, which an imported key must have been told before.
   *
   * @default - a new key that is rotated every year
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Whether events also go to a log group, where metric filters and queries find them within minutes.
   *
   * @default false
   */
  readonly sendToCloudWatchLogs?: boolean;

  /**
   * How long the log group keeps events.
   *
   * @default - as the posture says: one week in development, three months in production
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to bucket, key and log group when they leave the stack: destroy, which works for the bucket only while it is
   * empty, or retain. Retain on update or delete deletes the log group where its first deployment fails. CloudTrail has written files by then, so bucket and
   * key are retained.
   *
   * @default - as the posture says: destroy in development, retain on update or delete in production
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A record of who changed what in the account, in every region, that shows when somebody tampered with it.
 *
 * ## What it makes
 *
 * A trail of CloudTrail over all regions, a bucket for its log files with their lifecycle, a key, and where asked for a log group with
 * the role that writes to it.
 *
 * ## Defaults that matter
 *
 * Management events, reading and writing, of all regions and of global services. Not data events, such as each read of an
 * object. One trail is enough for an account: have it in a stack of its own.
 *
 * ## Security considerations
 *
 * Files are signed in chains (log file validation), encrypted with the key, and only this trail may write them: the
 * policies of bucket and key name its ARN. Who may read the bucket needs the key as well. Whoever administers the account can still
 * end the trail or delete the files; a bucket in another account is beyond this construct.
 *
 * ## Cost
 *
 * The first copy of management events in each region is free, further trails cost 2 USD for 100,000 events. The key is 1 USD a
 * month; files cost their storage; a log group 0.50 for a GB.
 *
 * @see https://aws.amazon.com/cloudtrail/pricing/
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { AuditTrail } from 'cdk-private-backend';
 *
 * declare const app: App;
 * new AuditTrail(new Stack(app, 'Audit'), 'Trail');
 */
export class AuditTrail extends Construct {
  /** ARN of the trail. */
  public readonly trailArn: string;

  /** Bucket of the log files. */
  public readonly bucket: s3.IBucket;

  /** Key that log files are encrypted with. */
  public readonly encryptionKey: kms.IKey;

  /** Log group of the events; none unless asked for. */
  public readonly logGroup?: logs.ILogGroup;

  /** @throws InvalidBackendError for a retention that is not whole days, and the removal policy snapshot */
  constructor(scope: Construct, id: string, props: AuditTrailProps = {}) {
    super(scope, id);
    const removalPolicy = bucketRemovalPolicy(this, props.removalPolicy);
    // Known before the trail is made: CloudTrail checks that it may write before it makes one.
    const name = physicalName(this);
    this.trailArn = Stack.of(this).formatArn({ service: 'cloudtrail', resource: 'trail', resourceName: name });
    dependOnKey(this, props.encryptionKey);
    this.encryptionKey = props.encryptionKey ?? this.createKey(removalPolicy);
    serveTrail(this.encryptionKey, this.trailArn);
    const bucket = createTrailBucket(this, { trailArn: this.trailArn, retention: this.validRetention(props), removalPolicy });
    this.bucket = bucket;
    this.logGroup = props.sendToCloudWatchLogs === true ? this.createLogGroup(props) : undefined;
    const trail = this.createTrail(name);
    trail.node.addDependency(bucket, this.encryptionKey);
    referWeakly(bucket, trail);
    describe(this, trail, () => ({ kind: 'audit-trail', bucket, logGroup: this.logGroup }));
  }

  private createKey(removalPolicy: RemovalPolicy): kms.Key {
    const key = new kms.Key(this, 'Key', { description: textWithPath(LONGEST_KEY_TEXT, 'Audit trail ', this), enableKeyRotation: true, removalPolicy });
    referWeakly(key);
    return key;
  }

  private createTrail(trailName: string): cloudtrail.CfnTrail {
    return new cloudtrail.CfnTrail(this, 'Resource', {
      trailName,
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      s3BucketName: this.bucket.bucketName,
      kmsKeyId: this.encryptionKey.keyArn,
      cloudWatchLogsLogGroupArn: this.logGroup?.logGroupArn,
      cloudWatchLogsRoleArn: this.logGroup === undefined ? undefined : this.createDeliveryRole(this.logGroup).roleArn,
    });
  }

  private createLogGroup({ logRetention, removalPolicy }: AuditTrailProps): logs.ILogGroup {
    const logGroup = new logs.LogGroup(this, 'LogGroup', { retention: logRetention ?? Posture.of(this).logRetention, removalPolicy: dataRemovalPolicy(this, removalPolicy) });
    referWeakly(logGroup);
    return logGroup;
  }

  /** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html */
  private createDeliveryRole(logGroup: logs.ILogGroup): iam.Role {
    return new iam.Role(this, 'DeliveryRole', {
      description: 'Audit trail: writes events to its log group',
      assumedBy: new iam.ServicePrincipal('cloudtrail.amazonaws.com'),
      inlinePolicies: {
        Deliver: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] })],
        }),
      },
    });
  }

  private validRetention(props: AuditTrailProps): Duration {
    const retention = props.retention ?? Posture.of(this).auditRetention;
    const days = retention.isUnresolved() ? undefined : retention.toDays({ integral: false });
    if (days === undefined || !Number.isInteger(days) || days < 1) {
      const got = days === undefined ? 'a duration that isn\'t known until deployment (it\'s a token)' : `${days} days`;
      throw new InvalidBackendError(this, 'AuditTrail.retention', `\`retention\` must be a whole number of days, at least 1, got ${got}.`);
    }
    return retention;
  }
}
