import { App, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AuditTrail, BackendNetwork, Egress, Posture, PrivatePostgres, SsmBastion } from '../../../src';
import { Account, stackIdOf } from '../account';
import { ACCOUNT_ID, REGION } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** Roles that the library gives to its own functions and instances, next to a second server. */
const app = new App();
Posture.production().applyTo(app);
const stack = new Stack(app, 'Library', { terminationProtection: true });
const { vpc } = new BackendNetwork(stack, 'Network', { egress: Egress.natInstance() });
const key = new kms.Key(stack, 'Key');
new PrivatePostgres(stack, 'Postgres', { vpc }).addUser('Api', { encryptionKey: key });
new PrivatePostgres(stack, 'Other', { vpc });
new SsmBastion(stack, 'Bastion', { vpc });
new AuditTrail(stack, 'Trail', { sendToCloudWatchLogs: true });
const account = new Account(app);

const arn = (type: string, id: RegExp) => account.arnIn(stack, type, id);
const lambda = (id: RegExp) => arn('AWS::Lambda::Function', id);
const stream = (id: RegExp) => arn('AWS::Logs::LogGroup', id).replace(/\*$/, 'log-stream:one');

const ROLE_TAG = 'aws:ResourceTag/cdk-private-backend:broker-role';
const STACK_TAG = 'aws:ResourceTag/aws:cloudformation:stack-id';
const conductorRole = arn('AWS::IAM::Role', /^PostgresBrokerConductorRole/);
const OWN = { [ROLE_TAG]: conductorRole, [STACK_TAG]: stackIdOf('AnyStack') };
const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:AnyStack-ApiSecret-AbCdEf`;
const [admin, otherAdmin] = [/^Postgres[0-9A-F]{8}$/, /^Other[0-9A-F]{8}$/].map((id) => arn('AWS::RDS::DBInstance', id).replace(/^.*:db:/, `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:rds!db-`) + '-AbCdEf');
const THROUGH = { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` };
const keyArn = arn('AWS::KMS::Key', /^Key/);

/** A log group that a server exports to, in either form that IAM may compare. */
const exportedTo = (id: RegExp) => {
  const group = arn('AWS::RDS::DBInstance', id).replace(/^.*:db:(.*)$/, `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:/aws/rds/instance/$1/postgresql`);
  return [group, `${group}:*`, `${group}:log-stream:`];
};

