import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BackendNetwork, Egress, Posture, SelfHostedPostgres } from '../../../src';
import { Account, stackIdOf } from '../account';
import { ACCOUNT_ID, REGION } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** The role of a node, beside two others of its cluster, the role of a restore drill, and a second cluster. */
const app = new App();
Posture.production({ terminationProtection: false }).applyTo(app);
const stack = new Stack(app, 'Clusters');
const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natInstance() });
const postgres = new SelfHostedPostgres(stack, 'Postgres', { vpc });
const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
postgres.grantStartRestoreDrill(operator);
new SelfHostedPostgres(stack, 'Other', { vpc, nodes: 1 });
const account = new Account(app);

const arn = (type: string, id: RegExp) => account.arnIn(stack, type, id);
const instance = `arn:aws:ec2:${REGION}:${ACCOUNT_ID}:instance/i-0123456789abcdef0`;
const PROFILE = 'ec2:InstanceProfile';
const profileOf = (id: RegExp) => ({ [PROFILE]: arn('AWS::IAM::InstanceProfile', id) });
const OWN = profileOf(/^PostgresNode2TemplateProfile/);
const STACK_TAG = 'aws:ResourceTag/aws:cloudformation:stack-id';
const ID_TAG = 'aws:ResourceTag/aws:cloudformation:logical-id';

/** A group with the tags that CloudFormation gave it. */
function group(id: RegExp, stackName = 'Clusters') {
  const resources = arn('AWS::AutoScaling::AutoScalingGroup', id);
  const found = account.resources().find((each) => each.resource.Type === 'AWS::AutoScaling::AutoScalingGroup' && id.test(each.id));
  return { resources, context: { [STACK_TAG]: stackIdOf(stackName), [ID_TAG]: found?.id ?? '' } };
}

const objectIn = (id: RegExp) => `${arn('AWS::S3::Bucket', id)}/archive/one`;
const METRICS = 'cloudwatch:namespace';

