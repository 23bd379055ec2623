export * from './pem-file';
