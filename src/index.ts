export * from './access';
export * from './edge';
export * from './fargate';
export * from './migrations';
export * from './network';
export * from './postgres';
export * from './posture';
export * from './registry';
