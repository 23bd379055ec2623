import { Stack, Token, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IDependable } from 'constructs';
import type { RegionPart } from './region-part';
import { setSource, sourceOf } from './replica-source';
import { InvalidBackendError } from '../../../private/errors';
import { physicalName } from '../../../private/physical-name';
import { environmentDifference } from '../../../private/same-environment';
import { dependOnStackOf } from '../../../private/stack-order';
import type { IBackupReplica } from '../backup-replica';

/** Tag of the groups of a cluster, by which the nodes of another region find them. */
export const CLUSTER_TAG = 'cdk-private-backend-cluster';

/** What of a cluster goes to another region. */
export interface RegionReplicationProps {
  readonly replica: IBackupReplica;
  readonly backups: s3.Bucket;
  /** Whether the nodes reach nothing outside their region. */
  readonly isolated: boolean;
  /** Secret with the pass of the backups. */
  readonly clusterSecret: secretsmanager.ISecret;
  readonly encryptionKey?: kms.IKey;
  readonly clusterName: string;
  readonly adminUsername: string;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Replicates the backups of a cluster and their pass to another region, and lets its nodes look for the marker with which that region has taken over.
 *
 * The other region knows everything by names that synthesis makes, because a reference would need a deployment of this stack when its region is lost.
 */
export class RegionReplication extends Construct implements RegionPart {
  /** What must exist before the first backup is written: what was there before is not replicated. */
  public readonly dependencies: IDependable[];

  constructor(scope: Construct, id: string, private readonly props: RegionReplicationProps) {
    super(scope, id);
    const { replica, clusterName, adminUsername } = props;
    this.requireElsewhere();
    dependOnStackOf(this, replica, 'A cluster depends on the copy of its backups, never the reverse.');
    const secretName = this.replicateSecret();
    this.dependencies = [this.replicateBackups()];
    setSource(replica, { cluster: scope, clusterName, adminUsername, secretName, region: Stack.of(this).region });
  }

  public get environment(): Readonly<Record<string, string>> {
    const { replica } = this.props;
    return { FENCE_BUCKET: replica.bucket.bucketName, FENCE_REGION: Stack.of(replica).region };
  }

  /** By which the nodes of the other region find the groups that they stop. */
  public get tags(): Readonly<Record<string, string>> {
    return { [CLUSTER_TAG]: this.props.clusterName };
  }

  /** Lets a node see whether the marker is there. A list answers also where it is not. */
  public allow(role: iam.IRole): void {
    const { replica, clusterName } = this.props;
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [replica.bucket.bucketArn],
      conditions: { StringEquals: { 's3:prefix': `fence/${clusterName}` } },
    }));
  }

  private requireElsewhere(): void {
    const { replica } = this.props;
    const { account, region } = Stack.of(this);
    if (Token.isUnresolved(account) || Token.isUnresolved(region)) {
      throw new InvalidBackendError(this.cluster, 'DisasterRecovery.environment', 'The account or the region of this stack isn\'t known until deployment (it\'s a token), and a cluster with `disasterRecovery` must have both. '
        + 'Set `env: { account: \'111122223333\', region: \'eu-west-1\' }` with your own values on the stack.');
    }
    const difference = environmentDifference(this, replica, ['account']);
    if (difference !== undefined) {
      throw new InvalidBackendError(this.cluster, 'DisasterRecovery.account', `The copy of the backups is in account '${difference.there}', and this cluster in '${difference.here}'. Declare the copy in this account.`);
    }
    if (Stack.of(replica).region === region) {
      throw new InvalidBackendError(this.cluster, 'DisasterRecovery.region', `The copy of the backups is in the region of the cluster, '${region}', and would be lost with it. Declare the copy in a stack of another region.`);
    }
    if (this.props.isolated) {
      throw new InvalidBackendError(this.cluster, 'DisasterRecovery.isolated', 'Nodes in isolated subnets reach S3 of their own region only, and each must ask the other region whether it has taken over. '
        + 'Set `vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }`.');
    }
    const other = sourceOf(replica);
    if (other !== undefined) {
      throw new InvalidBackendError(this.cluster, 'DisasterRecovery.taken', `'${other.cluster.node.path}' replicates its backups into the same copy. Declare a \`BackupReplica\` for each cluster.`);
    }
  }

  private get cluster(): Construct {
    return this.node.scope as Construct;
  }

  /** A secret of its own, with a name: the one that generates the pass has none, and would get another pass with one. */
  private replicateSecret(): string {
    const { clusterSecret, encryptionKey, replica, removalPolicy } = this.props;
    const name = physicalName(this, { ids: ['Pass'] });
    const secret = new secretsmanager.CfnSecret(this, 'Pass', {
      name,
      description: 'Pass of the backups of a PostgreSQL cluster, for another region',
      kmsKeyId: encryptionKey?.keyArn,
      secretString: Stack.of(this).toJsonString({ cipherPass: `{{resolve:secretsmanager:${clusterSecret.secretArn}:SecretString:cipherPass}}` }),
      replicaRegions: [{ region: Stack.of(replica).region }],
    });
    secret.applyRemovalPolicy(removalPolicy);
    return name;
  }

  /** What the cluster deletes is deleted there as well, since nothing else expires there. S3 keeps the versions. */
  private replicateBackups(): IDependable {
    const { backups, replica } = this.props;
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('s3.amazonaws.com') });
    (backups.node.defaultChild as s3.CfnBucket).replicationConfiguration = {
      role: role.roleArn,
      rules: [{
        id: 'Replica',
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Enabled' },
        destination: { bucket: replica.bucket.bucketArn },
      }],
    };
    return this.allowReplication(role);
  }

  private allowReplication(role: iam.Role): IDependable {
    const { backups, replica } = this.props;
    return new iam.Policy(this, 'Policy', {
      roles: [role],
      statements: [
        new iam.PolicyStatement({ actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'], resources: [backups.bucketArn] }),
        new iam.PolicyStatement({
          actions: ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'],
          resources: [backups.arnForObjects('*')],
        }),
        new iam.PolicyStatement({ actions: ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], resources: [replica.bucket.arnForObjects('*')] }),
      ],
    });
  }
}
