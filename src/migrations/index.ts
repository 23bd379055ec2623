export * from './migration-source';
export * from './migration-task';
