export * from './backend-cluster';
export * from './fargate-api';
export * from './fargate-api-props';
export * from './fargate-service-props';
export * from './fargate-worker';
export * from './service-binding';
export * from './service-image';
export * from './service-prerequisite';
