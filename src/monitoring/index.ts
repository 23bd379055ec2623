export * from './backend-monitoring';
export * from './watch-queue-options';
