import { HOLDS, judgeFlagValue, listed, open, reasonOf, wrong, type Answer, type HardeningRule } from './hardening-rule';
import { identityStatements, includesAction, statementsAt, type Statement } from './statements';
import type { World } from './world';
import { isMap, listOf, literalText, mentionsOf, rendered, resourceOf, type ModelResource } from '../../private/model';
import { storeColumn } from '../../private/store-types';

const BUCKET = 'AWS::S3::Bucket';
const TABLES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** How AWS itself refuses to delete something, by type: the property, and the value that turns it on. */
const PROTECTION: { readonly [type: string]: readonly [string, string] } = {
  'AWS::DynamoDB::Table': ['DeletionProtectionEnabled', 'true'],
  'AWS::Cognito::UserPool': ['DeletionProtection', 'ACTIVE'],
};

function judgeRemoval(resource: ModelResource): Answer {
  if (resource.deletionPolicy !== undefined && resource.deletionPolicy !== 'Delete') {
    return HOLDS;
  }
  const [path, on] = PROTECTION[resource.type] ?? [];
  if (path !== undefined && resource.text(path) === on) {
    return HOLDS;
  }
  const message = `Its data is gone with the stack: DeletionPolicy is ${resource.deletionPolicy ?? 'not set, which means Delete'}`;
  return path !== undefined && resource.value(path) !== undefined && resource.text(path) === undefined
    ? open(`${message}, and ${path} is known at deployment only.`, path)
    : wrong(`${message}${path === undefined ? '' : `, and ${path} is off`}.`);
}

const BLOCKS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

function judgePublicAccess(bucket: ModelResource): Answer {
  const path = 'PublicAccessBlockConfiguration';
  const block = bucket.value(path);
  if (block === undefined) {
    return open('It does not say that public access is blocked: S3 does so for buckets made since April 2023, not for older ones.', path);
  }
  const values = isMap(block) ? BLOCKS.map((name) => ({ name, text: block[name] === undefined ? 'false' : literalText(block[name]) })) : [];
  const off = values.filter(({ text }) => text !== undefined && text !== 'true').map(({ name }) => name);
  if (off.length > 0) {
    return wrong(`It allows public access: ${listed(off)} ${off.length === 1 ? 'is' : 'are'} off.`, path);
  }
  return values.length === 0 || values.some(({ text }) => text === undefined) ? open('Whether public access is blocked is known at deployment only.', path) : HOLDS;
}

function deniesClearText({ allows, conditions }: Statement): boolean {
  return !allows && conditions.some(({ operator, key, values }) => (
    /^Bool/.test(operator) && key.toLowerCase() === 'aws:securetransport' && values.some((value) => literalText(value) === 'false')
  ));
}

function judgeTransport(bucket: ModelResource, world: World): Answer {
  const policies = world.pointingAt('AWS::S3::BucketPolicy', 'Bucket', bucket);
  if (policies.some((policy) => statementsAt(policy.value('PolicyDocument'), 'PolicyDocument').some(deniesClearText))) {
    return HOLDS;
  }
  return world.open('AWS::S3::BucketPolicy', 'Bucket').length > 0
    ? open('Whether one of the bucket policies is meant for it is not in the templates.')
    : wrong('It answers requests without TLS: no policy denies them.');
}

/** Stores whose policy refuses clients without TLS. */
const FILES_TLS = Object.fromEntries(Object.entries(storeColumn('tls')).filter(([, { by }]) => by === 'policy'));

function judgeFileSystem(files: ModelResource): Answer {
  const { path } = FILES_TLS[files.type];
  const policy = files.value(path);
  if (policy === undefined) {
    return wrong('Whoever reaches a mount target may mount it, without TLS and without the permission of IAM: it has no policy.', path);
  }
  if (!isMap(policy)) {
    return open('Whether it refuses clients without TLS is known at deployment only.', path);
  }
  return statementsAt(policy, path).some(deniesClearText) ? HOLDS : wrong('It answers clients without TLS: its policy does not deny them.', path);
}

function judgeVolumes(task: ModelResource): Answer {
  const volumes = task.list('Volumes').flatMap((volume) => (isMap(volume) && isMap(volume.EFSVolumeConfiguration) ? [{ name: literalText(volume.Name), files: volume.EFSVolumeConfiguration }] : []));
  return volumes.length === 0 ? undefined : volumes.flatMap(({ name, files }) => {
    const access = isMap(files.AuthorizationConfig) ? literalText(files.AuthorizationConfig.IAM) : undefined;
    return [
      ...(literalText(files.TransitEncryption) === 'ENABLED' ? [] : wrong(`Volume '${name}' is mounted in clear text: TransitEncryption is not ENABLED.`, 'Volumes')),
      ...(access === 'ENABLED' ? [] : wrong(`Volume '${name}' is mounted without the permissions of the task role: AuthorizationConfig.IAM is not ENABLED.`, 'Volumes')),
    ];
  });
}

/** Who runs code of the app. A service of AWS that delivers logs is no principal of a role. */
const WORKLOADS = /^(ec2|ecs-tasks|lambda)\./;
const WRITING = ['s3:PutObject', 's3:DeleteObject'];

