import { DATABASE_RULES } from './database-rules';
import { ENCRYPTION_RULES } from './encryption-rules';
import type { HardeningRule } from './hardening-rule';
import { IAM_RULES } from './iam-rules';
import { INGRESS_RULES } from './ingress-rules';
import { INSTANCE_RULES } from './instance-rules';
import { LOG_RULES } from './log-rules';
import { NETWORK_RULES } from './network-rules';
import { REGISTRY_RULES } from './registry-rules';
import { SECRET_RULES } from './secret-rules';
import { STORAGE_RULES } from './storage-rules';
import { TRUST_RULES } from './trust-rules';

/** Every rule, by topic. */
export const HARDENING_RULES: readonly HardeningRule[] = [
  ...NETWORK_RULES, ...INSTANCE_RULES, ...IAM_RULES, ...TRUST_RULES, ...DATABASE_RULES, ...ENCRYPTION_RULES,
  ...REGISTRY_RULES, ...INGRESS_RULES, ...LOG_RULES, ...STORAGE_RULES, ...SECRET_RULES,
];
