import { HOLDS, judgeAtLeast, judgeFlag, open, reasonOf, wrong, type Answer, type HardeningRule } from './hardening-rule';
import type { World } from './world';
import { literalText, rendered, type ModelResource } from '../../private/model';
import { isPartOfStore, storeColumn } from '../../private/store-types';

const INSTANCE = 'AWS::RDS::DBInstance';
const CLUSTERS = ['AWS::RDS::DBCluster', 'AWS::DocDB::DBCluster', 'AWS::Neptune::DBCluster'];
const CACHE = 'AWS::ElastiCache::ReplicationGroup';
const PUBLIC_ACCESS = storeColumn('publicAccess');

/** Days of backups that each level asks for: AWS's own control asks for a week; a fault made before a holiday is seen after it. */
const BACKUP_DAYS = { development: 7, production: 14 };

function isReplica(server: ModelResource): boolean {
  return ['SourceDBInstanceIdentifier', 'ReplicationSourceIdentifier', 'SourceDBClusterIdentifier', 'GlobalClusterIdentifier'].some((path) => server.value(path) !== undefined)
    && server.value('MasterUsername') === undefined;
}

/** Judges servers, each once: instances that are not members of a cluster, and clusters. */
function ofServers(judge: HardeningRule['judge']): HardeningRule['judge'] {
  return (resource, world) => (isPartOfStore(resource) ? undefined : judge(resource, world));
}

