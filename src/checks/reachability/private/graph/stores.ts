import type { InterfaceFactory, NetworkInterface } from './interfaces';
import { isMap, listOf, literalText, resourceOf, type ModelResource, type ModelValue, type TemplateModel } from '../../../private/model';

/** A database, cache or broker. */
export interface Store {
  readonly owner: ModelResource;
  readonly network: NetworkInterface;
  /** `database`, `cache`, `broker`, `search domain`, `file system`. */
  readonly noun: string;
}

interface StoreSpec {
  readonly noun: string;
  readonly subnets: (resource: ModelResource) => ModelValue | undefined;
  readonly groups: (resource: ModelResource) => ModelValue | undefined;
  readonly ports: (resource: ModelResource) => readonly number[];
  readonly publicIp?: (resource: ModelResource) => boolean;
  readonly ipv6?: (resource: ModelResource) => boolean;
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateDBInstance.html */
const ENGINE_PORTS: readonly (readonly [RegExp, number])[] = [
  [/postgres/i, 5432], [/aurora|mysql|mariadb/i, 3306], [/oracle/i, 1521], [/sqlserver/i, 1433], [/db2/i, 50000], [/memcached/i, 11211], [/redis|valkey/i, 6379],
];

const ofGroup = (property: string, list = 'SubnetIds') => (resource: ModelResource) => resourceOf(resource.value(property))?.value(list);
const at = (property: string) => (resource: ModelResource) => resource.value(property);
const portOr = (fallback: number, engine?: string) => (resource: ModelResource) => [resource.number('Port') ?? enginePort(resource.text(engine ?? '')) ?? fallback];
const given = (...ports: number[]) => () => ports;
const isDual = (resource: ModelResource) => /^(dual|ipv6)/i.test(resource.text('NetworkType') ?? '');
const isFlagged = (resource: ModelResource) => resource.flag('PubliclyAccessible') === true;

const RDS = {
  noun: 'database', subnets: ofGroup('DBSubnetGroupName'), publicIp: rdsIsPublic, ipv6: isDual,
};

const SPECS: Readonly<Record<string, StoreSpec>> = {
  'AWS::RDS::DBInstance': { ...RDS, groups: at('VPCSecurityGroups'), ports: portOr(5432, 'Engine') },
  'AWS::RDS::DBCluster': { ...RDS, groups: at('VpcSecurityGroupIds'), ports: clusterPorts },
  'AWS::RDS::DBProxy': { noun: 'database proxy', subnets: at('VpcSubnetIds'), groups: at('VpcSecurityGroupIds'), ports: (resource) => [enginePort(resource.text('EngineFamily')) ?? 5432] },
  'AWS::DocDB::DBCluster': { noun: 'database', subnets: ofGroup('DBSubnetGroupName'), groups: at('VpcSecurityGroupIds'), ports: portOr(27017) },
  'AWS::Neptune::DBCluster': { noun: 'database', subnets: ofGroup('DBSubnetGroupName'), groups: at('VpcSecurityGroupIds'), ports: (resource) => [resource.number('DBPort') ?? 8182] },
  'AWS::Redshift::Cluster': {
    noun: 'database', subnets: ofGroup('ClusterSubnetGroupName'), groups: at('VpcSecurityGroupIds'), ports: portOr(5439), publicIp: isFlagged,
  },
  'AWS::RedshiftServerless::Workgroup': { noun: 'database', subnets: at('SubnetIds'), groups: at('SecurityGroupIds'), ports: portOr(5439), publicIp: isFlagged },
  'AWS::ElastiCache::CacheCluster': { noun: 'cache', subnets: ofGroup('CacheSubnetGroupName'), groups: at('VpcSecurityGroupIds'), ports: portOr(6379, 'Engine'), ipv6: isDual },
  'AWS::ElastiCache::ReplicationGroup': { noun: 'cache', subnets: ofGroup('CacheSubnetGroupName'), groups: at('SecurityGroupIds'), ports: portOr(6379), ipv6: isDual },
  'AWS::ElastiCache::ServerlessCache': { noun: 'cache', subnets: at('SubnetIds'), groups: at('SecurityGroupIds'), ports: (resource) => [enginePort(resource.text('Engine')) ?? 6379] },
  'AWS::MemoryDB::Cluster': { noun: 'cache', subnets: ofGroup('SubnetGroupName'), groups: at('SecurityGroupIds'), ports: portOr(6379) },
  'AWS::MSK::Cluster': {
    noun: 'broker',
    subnets: at('BrokerNodeGroupInfo.ClientSubnets'),
    groups: at('BrokerNodeGroupInfo.SecurityGroups'),
    ports: brokerPorts,
    publicIp: (resource) => resource.text('BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type') === 'SERVICE_PROVIDED_EIPS',
  },
  'AWS::MSK::ServerlessCluster': { noun: 'broker', subnets: ofConfigs('SubnetIds'), groups: ofConfigs('SecurityGroups'), ports: given(9098) },
  'AWS::AmazonMQ::Broker': {
    noun: 'broker',
    subnets: at('SubnetIds'),
    groups: at('SecurityGroups'),
    ports: (resource) => (resource.text('EngineType')?.toUpperCase() === 'RABBITMQ' ? [5671] : [61617, 5671]),
    publicIp: isFlagged,
  },
  'AWS::OpenSearchService::Domain': { noun: 'search domain', subnets: at('VPCOptions.SubnetIds'), groups: at('VPCOptions.SecurityGroupIds'), ports: given(443) },
  'AWS::EFS::MountTarget': { noun: 'file system', subnets: at('SubnetId'), groups: at('SecurityGroups'), ports: given(2049) },
};

/** The databases, caches and brokers of a model. */
export function findStores(model: TemplateModel, factory: InterfaceFactory): Store[] {
  return Object.entries(SPECS).flatMap(([type, spec]) => model.ofType(type)
    // The instances of a cluster have its groups and subnets; a domain without a VPC has no interface.
    .filter((resource) => resource.value('DBClusterIdentifier') === undefined || type === 'AWS::RDS::DBCluster')
    .filter((resource) => type !== 'AWS::OpenSearchService::Domain' || resource.value('VPCOptions') !== undefined)
    .map((owner) => ({
      owner,
      noun: spec.noun,
      network: factory.make({
        kind: 'store', owner, subnets: spec.subnets(owner), groups: spec.groups(owner), ports: spec.ports(owner), publicIp: isPublic(spec, owner, model), ipv6: spec.ipv6?.(owner) ?? false,
      }),
    })));
}

/** The port that a store listens on; undefined for what is no store. */
export function portOfStore(resource: ModelResource): number | undefined {
  return SPECS[resource.type]?.ports(resource)[0];
}

function isPublic(spec: StoreSpec, owner: ModelResource, model: TemplateModel): boolean {
  const members = owner.type === 'AWS::RDS::DBCluster' ? model.ofType('AWS::RDS::DBInstance').filter((member) => resourceOf(member.value('DBClusterIdentifier')) === owner) : [];
  return members.length > 0 ? members.some(rdsIsPublic) : spec.publicIp?.(owner) ?? false;
}

/** RDS gives an address where neither the property nor the VPC says otherwise; without a route it is of no use. */
function rdsIsPublic(resource: ModelResource): boolean {
  return resource.flag('PubliclyAccessible') ?? resource.type === 'AWS::RDS::DBInstance';
}

function clusterPorts(resource: ModelResource): readonly number[] {
  return [resource.number('Port') ?? enginePort(resource.text('Engine')) ?? 3306];
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
function brokerPorts(resource: ModelResource): readonly number[] {
  const isOpen = resource.text('EncryptionInfo.EncryptionInTransit.ClientBroker') !== 'TLS';
  const iam = resource.flag('ClientAuthentication.Sasl.Iam.Enabled') === true;
  const scram = resource.flag('ClientAuthentication.Sasl.Scram.Enabled') === true;
  return [...(iam ? [9098] : []), ...(scram ? [9096] : []), ...(iam || scram ? [] : [9094]), ...(isOpen && !iam && !scram ? [9092] : [])];
}

function ofConfigs(name: string): (resource: ModelResource) => ModelValue {
  return (resource) => resource.list('VpcConfigs').flatMap((config) => (isMap(config) ? listOf(config[name]) : []));
}

function enginePort(engine: string | undefined): number | undefined {
  return engine === undefined ? undefined : ENGINE_PORTS.find(([pattern]) => pattern.test(literalText(engine) ?? ''))?.[1];
}
