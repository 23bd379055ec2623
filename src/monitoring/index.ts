export * from './backend-alarm';
export * from './backend-monitoring';
export * from './monitored-service';
export * from './watch-options';
