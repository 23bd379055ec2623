import { ALWAYS_AT_REST, ALWAYS_TLS, NO_PRICE, NO_PUBLIC_ADDRESS, ofGroup, portOr, type StoreTypes } from './row';

const CACHE_GROUP = ofGroup('AWS::ElastiCache::SubnetGroup', 'CacheSubnetGroupName');

export const CACHE_TYPES: StoreTypes = {
  'AWS::ElastiCache::ReplicationGroup': {
    noun: 'cache',
    network: { subnets: CACHE_GROUP, groups: 'SecurityGroupIds', ports: portOr(6379), networkType: 'NetworkType' },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { flag: 'AtRestEncryptionEnabled' },
    tls: { by: 'flag', path: 'TransitEncryptionEnabled', absent: 'off' },
    price: { family: 'cache-group' },
  },
  'AWS::ElastiCache::CacheCluster': {
    noun: 'cache',
    partOf: 'ReplicationGroupId',
    network: { subnets: CACHE_GROUP, groups: 'VpcSecurityGroupIds', ports: portOr(6379), networkType: 'NetworkType' },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { excused: 'it has no such property' },
    tls: { by: 'flag', path: 'TransitEncryptionEnabled', absent: 'off' },
    price: { family: 'cache-cluster' },
  },
  'AWS::ElastiCache::ServerlessCache': {
    noun: 'cache',
    network: { subnets: { path: 'SubnetIds' }, groups: 'SecurityGroupIds', ports: portOr(6379) },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: ALWAYS_AT_REST,
    tls: ALWAYS_TLS,
    price: { family: 'cache-serverless' },
  },
  'AWS::MemoryDB::Cluster': {
    noun: 'cache',
    network: { subnets: ofGroup('AWS::MemoryDB::SubnetGroup', 'SubnetGroupName'), groups: 'SecurityGroupIds', ports: portOr(6379) },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: ALWAYS_AT_REST,
    tls: { by: 'flag', path: 'TLSEnabled', absent: 'open' },
    price: NO_PRICE,
  },
};
