export * from './backend-alarm';
export * from './monitor-options';
