export * from './monitor-file-system-options';
export * from './private-file-system';