const node: GrantRow[] = [
  ...['ec2:AttachVolume', 'ec2:DetachVolume'].flatMap((action): GrantRow[] => [
    { action, resources: [arn('AWS::EC2::Volume', /^PostgresNode2Data/), instance], context: OWN, decision: 'allowed', why: 'its volume, to and from an instance of its profile' },
    { action, resources: [arn('AWS::EC2::Volume', /^PostgresNode1Data/), instance], context: OWN, decision: 'denied', why: 'the volume of another node' },
    { action, resources: [arn('AWS::EC2::Volume', /^OtherNode1Data/), instance], context: OWN, decision: 'denied', why: 'the volume of another cluster' },
    { action, resources: [arn('AWS::EC2::Volume', /^PostgresNode2Data/), instance], context: profileOf(/^PostgresNode1TemplateProfile/), decision: 'denied', why: 'its volume, to the instance of another node' },
    { action, resources: [arn('AWS::EC2::Volume', /^PostgresNode2Data/), instance], decision: 'denied', why: 'its volume, to an instance without a profile' },
  ]),
  { action: 'ec2:DeleteVolume', resources: arn('AWS::EC2::Volume', /^PostgresNode2Data/), decision: 'denied', why: 'delete its volume' },
  { action: 'ec2:CreateSnapshot', resources: arn('AWS::EC2::Volume', /^PostgresNode2Data/), decision: 'denied', why: 'copy its volume' },
  { action: 'ec2:TerminateInstances', resources: instance, context: OWN, decision: 'denied', why: 'terminate instances' },
  ...['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'].flatMap((action): GrantRow[] => [
    { action, ...group(/^PostgresNode2Group/), decision: 'allowed', why: 'answer the hooks of its group' },
    { action, ...group(/^PostgresNode1Group/), decision: 'denied', why: 'answer for another node' },
    { action, ...group(/^OtherNode1Group/), decision: 'denied', why: 'answer for another cluster' },
    { action, ...group(/^PostgresNode2Group/, 'AnyStack'), decision: 'denied', why: 'answer for the same node of another stack' },
    { action, resources: group(/^PostgresNode2Group/).resources, decision: 'denied', why: 'answer for a group without the tags of CloudFormation' },
  ]),
  { action: 'autoscaling:DescribeAutoScalingInstances', resources: '*', decision: 'allowed', why: 'find the name of its group, of all that there are' },
  { action: 'autoscaling:SetDesiredCapacity', ...group(/^PostgresNode2Group/), decision: 'denied', why: 'change its group' },
  { action: 'cloudformation:SignalResource', resources: stackIdOf('Clusters'), decision: 'allowed', why: 'say that it is ready' },
  { action: 'cloudformation:SignalResource', resources: stackIdOf('AnyStack'), decision: 'denied', why: 'signal another stack' },
  ...[/^PostgresAdminSecret/, /^PostgresClusterSecret/].map((id): GrantRow => ({ action: 'secretsmanager:GetSecretValue', resources: arn('AWS::SecretsManager::Secret', id), decision: 'allowed', why: 'read the secrets of its cluster' })),
  { action: 'secretsmanager:GetSecretValue', resources: arn('AWS::SecretsManager::Secret', /^OtherAdminSecret/), decision: 'denied', why: 'read a secret of another cluster' },
  { action: 'secretsmanager:PutSecretValue', resources: arn('AWS::SecretsManager::Secret', /^PostgresAdminSecret/), decision: 'denied', why: 'change a secret' },
  { action: 'lambda:InvokeFunction', resources: arn('AWS::Lambda::Alias', /^PostgresAuthorityNode2/), decision: 'allowed', why: 'get a certificate with its own names' },
  { action: 'lambda:InvokeFunction', resources: arn('AWS::Lambda::Alias', /^PostgresAuthorityNode1/), decision: 'denied', why: 'get a certificate of another node' },
  { action: 'lambda:InvokeFunction', resources: arn('AWS::Lambda::Alias', /^OtherAuthorityNode1/), decision: 'denied', why: 'get a certificate of another cluster' },
  { action: 'kms:Sign', resources: arn('AWS::KMS::Key', /^PostgresAuthorityKey/), decision: 'denied', why: 'sign with the key of the authority' },
  ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectVersion'].flatMap((action): GrantRow[] => [
    { action, resources: objectIn(/^PostgresBackups/), decision: 'allowed', why: 'write, read and expire backups' },
    { action, resources: objectIn(/^OtherBackups/), decision: 'denied', why: 'the backups of another cluster' },
  ]),
  { action: 's3:ListBucket', resources: arn('AWS::S3::Bucket', /^PostgresBackups/), decision: 'allowed', why: 'list backups' },
  { action: 's3:DeleteObjectVersion', resources: objectIn(/^PostgresBackups/), decision: 'denied', why: 'delete a backup for good' },
  { action: 's3:PutBucketVersioning', resources: arn('AWS::S3::Bucket', /^PostgresBackups/), decision: 'denied', why: 'turn versions off' },
  { action: 's3:PutLifecycleConfiguration', resources: arn('AWS::S3::Bucket', /^PostgresBackups/), decision: 'denied', why: 'let versions expire earlier' },
  { action: 'cloudwatch:PutMetricData', resources: '*', context: { [METRICS]: 'CdkPrivateBackend/SelfHostedPostgres' }, decision: 'allowed', why: 'publish metrics of clusters' },
  { action: 'cloudwatch:PutMetricData', resources: '*', context: { [METRICS]: 'AWS/RDS' }, decision: 'denied', why: 'publish other metrics' },
  { action: 'ssmmessages:OpenDataChannel', resources: '*', decision: 'allowed', why: 'take sessions of Session Manager' },
  { action: 'ssm:StartSession', resources: '*', decision: 'denied', why: 'open sessions elsewhere' },
];

const drillOf = (id: RegExp) => arn('AWS::S3::Bucket', id);
const underIn = (id: RegExp, key: string) => `${drillOf(id)}/${key}`;

