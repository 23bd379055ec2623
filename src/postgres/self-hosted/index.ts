export * from './backup-replica';
export * from './disaster-recovery';
export * from './self-hosted-postgres';
export * from './self-hosted-postgres-props';
