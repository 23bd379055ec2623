import { CfnParameter, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { casesOf, one, raw, type Build, type Case } from '../judge';

const BUCKET = 'AWS::S3::Bucket';
const TABLE = 'AWS::DynamoDB::Table';
const REPOSITORY = 'AWS::ECR::Repository';
const given = (type: string, properties: (value: string) => Record<string, unknown>): Build => (stack) => (
  void raw(stack, 'Subject', type, properties(new CfnParameter(stack, 'Given').valueAsString))
);
const bucket = (props: s3.BucketProps = {}): Build => (stack) => void new s3.Bucket(stack, 'Bucket', props);
const repository = (props: ecr.RepositoryProps = {}): Build => (stack) => void new ecr.Repository(stack, 'Images', props);

function table(props: Partial<dynamodb.TableProps> = {}): Build {
  return (stack) => void new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, ...props });
}

function scanned(ScanFrequency: string, Filter: string): Build {
  return (stack) => {
    repository()(stack, stack.node.root as never);
    raw(stack, 'Registry', 'AWS::ECR::RegistryScanningConfiguration', { Rules: [{ ScanFrequency, RepositoryFilters: [{ Filter, FilterType: 'WILDCARD' }] }], ScanType: 'ENHANCED' });
  };
}

function foreignPolicy(stack: Stack): void {
  bucket()(stack, stack.node.root as never);
  raw(stack, 'Policy', 'AWS::S3::BucketPolicy', { Bucket: new CfnParameter(stack, 'Given').valueAsString, PolicyDocument: { Statement: [] } });
}

const files = (statement: Record<string, unknown>) => ({ FileSystemPolicy: { Statement: [statement] } });
const mounting = (EFSVolumeConfiguration: Record<string, unknown>): Build => one('AWS::ECS::TaskDefinition', { Volumes: [{ Name: 'files', EFSVolumeConfiguration }] });

/** A bucket and a role that may do something with it. */
function used(service: string, actions: string[], props: s3.BucketProps = {}): Build {
  return (stack) => {
    const written = new s3.Bucket(stack, 'Bucket', props);
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal(service) });
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: [written.arnForObjects('*')] }));
  };
}

const inlineWriter: Build = (stack) => {
  const written = new s3.Bucket(stack, 'Bucket');
  const document = new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['s3:Put*'], resources: [written.arnForObjects('*')] })] });
  new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), inlinePolicies: { document } });
};

const undecidedVersions: Build = (stack) => {
  used('ec2.amazonaws.com', ['s3:PutObject'])(stack, stack.node.root as never);
  (stack.node.findChild('Bucket').node.defaultChild as s3.CfnBucket).addPropertyOverride('VersioningConfiguration.Status', new CfnParameter(stack, 'Given').valueAsString);
};

