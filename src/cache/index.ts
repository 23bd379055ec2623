export * from './cache-capacity';
export * from './cache-engine';
export * from './redis-access';
export * from './redis-cache';
export * from './redis-cache-props';
export * from './redis-user';
export * from './monitor-cache-options';
