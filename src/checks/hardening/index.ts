export * from './hardening-check';