function judgePassword(server: ModelResource): Answer {
  const managed = server.value('ManageMasterUserPassword');
  const password = server.value('MasterUserPassword');
  if (managed !== undefined && password === undefined) {
    return judgeFlag(server, 'ManageMasterUserPassword', { what: 'Management of the admin password by RDS' });
  }
  if (password === undefined) {
    return server.value('MasterUsername') === undefined ? undefined : wrong('It names an admin, but neither lets RDS manage the password nor takes it from a secret.', 'MasterUserPassword');
  }
  if (/^\{\{resolve:(secretsmanager|ssm-secure):/.test(rendered(password))) {
    return HOLDS;
  }
  return literalText(password) === undefined
    ? open(`Where its admin password comes from is not decided: ${reasonOf(password)}.`, 'MasterUserPassword')
    : wrong('Its admin password stands in the template, in clear text.', 'MasterUserPassword');
}

function judgeZones(server: ModelResource, world: World): Answer {
  if (server.type === INSTANCE) {
    return isReplica(server) ? undefined : judgeFlag(server, 'MultiAZ', { what: 'A standby in another zone' });
  }
  if (server.value('DBClusterInstanceClass') !== undefined || server.text('EngineMode') === 'serverless') {
    return HOLDS;
  }
  const type = server.type.replace('DBCluster', 'DBInstance');
  const count = world.pointingAt(type, 'DBClusterIdentifier', server).length;
  return count >= 2 ? HOLDS : wrong(`It has ${count} instance${count === 1 ? '' : 's'}, so nothing takes over when a zone fails.`);
}

function judgeCacheZones(cache: ModelResource): Answer {
  const failover = judgeFlag(cache, 'AutomaticFailoverEnabled', { what: 'Automatic failover' }) ?? [];
  const zones = judgeFlag(cache, 'MultiAZEnabled', { what: 'Placement in several zones' }) ?? [];
  return [...failover, ...zones];
}

/** CloudFormation takes a last snapshot of RDS servers where no policy is given, of nothing else. */
const SNAPSHOT_BY_DEFAULT = [INSTANCE, 'AWS::RDS::DBCluster'];

function judgeRemoval(server: ModelResource): Answer {
  const policy = server.deletionPolicy ?? (SNAPSHOT_BY_DEFAULT.includes(server.type) ? 'Snapshot' : 'Delete');
  return policy === 'Delete' ? wrong('Its data is gone with the stack: no last snapshot is taken (DeletionPolicy is Delete).') : HOLDS;
}

function judgePublic(store: ModelResource): Answer {
  const { path, off, absent } = PUBLIC_ACCESS[store.type];
  const value = store.value(path);
  if (value === undefined) {
    return absent === 'off' ? HOLDS : absent === 'on' ? wrong(`It has an address on the internet: ${path} is not set.`, path)
      : open('It does not say whether it is public, and AWS decides by its subnets and the VPC\'s internet gateway.', path);
  }
  const text = off === 'set' ? off : literalText(value);
  return text === off ? HOLDS : text === undefined
    ? open(`Whether it has an address on the internet is not decided: ${reasonOf(value)}.`, path) : wrong(`It has an address on the internet: ${path} is '${text}'.`, path);
}

export const DATABASE_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-database-public',
    title: 'No database or broker has a public address',
    why: 'A database that the internet can reach is attacked within minutes.',
    fix: 'Set publiclyAccessible to false, and let people in through a tunnel.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-2',
    from: 'development',
    types: Object.keys(PUBLIC_ACCESS),
    judge: judgePublic,
  },
  {
    id: 'hardening-database-password',
    title: 'The admin password of a database is made and kept by AWS',
    why: 'A password in a template is read by whoever can read the stack, the repository or the pipeline.',
    fix: 'Set manageMasterUserPassword to true, or use Credentials.fromGeneratedSecret().',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html',
    from: 'development',
    types: [INSTANCE, ...CLUSTERS, 'AWS::Redshift::Cluster'],
    judge: ofServers((server) => (server.type === 'AWS::Neptune::DBCluster' || isReplica(server) ? undefined : judgePassword(server))),
  },
  {
    id: 'hardening-database-backup',
    title: `Databases keep backups for ${BACKUP_DAYS.development} days, in production for ${BACKUP_DAYS.production}`,
    why: 'A fault that is noticed after a weekend, or after a holiday, can be undone only from a backup of before it.',
    fix: 'Set backupRetention to Duration.days(7) or, in production, 14 and more; 35 is the most.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-11',
    from: 'development',
    types: [INSTANCE, ...CLUSTERS],
    judge: ofServers((server, world) => (isReplica(server) ? undefined
      : judgeAtLeast(server, 'BackupRetentionPeriod', BACKUP_DAYS[world.levelOf(server)], 'The number of days that backups are kept', 1))),
  },
  {
    id: 'hardening-database-deletion-protection',
    title: 'Databases are protected from deletion',
    why: 'A server should go by two deliberate steps, never by one wrong one.',
    fix: 'Set deletionProtection to true.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-8',
    from: 'production',
    types: [INSTANCE, ...CLUSTERS],
    judge: ofServers((server) => judgeFlag(server, 'DeletionProtection', { what: 'Deletion protection' })),
  },
  {
    id: 'hardening-database-final-snapshot',
    title: 'A last snapshot is taken of a database that is deleted',
    why: 'Automatic backups go with the server.',
    fix: 'Set removalPolicy to RemovalPolicy.SNAPSHOT, RETAIN or RETAIN_ON_UPDATE_OR_DELETE.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html',
    from: 'production',
    types: [INSTANCE, ...CLUSTERS, 'AWS::Redshift::Cluster'],
    judge: ofServers(judgeRemoval),
  },
  {
    id: 'hardening-database-multi-az',
    title: 'Databases outlive the loss of a zone',
    why: 'A zone fails about once a year somewhere; restoring from a backup takes hours.',
    fix: 'Set multiAz to true, or give the cluster a reader in another zone.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html',
    from: 'production',
    types: [INSTANCE, ...CLUSTERS],
    judge: ofServers(judgeZones),
  },
  {
    id: 'hardening-cache-multi-az',
    title: 'Caches outlive the loss of a zone',
    why: 'When the only node goes, every request goes to the database at once.',
    fix: 'Set automaticFailoverEnabled and multiAzEnabled to true, with at least two nodes.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html',
    from: 'production',
    types: [CACHE],
    judge: judgeCacheZones,
  },
];
