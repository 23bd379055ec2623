import { App } from 'aws-cdk-lib';
import { Posture } from '../../../src';
import { buildTwoRegions } from '../../support/two-regions';
import { Account } from '../account';
import { ACCOUNT_ID } from '../arns';
import type { GrantRow, GrantTable } from '../grant-table';

/** Roles of a cluster, and of the cluster in another region that recovers from its backups. */
const app = new App();
Posture.production({ terminationProtection: false }).applyTo(app);
const { here, there, server } = buildTwoRegions(app);
const account = new Account(app);

const lost = server.clusterName;
const copy = account.arnIn(there, 'AWS::S3::Bucket', /^ReplicaBucket/);
/** The other region knows the copy by a name that synthesis makes. */
const copyByName = `arn:aws:s3:::${String(account.resources().find(({ id, stackName }) => stackName === 'There' && id.startsWith('ReplicaBucket'))?.resource.Properties?.BucketName)}`;
const backups = account.arnIn(here, 'AWS::S3::Bucket', /^ServerBackups/);
const secretName = String(account.resources().find(({ id }) => id.startsWith('ServerReplicationPass'))?.resource.Properties?.Name);
const group = (region: string) => `arn:aws:autoscaling:${region}:${ACCOUNT_ID}:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/Node1`;
const secret = (name: string) => `arn:aws:secretsmanager:eu-central-1:${ACCOUNT_ID}:secret:${name}`;
const TAG = 'aws:ResourceTag/cdk-private-backend-cluster';
const UPDATE = 'autoscaling:UpdateAutoScalingGroup';
const OTHER_REGION = { 'aws:RequestedRegion': 'eu-west-1' };

const recovering: GrantRow[] = [
  { action: 's3:ListBucket', resources: copy, decision: 'allowed', why: 'find backups in the copy' },
  { action: 's3:GetObject', resources: `${copy}/${lost}/backup/one`, decision: 'allowed', why: 'read backups in the copy' },
  { action: 's3:PutObject', resources: `${copy}/fence/${lost}`, decision: 'allowed', why: 'write the marker' },
  { action: 's3:PutObject', resources: `${copy}/${lost}/backup/one`, decision: 'denied', why: 'change a backup in the copy' },
  { action: 's3:PutObject', resources: `${copy}/fence/other`, decision: 'denied', why: 'fence another cluster' },
  { action: 's3:DeleteObject', resources: `${copy}/fence/${lost}`, decision: 'denied', why: 'take the marker away' },
  { action: 'secretsmanager:GetSecretValue', resources: secret(`${secretName}-AbCdEf`), decision: 'allowed', why: 'read the pass of the backups' },
  { action: 'secretsmanager:GetSecretValue', resources: secret(`${secretName}-other-AbCdEf`), decision: 'denied', why: 'read a secret whose name begins like this' },
  { action: UPDATE, resources: group('eu-west-1'), context: { [TAG]: lost, ...OTHER_REGION }, decision: 'allowed', why: 'stop a group of the lost cluster' },
  { action: UPDATE, resources: group('eu-west-1'), context: { [TAG]: 'other', ...OTHER_REGION }, decision: 'denied', why: 'stop a group of another cluster' },
  { action: UPDATE, resources: group('eu-west-1'), context: OTHER_REGION, decision: 'denied', why: 'stop a group without the tag' },
  { action: UPDATE, resources: group('eu-central-1'), context: { [TAG]: lost }, decision: 'denied', why: 'stop a group of its own region' },
  { action: 'autoscaling:DescribeAutoScalingGroups', resources: '*', context: OTHER_REGION, decision: 'allowed', why: 'find the groups in the other region' },
  { action: 'autoscaling:DescribeAutoScalingGroups', resources: '*', decision: 'denied', why: 'list the groups of its own region' },
];

const fenced: GrantRow[] = [
  { action: 's3:ListBucket', resources: copyByName, context: { 's3:prefix': `fence/${lost}` }, decision: 'allowed', why: 'look for the marker' },
  { action: 's3:ListBucket', resources: copyByName, context: { 's3:prefix': lost }, decision: 'denied', why: 'list the copy of the backups' },
  { action: 's3:ListBucket', resources: copyByName, decision: 'denied', why: 'list all that is in the copy' },
  { action: 's3:GetObject', resources: `${copyByName}/fence/${lost}`, decision: 'denied', why: 'read the marker' },
  { action: 's3:PutObject', resources: `${copyByName}/${lost}/backup/one`, decision: 'denied', why: 'write into the copy itself' },
  { action: 's3:DeleteObject', resources: `${copyByName}/fence/${lost}`, decision: 'denied', why: 'take the marker away' },
];

const replicating: GrantRow[] = [
  { action: 's3:GetObjectVersionForReplication', resources: `${backups}/one`, decision: 'allowed', why: 'read what it replicates' },
  { action: 's3:GetReplicationConfiguration', resources: backups, decision: 'allowed', why: 'read the rule' },
  ...['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'].map((action): GrantRow => ({ action, resources: `${copyByName}/one`, decision: 'allowed', why: 'replicate into the copy' })),
  { action: 's3:GetObject', resources: `${copyByName}/one`, decision: 'denied', why: 'read the copy' },
  { action: 's3:PutObject', resources: `${copyByName}/fence/${lost}`, decision: 'denied', why: 'write the marker' },
  { action: 's3:ReplicateObject', resources: `${backups}/one`, decision: 'denied', why: 'replicate back' },
];

export const tables: GrantTable[] = [
  { title: 'role of a node that recovers from another region', covers: [], policies: account.policiesOfRole(there, /^ServerNode1Role[0-9A-F]{8}$/), rows: recovering },
  { title: 'role of a node that another region may take over from', covers: [], policies: account.policiesOfRole(here, /^ServerNode1Role[0-9A-F]{8}$/), rows: fenced },
  { title: 'role of the replication of backups', covers: [], policies: account.policiesOfRole(here, /^ServerReplicationRole[0-9A-F]{8}$/), rows: replicating },
];
