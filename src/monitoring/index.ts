export * from './backend-monitoring';
export * from './monitor-queue-options';
