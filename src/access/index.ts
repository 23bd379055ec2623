export * from './bastion-tunnel';
export * from './ssm-bastion';