/** Roles and policies that let the code of the app write into a bucket or delete from it. */
function writersOf(bucket: ModelResource, world: World): ModelResource[] {
  const places = [['AWS::IAM::Role', 'Policies'], ['AWS::IAM::Policy', 'PolicyDocument'], ['AWS::IAM::ManagedPolicy', 'PolicyDocument']] as const;
  const holders = places.flatMap(([type, path]) => world.pointingAt(type, path, bucket));
  return holders.filter((holder) => (identityStatements(holder) ?? []).some((statement) => writes(statement, bucket)) && rolesOf(holder).some(isWorkload));
}

function writes({ allows, actions, resources }: Statement, bucket: ModelResource): boolean {
  const isAboutIt = resources.some((resource) => mentionsOf(resource).includes(bucket));
  return allows && isAboutIt && actions.some((pattern) => WRITING.some((action) => includesAction(pattern, action)));
}

function rolesOf(holder: ModelResource): ModelResource[] {
  return holder.type === 'AWS::IAM::Role' ? [holder] : holder.list('Roles').flatMap((role) => resourceOf(role) ?? []);
}

function isWorkload(role: ModelResource): boolean {
  const services = statementsAt(role.value('AssumeRolePolicyDocument'), '').flatMap(({ principal }) => (isMap(principal) ? listOf(principal.Service) : []));
  return services.some((service) => WORKLOADS.test(rendered(service)));
}

function judgeVersions(bucket: ModelResource, world: World): Answer {
  const [writer] = writersOf(bucket, world);
  const path = 'VersioningConfiguration.Status';
  if (writer === undefined) {
    return undefined;
  }
  const value = bucket.value(path) ?? bucket.value('VersioningConfiguration');
  const text = literalText(value);
  return value !== undefined && text === undefined ? open(`Whether it keeps versions is not decided: ${reasonOf(value)}.`, path)
    : text === 'Enabled' ? HOLDS : wrong(`It keeps no versions, and '${writer.name}' lets code write into it or delete from it.`, path);
}

function judgePointInTime(table: ModelResource): Answer {
  const path = 'PointInTimeRecoverySpecification';
  const specifications = table.type === 'AWS::DynamoDB::GlobalTable'
    ? table.list('Replicas').map((replica) => (isMap(replica) ? replica[path] : undefined)) : [table.value(path)];
  return specifications.flatMap((specification) => (
    judgeFlagValue(isMap(specification) ? specification.PointInTimeRecoveryEnabled : specification, path, { what: 'Point-in-time recovery' }) ?? []
  ));
}

export const STORAGE_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-data-retained',
    title: 'Buckets, tables, volumes and other data outlive their stack',
    why: 'A renamed construct or a deleted stack must not take data with it.',
    fix: 'Set removalPolicy to RemovalPolicy.RETAIN, RETAIN_ON_UPDATE_OR_DELETE, or SNAPSHOT of a volume, or deletionProtection to true.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html',
    from: 'production',
    types: [BUCKET, ...TABLES, 'AWS::EFS::FileSystem', 'AWS::Cognito::UserPool', 'AWS::OpenSearchService::Domain', 'AWS::KMS::Key', 'AWS::EC2::Volume'],
    judge: judgeRemoval,
  },
  {
    id: 'hardening-table-recovery',
    title: 'Tables can be restored to any second of the last weeks',
    why: 'A table has no other backup by itself.',
    fix: 'Set pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true }.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html',
    from: 'production',
    types: TABLES,
    judge: judgePointInTime,
  },
  {
    id: 'hardening-bucket-public-access',
    title: 'Buckets block public access',
    why: 'No policy and no object that somebody adds later can then make its content public.',
    fix: 'Set blockPublicAccess to BlockPublicAccess.BLOCK_ALL.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html',
    from: 'development',
    types: [BUCKET],
    judge: judgePublicAccess,
  },
  {
    id: 'hardening-bucket-versions',
    title: 'Buckets that code writes into keep former versions',
    why: 'Whoever takes over an instance, task or function can delete or overwrite everything that its role may, backups included. A former version stays.',
    fix: 'Set versioned to true, with a lifecycle rule that ends noncurrent versions.',
    severity: 'warning',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14',
    from: 'production',
    types: [BUCKET],
    judge: judgeVersions,
  },
  {
    id: 'hardening-bucket-tls',
    title: 'Buckets refuse requests without TLS',
    why: 'S3 speaks HTTP too, and signed requests in clear text can be read on the way.',
    fix: 'Set enforceSSL to true.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5',
    from: 'production',
    types: [BUCKET],
    judge: judgeTransport,
  },
  {
    id: 'hardening-files-tls',
    title: 'File systems refuse clients without TLS, and by having a policy those without the permission of IAM',
    why: 'NFS knows no passwords: without a policy whoever gets into the network reads every file.',
    fix: 'Give the file system a fileSystemPolicy that denies requests where aws:SecureTransport is false.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html',
    from: 'development',
    types: Object.keys(FILES_TLS),
    judge: judgeFileSystem,
  },
  {
    id: 'hardening-volume-tls',
    title: 'Tasks mount file systems with TLS and as their role',
    why: 'Files would otherwise travel in clear text, and the file system could not tell tasks apart.',
    fix: 'Set transitEncryption to ENABLED, and iam of authorizationConfig, in efsVolumeConfiguration.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html',
    from: 'development',
    types: ['AWS::ECS::TaskDefinition'],
    judge: judgeVolumes,
  },
];
