import { AdminSecretGoneError, ConductorError } from './conductor-error';
import type { ConductorDependencies } from './dependencies';
import type { Redaction } from './redaction';
import type { SecretStore } from './secret-store';
import { ConductorEnv } from '../../broker.contract';

/** Who the conductor's SQL runs as. */
export interface Admin {
  readonly username: string;
  readonly password: string;
}

/** Reads the admin's credentials. The secret's host, if any, is ignored: RDS-managed secrets have none, and restored ones a wrong one. */
export async function readAdmin(store: SecretStore, redaction: Redaction, env: ConductorDependencies['env']): Promise<Admin> {
  const secretArn = requiredEnv(env, ConductorEnv.ADMIN_SECRET_ARN);
  const stored = await store.tryRead(secretArn, { stage: 'AWSCURRENT' });
  if (stored === undefined) {
    throw new AdminSecretGoneError('NO_ADMIN_SECRET', `The admin's secret '${secretArn}' doesn't exist or is empty. Restore the secret, or set another \`adminSecret\` for the server.`);
  }
  const value = parseObject(stored.text);
  const username = value.username ?? env[ConductorEnv.ADMIN_USERNAME];
  if (typeof value.password !== 'string' || value.password === '' || typeof username !== 'string' || username === '') {
    throw new ConductorError('INVALID_ADMIN_SECRET', `The admin's secret '${secretArn}' must be a JSON object with 'password', and with 'username' unless the admin's name is set for the server. Correct the secret, then deploy again.`);
  }
  redaction.remember(value.password);
  return { username, password: value.password };
}

/** An environment variable that the construct always sets. */
export function requiredEnv(env: ConductorDependencies['env'], name: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new ConductorError('CONFIGURATION', `The environment variable '${name}' of this library's function is missing. Deploy the stack of the server again.`);
  }
  return value;
}

/** The object that a text holds as JSON; an empty one for anything else. */
export function parseObject(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
