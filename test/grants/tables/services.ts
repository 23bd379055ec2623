import { App, Stack } from 'aws-cdk-lib';
import { AuditTrail, BackendMonitoring, BackendNetwork, Posture, PrivatePostgres } from '../../../src';
import { Account, type Resource } from '../account';
import { ACCOUNT_ID, REGION } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** What services of AWS may do, for whom, by the policies of resources and the trust of roles. */
const app = new App();
Posture.production().applyTo(app);
const stack = new Stack(app, 'Services', { terminationProtection: true });
const { vpc } = new BackendNetwork(stack, 'Network');
const auditTrail = new AuditTrail(stack, 'Trail');
new BackendMonitoring(stack, 'Monitoring').monitorPostgres(new PrivatePostgres(stack, 'Postgres', { vpc }));
const account = new Account(app);

const OTHER = '444455556666';
const trail = account.text(stack, auditTrail.trailArn);
const bucket = account.arnIn(stack, 'AWS::S3::Bucket', /^TrailLogs/);
const ACL = { 's3:x-amz-acl': 'bucket-owner-full-control' };
const file = `${bucket}/AWSLogs/${ACCOUNT_ID}/CloudTrail/${REGION}/2026/12/01/events.json.gz`;

const trailFiles: GrantRow[] = [
  { action: 's3:GetBucketAcl', resources: bucket, context: { 'aws:SourceArn': trail }, decision: 'allowed', why: 'look at the bucket for this trail' },
  { action: 's3:PutObject', resources: file, context: { ...ACL, 'aws:SourceArn': trail }, decision: 'allowed', why: 'write a file for this trail' },
  { action: 's3:PutObject', resources: file, context: { ...ACL, 'aws:SourceArn': `${trail}2` }, decision: 'denied', why: 'for another trail of the account' },
  { action: 's3:PutObject', resources: file, context: { ...ACL, 'aws:SourceArn': trail.replace(ACCOUNT_ID, OTHER) }, decision: 'denied', why: 'for a trail of this name in another account' },
  { action: 's3:PutObject', resources: file, context: ACL, decision: 'denied', why: 'without saying for whom' },
  { action: 's3:PutObject', resources: file.replace(ACCOUNT_ID, OTHER), context: { ...ACL, 'aws:SourceArn': trail }, decision: 'denied', why: 'below the number of another account' },
  { action: 's3:DeleteObject', resources: file, context: { 'aws:SourceArn': trail }, decision: 'denied', why: 'delete a file' },
];

const keyOf = (id: RegExp) => account.arnIn(stack, 'AWS::KMS::Key', id);

const trailKey: GrantRow[] = [
  { action: 'kms:GenerateDataKey', resources: keyOf(/^TrailKey/), context: { 'aws:SourceArn': trail, 'kms:EncryptionContext:aws:cloudtrail:arn': trail }, decision: 'allowed', why: 'encrypt for this trail' },
  { action: 'kms:GenerateDataKey', resources: keyOf(/^TrailKey/), context: { 'aws:SourceArn': `${trail}2`, 'kms:EncryptionContext:aws:cloudtrail:arn': trail }, decision: 'denied', why: 'encrypt for another trail' },
  { action: 'kms:Decrypt', resources: keyOf(/^TrailKey/), context: { 'aws:SourceArn': trail }, decision: 'denied', why: 'decrypt' },
];

/** For whom CloudWatch acts: this account, another one, nobody that it names. */
function publish(action: string, resource: string): GrantRow[] {
  return [
    { action, resources: resource, context: { 'aws:SourceAccount': ACCOUNT_ID }, decision: 'allowed', why: 'an alarm of this account' },
    { action, resources: resource, context: { 'aws:SourceAccount': OTHER }, decision: 'denied', why: 'an alarm of another account' },
    { action, resources: resource, decision: 'denied', why: 'an alarm of nobody knows whom' },
  ];
}

const FLOW_LOG = `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:vpc-flow-log/fl-0abc`;
const flowLogs = account.arnIn(stack, 'AWS::IAM::Role', /^NetworkFlowLogIAMRole/);

const trust: GrantRow[] = [
  { action: 'sts:AssumeRole', resources: flowLogs, context: { 'aws:SourceAccount': ACCOUNT_ID, 'aws:SourceArn': FLOW_LOG }, decision: 'allowed', why: 'a flow log of this account' },
  { action: 'sts:AssumeRole', resources: flowLogs, context: { 'aws:SourceAccount': OTHER, 'aws:SourceArn': FLOW_LOG.replace(ACCOUNT_ID, OTHER) }, decision: 'denied', why: 'a flow log of another account' },
  { action: 'sts:AssumeRole', resources: flowLogs, context: { 'aws:SourceAccount': ACCOUNT_ID, 'aws:SourceArn': FLOW_LOG.replace(REGION, 'us-east-1') }, decision: 'denied', why: 'a flow log of another region' },
  { action: 'sts:AssumeRole', resources: flowLogs, decision: 'denied', why: 'without saying for whom' },
];

function table(title: string, service: string, [type, id, property]: [string, RegExp, string], rows: GrantRow[]): GrantTable {
  const { resource, stackName } = account.resources().find((each) => each.resource.Type === type && id.test(each.id)) as { resource: Required<Resource>; stackName: string };
  return { title, covers: [], service, policies: [account.document(stackName, resource.Properties[property])], rows };
}

export const tables: GrantTable[] = [
  table('CloudTrail and the bucket of a trail', 'cloudtrail.amazonaws.com', ['AWS::S3::BucketPolicy', /^TrailLogs/, 'PolicyDocument'], trailFiles),
  table('CloudTrail and the key of a trail', 'cloudtrail.amazonaws.com', ['AWS::KMS::Key', /^TrailKey/, 'KeyPolicy'], trailKey),
  table('CloudWatch and the alarm topic', 'cloudwatch.amazonaws.com', ['AWS::SNS::TopicPolicy', /^Monitoring/, 'PolicyDocument'], publish('sns:Publish', account.arnIn(stack, 'AWS::SNS::Topic', /^Monitoring/))),
  table('CloudWatch and the key of the alarm topic', 'cloudwatch.amazonaws.com', ['AWS::KMS::Key', /^MonitoringKey/, 'KeyPolicy'], publish('kms:GenerateDataKey', keyOf(/^MonitoringKey/))),
  table('the service of flow logs and their role', 'vpc-flow-logs.amazonaws.com', ['AWS::IAM::Role', /^NetworkFlowLogIAMRole/, 'AssumeRolePolicyDocument'], trust),
];
