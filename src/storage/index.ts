export * from './private-file-system';
