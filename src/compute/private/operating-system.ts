import type { CfnResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';

/** What differs between the operating systems of instances. */
export interface OperatingSystem {
  /** Part of the ids of launch templates. Empty for the system of the first instances of this library, whose ids stay. */
  readonly id: string;
  /** Device of the root disk, as the image names it. */
  readonly rootDevice: string;
  /** Whether packages come from mirrors that are not in S3. */
  readonly needsMirrors: boolean;
  /** Commands that install security updates. */
  readonly securityUpdates: string[];
  /** Public parameter of Systems Manager with the newest image. */
  parameterOf(architecture: ec2.InstanceArchitecture): string;
  /** Bash lines that make packages, the AWS CLI and the agent of Session Manager ready to use. They may use `retry`. */
  packages(orElse: string): string[];
  /** Bash lines that send `$code` and `$reason` to CloudFormation. */
  signal(resource: CfnResource): string[];
  /** What the role of an instance needs to signal. */
  signalStatements(): iam.PolicyStatement[];
}