const conductor: GrantRow[] = [
  ...['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteRetentionPolicy'].flatMap((action): GrantRow[] => [
    ...exportedTo(/^Postgres[0-9A-F]{8}$/).map((resources): GrantRow => ({ action, resources, decision: 'allowed', why: 'the retention of a log that its server exports' })),
    ...exportedTo(/^Other[0-9A-F]{8}$/).map((resources): GrantRow => ({ action, resources, decision: 'denied', why: 'the retention of a log of another server' })),
  ]),
  { action: 'logs:DeleteLogGroup', resources: exportedTo(/^Postgres[0-9A-F]{8}$/)[0], decision: 'denied', why: 'delete the log of its server' },
  ...['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']
    .map((action): GrantRow => ({ action, resources: secret, context: OWN, decision: 'allowed', why: 'the secret of a user, of any stack, that CloudFormation made and that has the tag of this conductor' })),
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: { ...OWN, [ROLE_TAG]: arn('AWS::IAM::Role', /^OtherBrokerConductorRole/) }, decision: 'denied', why: 'the secret of a user of another server' },
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: { [ROLE_TAG]: conductorRole }, decision: 'denied', why: 'a secret that somebody made without CloudFormation and tagged' },
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: { [STACK_TAG]: OWN[STACK_TAG] }, decision: 'denied', why: 'a secret of CloudFormation without the tag' },
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: { ...OWN, [ROLE_TAG]: conductorRole.toUpperCase() }, decision: 'denied', why: 'a tag in another case' },
  { action: 'secretsmanager:GetSecretValue', resources: secret.replace(REGION, 'us-east-1'), context: OWN, decision: 'denied', why: 'a secret of another region' },
  { action: 'secretsmanager:GetSecretValue', resources: secret.replace(ACCOUNT_ID, '444455556666'), context: OWN, decision: 'denied', why: 'a secret of another account' },
  { action: 'secretsmanager:DeleteSecret', resources: secret, context: OWN, decision: 'denied', why: 'delete a secret' },
  { action: 'secretsmanager:TagResource', resources: secret, context: OWN, decision: 'denied', why: 'tag a secret' },
  { action: 'secretsmanager:GetSecretValue', resources: admin, decision: 'allowed', why: 'the admin\'s secret of its server' },
  { action: 'secretsmanager:PutSecretValue', resources: admin, decision: 'denied', why: 'change the admin\'s secret' },
  { action: 'secretsmanager:GetSecretValue', resources: otherAdmin, decision: 'denied', why: 'the admin\'s secret of another server' },
  { action: 'kms:Decrypt', resources: keyArn, context: THROUGH, decision: 'allowed', why: 'the key of a user\'s secret, through Secrets Manager' },
  { action: 'kms:GenerateDataKey', resources: keyArn, context: THROUGH, decision: 'allowed', why: 'encrypt a new version of the secret' },
  { action: 'kms:Decrypt', resources: keyArn, decision: 'denied', why: 'use the key for anything else' },
  { action: 'lambda:InvokeFunction', resources: lambda(/^PostgresBrokerSql/), decision: 'allowed', why: 'call the SQL function of its server' },
  { action: 'lambda:InvokeFunction', resources: lambda(/^PostgresBrokerConductor/), decision: 'allowed', why: 'hand over to itself' },
  { action: 'lambda:InvokeFunction', resources: lambda(/^OtherBrokerSql/), decision: 'denied', why: 'call the SQL function of another server' },
  { action: 'lambda:UpdateFunctionCode', resources: lambda(/^PostgresBrokerSql/), decision: 'denied', why: 'change a function' },
  { action: 'rds:DescribeDBInstances', resources: arn('AWS::RDS::DBInstance', /^Postgres/), decision: 'allowed', why: 'look why its server does not answer' },
  { action: 'rds:DescribeDBInstances', resources: arn('AWS::RDS::DBInstance', /^Other/), decision: 'denied', why: 'look at another server' },
  { action: 'rds:ModifyDBInstance', resources: arn('AWS::RDS::DBInstance', /^Postgres/), decision: 'denied', why: 'change its server' },
  { action: 'logs:PutLogEvents', resources: stream(/^PostgresBrokerConductorLogs/), decision: 'allowed', why: 'write its log' },
  { action: 'logs:PutLogEvents', resources: stream(/^PostgresBrokerSqlLogs/), decision: 'denied', why: 'write another log' },
  { action: 'iam:PassRole', resources: conductorRole, decision: 'denied', why: 'give its role to something else' },
  { action: 'ec2:CreateNetworkInterface', resources: '*', decision: 'denied', why: 'enter a network' },
];

const CODE = { 'lambda:SourceFunctionArn': lambda(/^PostgresBrokerSql/) };

const sql: GrantRow[] = [
  ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'].flatMap((action): GrantRow[] => [
    { action, resources: '*', decision: 'allowed', why: 'Lambda gives the function its interfaces' },
    { action, resources: '*', context: CODE, decision: 'denied', why: 'the code of the function does the same' },
  ]),
  { action: 'logs:PutLogEvents', resources: stream(/^PostgresBrokerSqlLogs/), decision: 'allowed', why: 'write its log' },
  { action: 'secretsmanager:GetSecretValue', resources: admin, context: CODE, decision: 'denied', why: 'read the admin\'s secret' },
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: { ...CODE, ...OWN }, decision: 'denied', why: 'read a user\'s secret' },
  { action: 'lambda:InvokeFunction', resources: lambda(/^PostgresBrokerConductor/), context: CODE, decision: 'denied', why: 'call the conductor' },
];

