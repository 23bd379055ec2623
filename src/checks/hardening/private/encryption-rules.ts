import { judgeFlag, judgeFlagValue, open, wrong, type Answer, type HardeningRule } from './hardening-rule';
import { hasForeignTemplate, launchTemplateOf } from './launch-templates';
import { judgeServerTls } from './server-tls';
import type { World } from './world';
import { isMap, literalText, resourceOf, type ModelResource, type ModelValue } from '../../private/model';
import { isPartOfStore, STORE_TYPES, storeColumn } from '../../private/store-types';
import type { StoreTls } from '../../private/store-types/row';

/** The property that turns encryption at rest on, by type. */
const FLAGS: { readonly [type: string]: { readonly flag: string } } = { ...storeColumn('atRest'), 'AWS::EC2::Volume': { flag: 'Encrypted' } };
const TLS = storeColumn('tls');
const TLS_TYPES = Object.keys(TLS);

const COPIES = ['SnapshotIdentifier', 'DBSnapshotIdentifier', 'DBClusterSnapshotIdentifier', 'SourceDBInstanceIdentifier', 'SourceDBClusterIdentifier', 'SnapshotName'];

function judgeStorage(resource: ModelResource): Answer {
  if (isPartOfStore(resource)) {
    return undefined;
  }
  const path = FLAGS[resource.type].flag;
  const source = COPIES.find((each) => resource.value(each) !== undefined);
  return resource.value(path) === undefined && source !== undefined
    ? open(`It is encrypted only if what it is made from is: ${source} is set, ${path} is not.`, path)
    : judgeFlag(resource, path, { what: 'Encryption of the storage' });
}

/** Of a group, the disks are in its launch template or configuration. */
function judgeDisks(machine: ModelResource, world: World): Answer {
  const template = launchTemplateOf(machine, world);
  const configuration = resourceOf(machine.value('LaunchConfigurationName'));
  const mappings = [machine.value('BlockDeviceMappings'), configuration?.value('BlockDeviceMappings'), template?.value('LaunchTemplateData.BlockDeviceMappings')];
  const disks = mappings.flatMap(disksOf);
  if (disks.length === 0) {
    const isElsewhere = hasForeignTemplate(machine, world) || (machine.value('LaunchConfigurationName') !== undefined && configuration === undefined);
    return isElsewhere ? open('Whether its volumes are encrypted is in a launch template that is not in the templates.', 'LaunchTemplate')
      : wrong('Encryption of its root volume is not asked for: it has no block device mapping, so the image and the account decide.', 'BlockDeviceMappings');
  }
  return disks.flatMap((disk) => judgeFlagValue(disk.Encrypted, 'BlockDeviceMappings', { what: 'Encryption of a volume' }) ?? []);
}

function disksOf(mappings: ModelValue | undefined) {
  return (Array.isArray(mappings) ? mappings as readonly ModelValue[] : []).flatMap((mapping) => (isMap(mapping) && isMap(mapping.Ebs) ? [mapping.Ebs] : []));
}

/** Judges how a store is told to refuse connections without TLS, each store once. */
function judgeStoreTls(store: ModelResource): Answer {
  const tls = TLS[store.type];
  return isPartOfStore(store) ? undefined : tls.by === 'parameter' ? judgeServerTls(store, tls) : judgeTlsFlag(store, tls);
}

function judgeTlsFlag(store: ModelResource, tls: StoreTls): Answer {
  return store.value(tls.path) === undefined && tls.by === 'flag' && tls.absent === 'open'
    ? open(`Whether it accepts connections without TLS is not decided: ${tls.path} is not set.`, tls.path)
    : judgeFlag(store, tls.path, { what: 'Encryption of connections' });
}

function judgeCacheTls(cache: ModelResource): Answer {
  const answer = judgeStoreTls(cache);
  return answer !== undefined && cache.text('TransitEncryptionMode') === 'preferred'
    ? wrong('It accepts connections without TLS too: TransitEncryptionMode is \'preferred\'.', 'TransitEncryptionMode')
    : answer;
}

function judgeKafkaTls(cluster: ModelResource): Answer {
  const { path } = TLS[cluster.type];
  const value = cluster.value(`${path}.ClientBroker`) ?? 'TLS';
  const text = literalText(value);
  if (text === undefined) {
    return open('Whether clients must use TLS is not decided: it is known at deployment.', path);
  }
  const clients = text === 'TLS' ? [] : wrong(`It accepts clients without TLS: ClientBroker is '${text}'.`, path);
  return [...clients, ...judgeFlag(cluster, `${path}.InCluster`, { what: 'Encryption between brokers', fallback: true }) ?? []];
}

export const ENCRYPTION_RULES: readonly HardeningRule[] = [
  {
    id: 'hardening-storage-encryption',
    title: 'Storage is encrypted',
    why: 'Encryption costs nothing, and mostly cannot be turned on later without a new server.',
    fix: 'Set storageEncrypted (atRestEncryptionEnabled, encrypted) to true.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-3',
    from: 'development',
    types: Object.keys(FLAGS),
    judge: judgeStorage,
  },
  {
    id: 'hardening-disk-encryption',
    title: 'Disks of instances are encrypted',
    why: 'What is on a disk outlives the instance in snapshots and images.',
    fix: 'Give the instance, or the launch template of its group, blockDevices: [{ deviceName: \'/dev/xvda\', volume: BlockDeviceVolume.ebs(8, { encrypted: true }) }].',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-3',
    from: 'development',
    types: ['AWS::EC2::Instance', 'AWS::AutoScaling::AutoScalingGroup'],
    judge: judgeDisks,
  },
  {
    id: 'hardening-database-tls',
    title: 'Databases refuse connections without TLS',
    why: 'Clients fall back to clear text by themselves where the server lets them.',
    fix: 'Give it a parameter group with rds.force_ssl = 1 (PostgreSQL, SQL Server), require_secure_transport = ON (MySQL, MariaDB) or tls = enabled (DocumentDB), '
      + 'set requireTLS of a proxy, enforceHttps of a search domain.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html#PostgreSQL.Concepts.General.SSL.Requiring',
    from: 'development',
    types: TLS_TYPES.filter((type) => ['parameter', 'flag'].includes(TLS[type].by) && STORE_TYPES[type].noun !== 'cache'),
    judge: judgeStoreTls,
  },
  {
    id: 'hardening-cache-tls',
    title: 'Caches refuse connections without TLS',
    why: 'Sessions and cached personal data would otherwise travel in clear text.',
    fix: 'Set transitEncryptionEnabled to true and, for a living cache, transitEncryptionMode to required.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html',
    from: 'development',
    types: TLS_TYPES.filter((type) => STORE_TYPES[type].noun === 'cache'),
    judge: judgeCacheTls,
  },
  {
    id: 'hardening-kafka-tls',
    title: 'Brokers refuse connections without TLS',
    why: 'Messages would otherwise travel in clear text, to clients or between brokers.',
    fix: 'Set clientBroker to ClientBrokerEncryption.TLS and leave enableInCluster on.',
    severity: 'error',
    see: 'https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html',
    from: 'development',
    types: TLS_TYPES.filter((type) => TLS[type].by === 'brokers'),
    judge: judgeKafkaTls,
  },
];
