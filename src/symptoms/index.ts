export * from './backend-alarm';
export * from './watch-options';
