import { CACHE } from './cache';
import { FARGATE } from './fargate';
import { FRONT } from './front';
import { GROUND } from './ground';
import { INGRESS } from './ingress';
import { MIGRATIONS } from './migrations';
import { MONITORING } from './monitoring';
import { NETWORK } from './network';
import { POSTGRES } from './postgres';
import { SIBLINGS } from './siblings';
import { TASKS } from './tasks';
import type { ErrorCases } from '../case';

export const CASE_FILES = ['cache.ts', 'fargate.ts', 'front.ts', 'ground.ts', 'ingress.ts', 'migrations.ts', 'monitoring.ts', 'network.ts', 'postgres.ts', 'siblings.ts', 'tasks.ts'];

/** One mistake for each id. */
export const CASES: ErrorCases = { ...CACHE, ...FARGATE, ...FRONT, ...GROUND, ...INGRESS, ...MIGRATIONS, ...MONITORING, ...NETWORK, ...POSTGRES, ...SIBLINGS, ...TASKS };
