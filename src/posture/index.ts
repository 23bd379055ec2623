export * from './egress';
export * from './posture';
export * from './posture-overrides';
