export * from './cost-report';
export * from './cost-summary';
