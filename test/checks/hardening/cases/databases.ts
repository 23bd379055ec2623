import { CfnParameter, Duration, RemovalPolicy, SecretValue, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { HardeningLevel } from '../../../../src/checks/hardening';
import { casesOf, one, raw, type Build, type Case } from '../judge';

type Values = Record<string, unknown>;

const INSTANCE = 'AWS::RDS::DBInstance';
const CLUSTER = 'AWS::RDS::DBCluster';
const CACHE = 'AWS::ElastiCache::ReplicationGroup';
const POSTGRES = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });
const AURORA = rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_4 });
const parameter = (stack: Stack) => new CfnParameter(stack, 'Given').valueAsString;

function given(type: string, properties: (value: string) => Values): Build {
  return (stack) => void raw(stack, 'Subject', type, properties(parameter(stack)));
}

function instance(props: Partial<rds.DatabaseInstanceProps> = {}): Build {
  return (stack) => void new rds.DatabaseInstance(stack, 'Db', { engine: POSTGRES, vpc: new ec2.Vpc(stack, 'Vpc'), ...props });
}

function aurora(readers: number, props: Partial<rds.DatabaseClusterProps> = {}): Build {
  return (stack) => void new rds.DatabaseCluster(stack, 'Aurora', {
    engine: AURORA,
    vpc: new ec2.Vpc(stack, 'Vpc'),
    writer: rds.ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
    readers: Array.from({ length: readers }, (_, index) => rds.ClusterInstance.serverlessV2(`Reader${index}`, { publiclyAccessible: false })),
    ...props,
  });
}

/** A server with a parameter group of its own. */
function tuned(type: string, Engine: string, EngineVersion: string | undefined, Parameters: Values | ((stack: Stack) => Values)): Build {
  const [groupType, path] = type === CLUSTER ? ['AWS::RDS::DBClusterParameterGroup', 'DBClusterParameterGroupName'] : ['AWS::RDS::DBParameterGroup', 'DBParameterGroupName'];
  return (stack) => {
    const group = raw(stack, 'Group', groupType, { Family: Engine, Description: 'Group', Parameters: typeof Parameters === 'function' ? Parameters(stack) : Parameters });
    raw(stack, 'Server', type, { Engine, EngineVersion, [path]: group.ref });
  };
}

const member = one(INSTANCE, { DBClusterIdentifier: 'cluster' });
const replica = one(INSTANCE, { SourceDBInstanceIdentifier: 'primary' });

