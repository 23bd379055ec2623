export * from './edge-answer';
export * from './edge-domain';
export * from './edge-maintenance';
export * from './edge-route';
export * from './edge-target';
export * from './edge-weighted-route';
export * from './public-edge';
