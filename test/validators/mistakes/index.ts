import { INGRESS_MISTAKES } from './ingress';
import type { Mistake } from './mistake';
import { NETWORK_MISTAKES } from './network';
import { PERMISSION_MISTAKES } from './permissions';
import { RESOURCE_MISTAKES } from './resources';

export * from './mistake';

/** As users make them. */
export const MISTAKES: Mistake[] = [...NETWORK_MISTAKES, ...PERMISSION_MISTAKES, ...INGRESS_MISTAKES, ...RESOURCE_MISTAKES];
