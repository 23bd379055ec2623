export { ReachabilityCheck } from './reachability-check';
export { ReachabilityPoint } from './reachability-point';
