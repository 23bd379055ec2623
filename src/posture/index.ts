export * from './posture';
export * from './posture-overrides';
