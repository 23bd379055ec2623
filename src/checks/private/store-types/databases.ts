import { ALWAYS_AT_REST, ALWAYS_TLS, NO_PRICE, NO_PUBLIC_ADDRESS, ofGroup, portOr, type StoreTypes } from './row';

const REQUIRE_SSL = { excused: 'require_ssl is one of a list of parameters, whose default AWS changed for new servers in 2025; no rule reads it' };

export const DATABASE_TYPES: StoreTypes = {
  'AWS::RDS::DBInstance': {
    noun: 'database',
    partOf: 'DBClusterIdentifier',
    network: { subnets: ofGroup('AWS::RDS::DBSubnetGroup', 'DBSubnetGroupName'), groups: 'VPCSecurityGroups', ports: portOr(5432), networkType: 'NetworkType' },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'open' },
    atRest: { flag: 'StorageEncrypted' },
    tls: { by: 'parameter', path: 'DBParameterGroupName' },
    price: { family: 'rds-instance' },
  },
  'AWS::RDS::DBCluster': {
    noun: 'database',
    network: { subnets: ofGroup('AWS::RDS::DBSubnetGroup', 'DBSubnetGroupName'), groups: 'VpcSecurityGroupIds', ports: portOr(3306), networkType: 'NetworkType' },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'off' },
    atRest: { flag: 'StorageEncrypted' },
    tls: { by: 'parameter', path: 'DBClusterParameterGroupName' },
    price: { family: 'rds-cluster' },
  },
  'AWS::RDS::DBProxy': {
    noun: 'database proxy',
    network: { subnets: { path: 'VpcSubnetIds' }, groups: 'VpcSecurityGroupIds', ports: portOr(5432, { engine: 'EngineFamily' }) },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { excused: 'it keeps no data' },
    tls: { by: 'flag', path: 'RequireTLS', absent: 'off' },
    price: NO_PRICE,
  },
  'AWS::DocDB::DBCluster': {
    noun: 'database',
    network: { subnets: ofGroup('AWS::DocDB::DBSubnetGroup', 'DBSubnetGroupName'), groups: 'VpcSecurityGroupIds', ports: portOr(27017) },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { flag: 'StorageEncrypted' },
    tls: { by: 'parameter', path: 'DBClusterParameterGroupName', engine: 'docdb' },
    price: NO_PRICE,
  },
  'AWS::Neptune::DBCluster': {
    noun: 'database',
    network: { subnets: ofGroup('AWS::Neptune::DBSubnetGroup', 'DBSubnetGroupName'), groups: 'VpcSecurityGroupIds', ports: portOr(8182, { port: 'DBPort' }) },
    publicAccess: { excused: 'a cluster has no such property' },
    atRest: { flag: 'StorageEncrypted' },
    tls: ALWAYS_TLS,
    price: NO_PRICE,
  },
  'AWS::Redshift::Cluster': {
    noun: 'database',
    network: { subnets: ofGroup('AWS::Redshift::ClusterSubnetGroup', 'ClusterSubnetGroupName'), groups: 'VpcSecurityGroupIds', ports: portOr(5439) },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'off' },
    atRest: { flag: 'Encrypted' },
    tls: REQUIRE_SSL,
    price: NO_PRICE,
  },
  'AWS::RedshiftServerless::Workgroup': {
    noun: 'database',
    network: { subnets: { path: 'SubnetIds' }, groups: 'SecurityGroupIds', ports: portOr(5439) },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'off' },
    atRest: ALWAYS_AT_REST,
    tls: REQUIRE_SSL,
    price: NO_PRICE,
  },
  'AWS::DMS::ReplicationInstance': {
    noun: 'replication instance',
    network: { excused: 'it connects to databases, and nobody connects to it' },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'on' },
    atRest: ALWAYS_AT_REST,
    tls: { excused: 'nobody connects to it' },
    price: NO_PRICE,
  },
};
