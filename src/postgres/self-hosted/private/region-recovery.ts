import { Aws, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { RegionPart } from './region-part';
import { CLUSTER_TAG } from './region-replication';
import { sourceOf, type ReplicaSource } from './replica-source';
import { InvalidBackendError, problem } from '../../../private/errors';
import type { IBackupReplica } from '../backup-replica';

/** Which copy of backups a cluster is made of. */
export interface RegionRecoveryProps {
  readonly replica: IBackupReplica;
  readonly adminUsername: string;
}

/** Lets a cluster restore what the cluster of another region left, and keep that one from writing. Everything of the other region is a name: it may be lost. */
export class RegionRecovery extends Construct implements RegionPart {
  public readonly tags = {};
  public readonly dependencies = [];

  constructor(scope: Construct, id: string, private readonly props: RegionRecoveryProps) {
    super(scope, id);
    this.requireHere();
    this.node.addValidation({ validate: () => this.validateAdmin() });
  }

  public get environment(): Readonly<Record<string, string>> {
    return {
      RESTORE_BUCKET: this.props.replica.bucket.bucketName,
      RESTORE_CLUSTER: this.fromSource(({ clusterName }) => clusterName),
      RESTORE_SECRET: this.fromSource(({ secretName }) => secretName),
      FENCED_REGION: this.fromSource(({ region }) => region),
    };
  }

  /** Lets a node read the copy and its pass, write the marker, and stop the groups of the other cluster. */
  public allow(role: iam.IRole): void {
    const { bucket } = this.props.replica;
    const { account, region } = Stack.of(this);
    const allow = (actions: string[], resource: string, conditions?: object) => {
      role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: [resource], ...(conditions && { conditions: { StringEquals: conditions } }) }));
    };
    allow(['s3:ListBucket'], bucket.bucketArn);
    allow(['s3:GetObject'], bucket.arnForObjects('*'));
    allow(['s3:PutObject'], bucket.arnForObjects(`fence/${this.fromSource(({ clusterName }) => clusterName)}`));
    // Secrets Manager adds six characters to the name.
    allow(['secretsmanager:GetSecretValue'], `arn:${Aws.PARTITION}:secretsmanager:${region}:${account}:secret:${this.fromSource(({ secretName }) => secretName)}-??????`);
    // Groups can be asked for all at once only.
    allow(['autoscaling:DescribeAutoScalingGroups'], '*', { 'aws:RequestedRegion': this.fromSource(({ region: there }) => there) });
    allow(['autoscaling:UpdateAutoScalingGroup'], `arn:${Aws.PARTITION}:autoscaling:${this.fromSource(({ region: there }) => there)}:${account}:autoScalingGroup:*:autoScalingGroupName/*`,
      { [`aws:ResourceTag/${CLUSTER_TAG}`]: this.fromSource(({ clusterName }) => clusterName) });
  }

  private requireHere(): void {
    const { replica } = this.props;
    const [here, there] = [Stack.of(this).region, Stack.of(replica).region];
    if (here !== there) {
      throw new InvalidBackendError(this.node.scope!, 'SelfHostedPostgres.recoverFrom', `The copy of the backups in \`recoverFrom\` is in region '${there}', and this cluster in ${shown(here)}. `
        + 'Declare the cluster in a stack with the same `env` as the copy.');
    }
  }

  /** Objects of databases belong to roles that the admin manages, and another admin does not. */
  private validateAdmin(): string[] {
    const { replica, adminUsername } = this.props;
    const source = sourceOf(replica);
    return source === undefined || source.adminUsername === adminUsername ? [] : [problem('SelfHostedPostgres.recoverFromAdmin', `The admin of this cluster is '${adminUsername}', `
      + `and the backups in \`recoverFrom\` come from '${source.cluster.node.path}', where the admin '${source.adminUsername}' manages all roles. Set \`adminUsername: '${source.adminUsername}'\`.`)];
  }

  /** The other cluster may be declared later. Where none is, the copy says so. */
  private fromSource(get: (source: ReplicaSource) => string): string {
    return Lazy.string({
      produce: () => {
        const source = sourceOf(this.props.replica);
        return source === undefined ? 'unknown' : get(source);
      },
    });
  }
}

function shown(region: string): string {
  return Token.isUnresolved(region) ? 'one that isn\'t known until deployment (it\'s a token)' : `'${region}'`;
}