export const STORAGE_CASES: readonly Case[] = [
  ...casesOf('hardening-log-retention', {
    holds: { 'a year': (stack) => void new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.ONE_YEAR }), 'a parameter': given('AWS::Logs::LogGroup', (value) => ({ RetentionInDays: value })) },
    violation: { 'for ever': [(stack) => void new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.INFINITE }), /for ever/] },
  }),
  ...casesOf('hardening-ecr-immutable-tags', {
    holds: { 'immutable tags': repository({ imageTagMutability: ecr.TagMutability.IMMUTABLE }), 'but some': one(REPOSITORY, { ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' }) },
    violation: { 'as it comes': [repository(), /MUTABLE/] },
    undecided: { 'a parameter': given(REPOSITORY, (value) => ({ ImageTagMutability: value })) },
  }),
  ...casesOf('hardening-ecr-scan', {
    holds: { 'a scan on push': repository({ imageScanOnPush: true }), 'a registry that scans all': scanned('SCAN_ON_PUSH', '*') },
    violation: { 'as it comes': repository(), 'a registry that scans some': scanned('SCAN_ON_PUSH', 'theirs-*'), 'a registry that scans by hand': scanned('MANUAL', '*') },
    undecided: { 'a parameter': given(REPOSITORY, (value) => ({ ImageScanningConfiguration: { ScanOnPush: value } })) },
  }),
  ...casesOf('hardening-ecr-lifecycle', {
    holds: { 'a rule': repository({ lifecycleRules: [{ maxImageCount: 10 }] }) },
    violation: { 'as it comes': repository() },
  }),
  ...casesOf('hardening-data-retained', {
    holds: {
      'a bucket as it comes': bucket(),
      'a protected table': table({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true }),
      'a pool of users that is protected': (stack) => void new cognito.UserPool(stack, 'Users', { deletionProtection: true, removalPolicy: RemovalPolicy.DESTROY }),
      'files that are kept unless their making failed': one('AWS::EFS::FileSystem', {}, { DeletionPolicy: 'RetainExceptOnCreate' }),
      'a bucket that is kept unless its making failed': bucket({ removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }),
      'a table that is kept unless its making failed': table({ removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }),
      'a volume of which a snapshot stays': one('AWS::EC2::Volume', { Size: 8 }, { DeletionPolicy: 'Snapshot' }),
      'a volume that is kept unless its making failed': one('AWS::EC2::Volume', { Size: 8 }, { DeletionPolicy: 'RetainExceptOnCreate' }),
      'a key that is kept unless its making failed': one('AWS::KMS::Key', { KeyPolicy: {} }, { DeletionPolicy: 'RetainExceptOnCreate' }),
    },
    violation: {
      'a bucket': [bucket({ removalPolicy: RemovalPolicy.DESTROY }), /DeletionPolicy is Delete/],
      'a volume': [one('AWS::EC2::Volume', { Size: 8 }, { DeletionPolicy: 'Delete' }), /DeletionPolicy is Delete/],
      'a bucket that does not say': [one(BUCKET), /not set, which means Delete/],
      'a table': [table({ removalPolicy: RemovalPolicy.DESTROY }), /DeletionProtectionEnabled is off/],
      'a key': one('AWS::KMS::Key', { KeyPolicy: {} }, { DeletionPolicy: 'Delete' }),
    },
    undecided: { 'a parameter': given(TABLE, (value) => ({ DeletionProtectionEnabled: value })) },
  }),
  ...casesOf('hardening-files-tls', {
    holds: { 'a policy that denies clear text': one('AWS::EFS::FileSystem', files({ Effect: 'Deny', Principal: '*', Action: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })) },
    violation: {
      'as it comes': [one('AWS::EFS::FileSystem'), /it has no policy/],
      'a policy about something else': [one('AWS::EFS::FileSystem', files({ Effect: 'Allow', Principal: '*', Action: 'elasticfilesystem:ClientWrite' })), /does not deny them/],
    },
    undecided: { 'a parameter': given('AWS::EFS::FileSystem', (value) => ({ FileSystemPolicy: value })) },
  }),
  ...casesOf('hardening-volume-tls', {
    'holds': { 'TLS and IAM': mounting({ TransitEncryption: 'ENABLED', AuthorizationConfig: { IAM: 'ENABLED' } }) },
    'violation': {
      'as it comes': [mounting({}), /in clear text.*TransitEncryption.*\n.*without the permissions of the task role/],
      'no IAM': [mounting({ TransitEncryption: 'ENABLED', AuthorizationConfig: { AccessPointId: 'fsap-1' } }), /^Volume 'files' is mounted without the permissions/],
    },
    'does not apply': { 'a disk of the task': one('AWS::ECS::TaskDefinition', { Volumes: [{ Name: 'disk' }] }) },
  }),
  ...casesOf('hardening-table-recovery', {
    holds: {
      'a table': table({ pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true } }),
      'a global table': one('AWS::DynamoDB::GlobalTable', { Replicas: [{ Region: 'eu-west-1', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }] }),
    },
    violation: {
      'as it comes': [table(), /Point-in-time recovery is off/],
      'one replica of two': one('AWS::DynamoDB::GlobalTable', {
        Replicas: [{ Region: 'eu-west-1', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }, { Region: 'us-east-1' }],
      }),
    },
    undecided: { 'a parameter': given(TABLE, (value) => ({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: value } })) },
  }),
  ...casesOf('hardening-bucket-public-access', {
    holds: { 'all blocked': bucket({ blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL }) },
    violation: {
      'one that is off': [one(BUCKET, { PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true } }), /RestrictPublicBuckets is off/],
      'lists blocked only': [one(BUCKET, { PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true } }), /BlockPublicPolicy, RestrictPublicBuckets are off/],
    },
    undecided: {
      'as it comes': [bucket(), /April 2023/],
      'a parameter': given(BUCKET, (value) => ({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: value, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
        },
      })),
    },
  }),
  ...casesOf('hardening-bucket-tls', {
    holds: { 'a policy': bucket({ enforceSSL: true }) },
    violation: {
      'as it comes': bucket(),
      'a denial for something else': (stack) => void new s3.Bucket(stack, 'Bucket').addToResourcePolicy(new iam.PolicyStatement({
        effect: iam.Effect.DENY, actions: ['s3:DeleteObject'], resources: ['*'], principals: [new iam.AnyPrincipal()], conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
      })),
    },
    undecided: { 'a policy of a bucket from a parameter': foreignPolicy },
  }),
  ...casesOf('hardening-bucket-versions', {
    'holds': { 'backups of instances': used('ec2.amazonaws.com', ['s3:PutObject', 's3:DeleteObject'], { versioned: true }) },
    'advice': {
      'backups of instances without versions': [used('ec2.amazonaws.com', ['s3:PutObject']), /keeps no versions, and 'Main\/Role\/DefaultPolicy' lets code write/],
      'files that a task may delete': used('ecs-tasks.amazonaws.com', ['s3:DeleteObject*']),
      'files that a function may write by a policy in its role': [inlineWriter, /'Main\/Role' lets/],
    },
    'undecided': { 'a parameter': undecidedVersions },
    'does not apply': { 'a bucket that is read only': used('ec2.amazonaws.com', ['s3:GetObject*', 's3:List*']), 'a bucket that nobody of the app writes into': bucket() },
  }),
];
