import { ArnFormat, Duration, Stack, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { createSessionDocument } from './session-document';
import { serveLogs } from '../../network/shared/log-encryption';

/** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-max-timeout.html */
const LONGEST_SESSION = Duration.hours(12);

/** How shells run, and how they are logged. */
export interface ShellSessionProps {
  readonly logging: boolean;
  readonly retention: logs.RetentionDays;
  readonly removalPolicy: RemovalPolicy;
  readonly encryptionKey?: kms.IKey;
  /** The instance's role, which the agent writes the log with. */
  readonly role: iam.IRole;
  /** User of the instance that the shell runs as. */
  readonly user: string;
}

/** A session document of one's own, because the account's default preferences may log nowhere. */
export class ShellSession extends Construct {
  public readonly documentName: string;
  public readonly logGroup?: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ShellSessionProps) {
    super(scope, id);
    this.logGroup = props.logging ? this.createLogGroup(props) : undefined;
    this.documentName = this.createDocument(props).ref;
  }

  private createLogGroup(props: ShellSessionProps): logs.LogGroup {
    const group = new logs.LogGroup(this, 'Logs', {
      retention: props.retention,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    });
    serveLogs(this, props.encryptionKey);
    group.grant(props.role, 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams');
    // The agent looks the group up among all groups to see whether it is encrypted.
    props.role.addToPrincipalPolicy(new iam.PolicyStatement({
      actions: ['logs:DescribeLogGroups'],
      resources: [Stack.of(this).formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    }));
    return group;
  }

  private createDocument(props: ShellSessionProps): ssm.CfnDocument {
    return createSessionDocument(this, {
      description: 'Shell on the bastion',
      sessionType: 'Standard_Stream',
      inputs: {
        s3BucketName: '',
        s3KeyPrefix: '',
        s3EncryptionEnabled: false,
        cloudWatchLogGroupName: this.logGroup?.logGroupName ?? '',
        cloudWatchEncryptionEnabled: this.logGroup !== undefined && props.encryptionKey !== undefined,
        cloudWatchStreamingEnabled: this.logGroup !== undefined,
        kmsKeyId: '',
        // No user of that name on another bastion, no session there: IAM can't tie a document to an instance.
        runAsEnabled: true,
        runAsDefaultUser: props.user,
        idleSessionTimeout: '20',
        maxSessionDuration: String(LONGEST_SESSION.toMinutes()),
      },
    });
  }
}
