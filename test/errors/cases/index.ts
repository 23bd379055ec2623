import { CACHE } from './cache';
import { DISASTER_RECOVERY } from './disaster-recovery';
import { FARGATE } from './fargate';
import { FRONT } from './front';
import { GROUND } from './ground';
import { INGRESS } from './ingress';
import { MIGRATIONS } from './migrations';
import { MONITORING } from './monitoring';
import { NETWORK } from './network';
import { POSTGRES } from './postgres';
import { SELF_HOSTED } from './self-hosted';
import { SIBLINGS } from './siblings';
import { TASKS } from './tasks';
import type { ErrorCases } from '../case';

export const CASE_FILES = ['cache.ts', 'disaster-recovery.ts', 'fargate.ts', 'front.ts', 'ground.ts', 'ingress.ts', 'migrations.ts', 'monitoring.ts', 'network.ts', 'postgres.ts', 'self-hosted.ts', 'siblings.ts', 'tasks.ts'];

/** One mistake for each id. */
export const CASES: ErrorCases = { ...CACHE, ...DISASTER_RECOVERY, ...FARGATE, ...FRONT, ...GROUND, ...INGRESS, ...MIGRATIONS, ...MONITORING, ...NETWORK, ...POSTGRES, ...SELF_HOSTED, ...SIBLINGS, ...TASKS };