const drill: GrantRow[] = [
  { action: 's3:GetObject', resources: underIn(/^PostgresBackups/, `${postgres.clusterName}/backup/one`), decision: 'allowed', why: 'read backups' },
  { action: 's3:GetObject', resources: underIn(/^OtherBackups/, `${postgres.clusterName}/backup/one`), decision: 'denied', why: 'read backups of another cluster' },
  { action: 's3:ListBucket', resources: drillOf(/^PostgresBackups/), decision: 'allowed', why: 'find backups' },
  { action: 's3:PutObject', resources: underIn(/^PostgresBackups/, `drill/${postgres.clusterName}/result.json`), decision: 'allowed', why: 'say how it went' },
  ...['s3:PutObject', 's3:DeleteObject'].map((action): GrantRow => (
    { action, resources: underIn(/^PostgresBackups/, `${postgres.clusterName}/backup/one`), decision: 'denied', why: 'change a backup' })),
  { action: 's3:DeleteObject', resources: underIn(/^PostgresBackups/, `drill/${postgres.clusterName}/result.json`), decision: 'denied', why: 'remove what another drill said' },
  { action: 'secretsmanager:GetSecretValue', resources: arn('AWS::SecretsManager::Secret', /^PostgresClusterSecret/), decision: 'allowed', why: 'read the pass of the backups' },
  { action: 'secretsmanager:GetSecretValue', resources: arn('AWS::SecretsManager::Secret', /^PostgresAdminSecret/), decision: 'denied', why: 'log in to the cluster' },
  { action: 'lambda:InvokeFunction', resources: arn('AWS::Lambda::Alias', /^PostgresAuthorityNode1/), decision: 'denied', why: 'get a certificate of a node' },
  { action: 'ec2:AttachVolume', resources: [arn('AWS::EC2::Volume', /^PostgresNode1Data/), instance], context: profileOf(/^PostgresRestoreDrillTemplateProfile/), decision: 'denied', why: 'take the volume of a node' },
  { action: 'autoscaling:TerminateInstanceInAutoScalingGroup', ...group(/^PostgresRestoreDrillGroup/), decision: 'allowed', why: 'end itself' },
  { action: 'autoscaling:TerminateInstanceInAutoScalingGroup', ...group(/^PostgresNode1Group/), decision: 'denied', why: 'end a node' },
  { action: 'autoscaling:TerminateInstanceInAutoScalingGroup', ...group(/^OtherRestoreDrillGroup/), decision: 'denied', why: 'end the drill of another cluster' },
  { action: 'cloudwatch:PutMetricData', resources: '*', context: { [METRICS]: 'CdkPrivateBackend/SelfHostedPostgres' }, decision: 'allowed', why: 'publish how it went' },
];

const starter: GrantRow[] = [
  { action: 'autoscaling:SetDesiredCapacity', ...group(/^PostgresRestoreDrillGroup/), decision: 'allowed', why: 'start a drill' },
  { action: 'autoscaling:SetDesiredCapacity', ...group(/^PostgresNode1Group/), decision: 'denied', why: 'stop a node' },
  { action: 'autoscaling:SetDesiredCapacity', ...group(/^OtherRestoreDrillGroup/), decision: 'denied', why: 'start a drill of another cluster' },
  { action: 'autoscaling:UpdateAutoScalingGroup', ...group(/^PostgresRestoreDrillGroup/), decision: 'denied', why: 'launch something else' },
];

export const tables: GrantTable[] = [
  { title: 'role of a node of a self-hosted cluster', covers: [], policies: account.policiesOfRole(stack, /^PostgresNode2Role[0-9A-F]{8}$/), rows: node },
  { title: 'role of a restore drill of a self-hosted cluster', covers: [], policies: account.policiesOfRole(stack, /^PostgresRestoreDrillRole[0-9A-F]{8}$/), rows: drill },
  { title: '`SelfHostedPostgres.grantStartRestoreDrill`', covers: ['SelfHostedPostgres.grantStartRestoreDrill'], policies: account.policiesOf(operator), rows: starter },
];
