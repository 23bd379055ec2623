export * from './migration-source';
export * from './migration-task';
export * from './migration-task-props';
