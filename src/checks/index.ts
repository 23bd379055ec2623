export * from './check-report';
export * from './cost';
export * from './hardening';
export * from './reachability';
