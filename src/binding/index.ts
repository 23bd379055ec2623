export * from './database-server';
export * from './edge-route';
export * from './edge-target';
export * from './monitored-service';
export * from './network-endpoint';
export * from './service-binding';
export * from './service-prerequisite';
