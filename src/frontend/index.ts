export * from './amplify-frontend';
export * from './frontend';
export * from './static-frontend';