const CHANNELS = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'];

const bastion: GrantRow[] = [
  ...CHANNELS.map((action): GrantRow => ({ action, resources: '*', decision: 'allowed', why: 'answer Session Manager' })),
  { action: 'logs:PutLogEvents', resources: stream(/^BastionShellLogs/), decision: 'allowed', why: 'write the log of its shells' },
  { action: 'logs:DescribeLogGroups', resources: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:*`, decision: 'allowed', why: 'see whether that log is encrypted, which takes the list of all groups' },
  { action: 'logs:GetLogEvents', resources: stream(/^BastionShellLogs/), decision: 'denied', why: 'read the log of its shells' },
  { action: 'logs:DeleteLogStream', resources: stream(/^BastionShellLogs/), decision: 'denied', why: 'delete the log of its shells' },
  { action: 'ssm:GetParameter', resources: `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter/any`, decision: 'denied', why: 'read parameters, as the managed policy of AWS lets it' },
  { action: 'ssm:StartSession', resources: '*', decision: 'denied', why: 'open sessions elsewhere' },
  { action: 'secretsmanager:GetSecretValue', resources: secret, context: OWN, decision: 'denied', why: 'read secrets' },
  { action: 's3:GetObject', resources: 'arn:aws:s3:::any/object', decision: 'denied', why: 'read objects' },
];

const nat: GrantRow[] = [
  ...CHANNELS.map((action): GrantRow => ({ action, resources: '*', decision: 'denied', why: 'answer Session Manager' })),
  { action: 'ec2:ModifyInstanceAttribute', resources: '*', decision: 'denied', why: 'change itself' },
  { action: 's3:GetObject', resources: 'arn:aws:s3:::any/object', decision: 'denied', why: 'read objects' },
];

const trail: GrantRow[] = [
  { action: 'logs:CreateLogStream', resources: stream(/^TrailLogGroup/), decision: 'allowed', why: 'write events to the trail\'s log group' },
  { action: 'logs:PutLogEvents', resources: stream(/^TrailLogGroup/), decision: 'allowed', why: 'write events to the trail\'s log group' },
  { action: 'logs:PutLogEvents', resources: stream(/^NetworkFlowLogs/), decision: 'denied', why: 'write to another log group' },
  { action: 'logs:DeleteLogGroup', resources: arn('AWS::Logs::LogGroup', /^TrailLogGroup/), decision: 'denied', why: 'delete the log group' },
  { action: 'logs:PutRetentionPolicy', resources: arn('AWS::Logs::LogGroup', /^TrailLogGroup/), decision: 'denied', why: 'shorten how long it is kept' },
];

const flows: GrantRow[] = [
  { action: 'logs:PutLogEvents', resources: stream(/^NetworkFlowLogs/), decision: 'allowed', why: 'write flow logs' },
  { action: 'logs:PutLogEvents', resources: stream(/^TrailLogGroup/), decision: 'denied', why: 'write to another log group' },
  { action: 'logs:DeleteLogGroup', resources: arn('AWS::Logs::LogGroup', /^NetworkFlowLogs/), decision: 'denied', why: 'delete the log group' },
];

const role = (title: string, id: RegExp, rows: GrantRow[]): GrantTable => ({ title, covers: [], policies: account.policiesOfRole(stack, id), rows });

export const tables: GrantTable[] = [
  role('role of the conductor', /^PostgresBrokerConductorRole/, conductor),
  role('role of the SQL function', /^PostgresBrokerSqlRole/, sql),
  role('role of the bastion', /^BastionRole/, bastion),
  role('role of a NAT instance', /^NetworkNatRole/, nat),
  role('role of an audit trail', /^TrailDeliveryRole/, trail),
  role('role of flow logs', /^NetworkFlowLogIAMRole/, flows),
];
