import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { trustOnlyFor } from '../../private/own-trust';

/**
 * Lets the service use the role of a flow log for flow logs of this account only. A role of our own would be another resource: EC2 refuses a second flow
 * log of a network to the same group, and CloudFormation makes the new one first.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
 */
export function trustOwnFlowLogs(flowLog: ec2.FlowLog): void {
  const { account, region, partition } = Stack.of(flowLog);
  trustOnlyFor(flowLog.iamRole?.node.defaultChild as iam.CfnRole, `arn:${partition}:ec2:${region}:${account}:vpc-flow-log/*`);
}
