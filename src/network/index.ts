export * from './backend-network';