export const DATABASE_CASES: readonly Case[] = [
  ...casesOf('hardening-database-public', {
    holds: {
      'an instance': one('AWS::RDS::DBInstance', { PubliclyAccessible: false }),
      'a cluster': one('AWS::RDS::DBCluster', { PubliclyAccessible: 'false' }),
      'a broker as it comes': one('AWS::MSK::Cluster', { BrokerNodeGroupInfo: { ClientSubnets: [] } }),
      'members of a cluster': aurora(1),
      'a search domain in a VPC': one('AWS::OpenSearchService::Domain', { VPCOptions: { SubnetIds: [] } }),
      'a workgroup as it comes': one('AWS::RedshiftServerless::Workgroup', {}),
    },
    violation: {
      'an instance': one('AWS::RDS::DBInstance', { PubliclyAccessible: true }),
      'a workgroup': one('AWS::RedshiftServerless::Workgroup', { PubliclyAccessible: true }),
      'a search domain outside of any VPC': [one('AWS::OpenSearchService::Domain', {}), /VPCOptions is not set/],
      'a replication instance that does not say': [one('AWS::DMS::ReplicationInstance', {}), /PubliclyAccessible is not set/],
      'a broker': [one('AWS::MSK::Cluster', { BrokerNodeGroupInfo: { ConnectivityInfo: { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } } } }), /SERVICE_PROVIDED_EIPS/],
      'the construct in public subnets': instance({ vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }),
    },
    undecided: {
      'an instance that does not say': [one('AWS::RDS::DBInstance', {}), /does not say/],
      'a parameter': given(INSTANCE, (value) => ({ PubliclyAccessible: value })),
      'a broker with a parameter': given('AWS::MSK::Cluster', (value) => ({ BrokerNodeGroupInfo: { ConnectivityInfo: { PublicAccess: { Type: value } } } })),
    },
  }),
  ...casesOf('hardening-database-password', {
    'holds': {
      'one that RDS manages': instance({ manageMasterUserPassword: true, credentials: undefined }),
      'a generated secret': instance({ credentials: rds.Credentials.fromGeneratedSecret('admin') }),
      'a secret by its name': one(INSTANCE, { MasterUsername: 'a', MasterUserPassword: '{{resolve:secretsmanager:admin:SecretString:password}}' }),
    },
    'violation': {
      'clear text': [instance({ credentials: rds.Credentials.fromPassword('admin', SecretValue.unsafePlainText('correct-horse')) }), /clear text/],
      'nothing': one(CLUSTER, { MasterUsername: 'a' }),
      'management that is off': one(INSTANCE, { MasterUsername: 'a', ManageMasterUserPassword: false }),
    },
    'undecided': { 'a parameter': [given(INSTANCE, (value) => ({ MasterUsername: 'a', MasterUserPassword: value })), /'Given'/] },
    'does not apply': { 'a member of a cluster': member, 'a replica': replica },
  }),
  ...casesOf('hardening-database-backup', {
    'holds': { 'an instance': instance({ backupRetention: Duration.days(14) }), 'a cluster': aurora(0, { backup: { retention: Duration.days(35) } }) },
    'violation': { 'an instance as it comes': [instance(), /kept is 1, the default/], 'a week in production': [one(INSTANCE, { BackupRetentionPeriod: '7' }), /kept is 7; at least 14/] },
    'undecided': { 'a parameter': given(CLUSTER, (value) => ({ BackupRetentionPeriod: value })) },
    'does not apply': { 'a member of a cluster': member, 'a replica': replica },
  }),
  ...casesOf('hardening-database-backup', {
    holds: { 'a week in development': one(INSTANCE, { BackupRetentionPeriod: 7 }) },
    violation: { 'no backup in development': [one(INSTANCE, { BackupRetentionPeriod: 0 }), /kept is 0; at least 7/] },
  }, HardeningLevel.DEVELOPMENT),
  ...casesOf('hardening-database-deletion-protection', {
    'holds': { 'an instance': instance({ deletionProtection: true }), 'a cluster': aurora(0, { deletionProtection: true }) },
    'violation': { 'an instance as it comes': instance({ removalPolicy: RemovalPolicy.DESTROY }), 'a cluster of DocumentDB': one('AWS::DocDB::DBCluster') },
    'undecided': { 'a parameter': given(INSTANCE, (value) => ({ DeletionProtection: value })) },
    'does not apply': { 'a member of a cluster': member },
  }),
  ...casesOf('hardening-database-deletion-protection', { 'does not apply': { development: instance() } }, HardeningLevel.DEVELOPMENT),
  ...casesOf('hardening-database-final-snapshot', {
    'holds': { 'an instance as it comes': instance(), 'a cluster that is retained': aurora(0, { removalPolicy: RemovalPolicy.RETAIN }), 'one that is retained unless its making failed': aurora(0, { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }), 'an instance that does not say': one(INSTANCE) },
    'violation': { 'an instance': [instance({ removalPolicy: RemovalPolicy.DESTROY }), /DeletionPolicy is Delete/], 'a cluster of Neptune that does not say': one('AWS::Neptune::DBCluster') },
    'does not apply': { 'a member of a cluster': member },
  }),
  ...casesOf('hardening-database-multi-az', {
    'holds': { 'an instance': instance({ multiAz: true }), 'a cluster with a reader': aurora(1), 'a cluster of three': one(CLUSTER, { DBClusterInstanceClass: 'db.r6gd.large' }) },
    'violation': { 'an instance as it comes': instance(), 'a cluster of one': [aurora(0), /It has 1 instance, so/], 'a cluster of none': one('AWS::DocDB::DBCluster') },
    'undecided': { 'a parameter': given(INSTANCE, (value) => ({ MultiAZ: value })) },
    'does not apply': { 'a member of a cluster': member, 'a replica': replica },
  }),
  ...casesOf('hardening-cache-multi-az', {
    holds: { 'two nodes': one(CACHE, { AutomaticFailoverEnabled: true, MultiAZEnabled: true }) },
    violation: { 'one zone': [one(CACHE, { AutomaticFailoverEnabled: true }), /several zones is off/], 'as it comes': one(CACHE) },
    undecided: { 'a parameter': given(CACHE, (value) => ({ AutomaticFailoverEnabled: true, MultiAZEnabled: value })) },
  }),
  ...casesOf('hardening-storage-encryption', {
    'holds': { 'an instance': instance({ storageEncrypted: true }), 'a cluster': aurora(0, { storageEncrypted: true }), 'a cache': one(CACHE, { AtRestEncryptionEnabled: 'true' }) },
    'violation': { 'an instance as it comes': [one(INSTANCE), /StorageEncrypted is not set/], 'files': one('AWS::EFS::FileSystem', { Encrypted: false }), 'a volume': one('AWS::EC2::Volume') },
    'undecided': { 'a parameter': given(CLUSTER, (value) => ({ StorageEncrypted: value })), 'a copy of a snapshot': [one(INSTANCE, { DBSnapshotIdentifier: 'snapshot' }), /DBSnapshotIdentifier is set/] },
    'does not apply': { 'a member of a cluster': member },
  }),
  ...casesOf('hardening-database-tls', {
    'holds': {
      'PostgreSQL 17 as it comes': instance(),
      'PostgreSQL 14 that is told to': tuned(INSTANCE, 'postgres', '14.12', { 'rds.force_ssl': '1' }),
      'Aurora that is told to': tuned(CLUSTER, 'aurora-postgresql', '16.4', { 'rds.force_ssl': 1 }),
      'MySQL that is told to': tuned(INSTANCE, 'mysql', '8.0.40', { require_secure_transport: 'ON' }),
      'DocumentDB as it comes': one('AWS::DocDB::DBCluster', {}),
      'a proxy that is told to': one('AWS::RDS::DBProxy', { RequireTLS: true }),
      'a search domain that is told to': one('AWS::OpenSearchService::Domain', { DomainEndpointOptions: { EnforceHTTPS: true } }),
      'PostgreSQL 16 with the default group': one(INSTANCE, { Engine: 'postgres', EngineVersion: '16', DBParameterGroupName: 'default.postgres16' }),
    },
    'violation': {
      'PostgreSQL 14 as it comes': [one(INSTANCE, { Engine: 'postgres', EngineVersion: '14.12' }), /default in version 14.12 is off/],
      'PostgreSQL 17 that is told not to': [tuned(INSTANCE, 'postgres', '17', { 'rds.force_ssl': '0' }), /rds.force_ssl is '0'/],
      'DocumentDB that is told not to': [(stack) => {
        const group = raw(stack, 'Group', 'AWS::DocDB::DBClusterParameterGroup', { Family: 'docdb5.0', Parameters: { tls: 'disabled' } });
        raw(stack, 'Server', 'AWS::DocDB::DBCluster', { DBClusterParameterGroupName: group.ref });
      }, /tls is 'disabled'/],
      'a proxy as it comes': [one('AWS::RDS::DBProxy', {}), /RequireTLS is not set/],
      'Aurora as it comes': aurora(0),
      'MySQL as it comes': one(INSTANCE, { Engine: 'mysql', EngineVersion: '8.0.40' }),
      'SQL Server as it comes': one(INSTANCE, { Engine: 'sqlserver-ex', EngineVersion: '15.00' }),
    },
    'undecided': {
      'no version': [one(INSTANCE, { Engine: 'postgres' }), /version/],
      'a foreign parameter group': [one(INSTANCE, { Engine: 'postgres', EngineVersion: '17', DBParameterGroupName: 'ours' }), /not in the templates/],
      'a parameter': tuned(INSTANCE, 'postgres', '17', (stack) => ({ 'rds.force_ssl': parameter(stack) })),
      'an engine from a parameter': given(INSTANCE, (value) => ({ Engine: value })),
      'Aurora 17 as it comes': [one(CLUSTER, { Engine: 'aurora-postgresql', EngineVersion: '17.4' }), /AWS may change its default/],
    },
    'does not apply': { 'Oracle': one(INSTANCE, { Engine: 'oracle-ee', EngineVersion: '19' }), 'a member of a cluster': member },
  }),
  ...casesOf('hardening-cache-tls', {
    'holds': { 'a cache': one(CACHE, { TransitEncryptionEnabled: true, TransitEncryptionMode: 'required' }) },
    'violation': { 'as it comes': one(CACHE), 'a choice': [one(CACHE, { TransitEncryptionEnabled: true, TransitEncryptionMode: 'preferred' }), /preferred/], 'Memcached': one('AWS::ElastiCache::CacheCluster', { Engine: 'memcached' }) },
    'undecided': { 'a parameter': given(CACHE, (value) => ({ TransitEncryptionEnabled: value })), 'MemoryDB that does not say': [one('AWS::MemoryDB::Cluster'), /TLSEnabled is not set/] },
    'does not apply': { 'a member of a group': one('AWS::ElastiCache::CacheCluster', { ReplicationGroupId: 'group' }) },
  }),
  ...casesOf('hardening-kafka-tls', {
    holds: { 'as it comes': one('AWS::MSK::Cluster') },
    violation: {
      'a choice': [one('AWS::MSK::Cluster', { EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } } }), /TLS_PLAINTEXT/],
      'clear text between brokers': [one('AWS::MSK::Cluster', { EncryptionInfo: { EncryptionInTransit: { InCluster: false } } }), /between brokers is off/],
    },
    undecided: { 'a parameter': given('AWS::MSK::Cluster', (value) => ({ EncryptionInfo: { EncryptionInTransit: { ClientBroker: value } } })) },
  }),
];
