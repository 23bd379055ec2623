export * from './reachability-check';
export * from './reachability-point';
