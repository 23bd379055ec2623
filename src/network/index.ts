export * from './backend-network';
export * from './vpc-peering';
