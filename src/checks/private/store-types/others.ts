import { ALWAYS_AT_REST, ALWAYS_TLS, NO_PRICE, NO_PUBLIC_ADDRESS, type StoreTypes } from './row';
import type { ModelResource } from '../model';

/** Brokers, search domains and file systems. */
export const OTHER_STORE_TYPES: StoreTypes = {
  'AWS::MSK::Cluster': {
    noun: 'broker',
    network: { subnets: { path: 'BrokerNodeGroupInfo.ClientSubnets' }, groups: 'BrokerNodeGroupInfo.SecurityGroups', ports: brokerPorts, asked: true },
    publicAccess: { path: 'BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type', off: 'DISABLED', absent: 'off' },
    atRest: ALWAYS_AT_REST,
    tls: { by: 'brokers', path: 'EncryptionInfo.EncryptionInTransit' },
    price: { family: 'kafka' },
  },
  'AWS::MSK::ServerlessCluster': {
    noun: 'broker',
    network: { subnets: { path: 'VpcConfigs.SubnetIds' }, groups: 'VpcConfigs.SecurityGroups', ports: () => [9098], asked: true },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: ALWAYS_AT_REST,
    tls: ALWAYS_TLS,
    price: { family: 'kafka-serverless' },
  },
  'AWS::AmazonMQ::Broker': {
    noun: 'broker',
    network: { subnets: { path: 'SubnetIds' }, groups: 'SecurityGroups', ports: (resource) => (resource.text('EngineType')?.toUpperCase() === 'RABBITMQ' ? [5671] : [61617, 5671]) },
    publicAccess: { path: 'PubliclyAccessible', off: 'false', absent: 'off' },
    atRest: ALWAYS_AT_REST,
    tls: ALWAYS_TLS,
    price: NO_PRICE,
  },
  'AWS::OpenSearchService::Domain': {
    noun: 'search domain',
    network: { subnets: { path: 'VPCOptions.SubnetIds' }, groups: 'VPCOptions.SecurityGroupIds', ports: () => [443], inVpcBy: 'VPCOptions' },
    publicAccess: { path: 'VPCOptions', off: 'set', absent: 'on' },
    atRest: { flag: 'EncryptionAtRestOptions.Enabled' },
    tls: { by: 'flag', path: 'DomainEndpointOptions.EnforceHTTPS', absent: 'off' },
    price: NO_PRICE,
  },
  'AWS::EFS::FileSystem': {
    noun: 'file system',
    network: { excused: 'its mount targets stand in the network' },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { flag: 'Encrypted' },
    tls: { by: 'policy', path: 'FileSystemPolicy' },
    price: { family: 'files' },
  },
  'AWS::EFS::MountTarget': {
    noun: 'file system',
    network: { subnets: { path: 'SubnetId' }, groups: 'SecurityGroups', ports: () => [2049] },
    publicAccess: NO_PUBLIC_ADDRESS,
    atRest: { excused: 'its file system says it' },
    tls: { excused: 'the policy of its file system says it' },
    price: { excused: 'AWS charges the file system only' },
  },
};

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
function brokerPorts(resource: ModelResource): readonly number[] {
  const isOpen = resource.text('EncryptionInfo.EncryptionInTransit.ClientBroker') !== 'TLS';
  const iam = resource.flag('ClientAuthentication.Sasl.Iam.Enabled') === true;
  const scram = resource.flag('ClientAuthentication.Sasl.Scram.Enabled') === true;
  return [...(iam ? [9098] : []), ...(scram ? [9096] : []), ...(iam || scram ? [] : [9094]), ...(isOpen && !iam && !scram ? [9092] : [])];
}
