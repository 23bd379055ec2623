import { Stack } from 'aws-cdk-lib';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';

/** Lets a service take over a role that CDK made for this account only, and for resources whose ARN is like this. */
export function trustOnlyFor(role: CfnRole, sourceArn: string): void {
  role.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', {
    StringEquals: { 'aws:SourceAccount': Stack.of(role).account },
    ArnLike: { 'aws:SourceArn': sourceArn },
  });
}
