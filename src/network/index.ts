export * from './backend-network';
export * from './egress';
export * from './network-endpoint';
