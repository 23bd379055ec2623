import { Tokenization } from 'aws-cdk-lib';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ServiceBindingConfig } from '../../binding';
import { CA_FILE } from '../../binding/shared/trust.contract';
import type { UserSecretValue } from '../engine/postgres.contract';

const SECRETS: { readonly [variable: string]: keyof UserSecretValue } = {
  DATABASE_URL: 'url',
  JDBC_DATABASE_URL: 'jdbcUrl',
  PGHOST: 'host',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'username',
  PGPASSWORD: 'password',
};

/** Those that a secret has only where the server has several nodes. */
const MULTI_HOST_SECRETS: typeof SECRETS = { DATABASE_MULTI_HOST_URL: 'multiHostUrl' };

/** Where the parts of a binding come from. */
export interface UserSecretSource {
  readonly field: (name: keyof UserSecretValue) => Secret;
  readonly versionId: string;
  readonly poolSize: number;
  /** Whether the server has several nodes that clients may choose from. */
  readonly multiHost: boolean;
}

/**
 * What a service receives from a user's secret.
 *
 * The version stands in the environment, because a service is replaced only when its task definition changes: so tasks
 * get new credentials before old ones go.
 */
export function userSecretBinding(secret: UserSecretSource, prefix?: string): ServiceBindingConfig {
  const named = (variable: string) => (prefix === undefined ? variable : `${prefix}_${variable}`);
  const trust = { PGSSLROOTCERT: CA_FILE, NODE_EXTRA_CA_CERTS: CA_FILE };
  const environment = {
    ...trust,
    PGSSLMODE: 'verify-full',
    DATABASE_POOL_SIZE: Tokenization.stringifyNumber(secret.poolSize),
    DATABASE_SECRET_VERSION: secret.versionId,
  };
  return {
    environment: { ...trust, ...renamed(environment, named) },
    secrets: Object.fromEntries(Object.entries(secretsOf(secret)).map(([variable, name]) => [named(variable), secret.field(name)])),
    certificateAuthority: secret.field('ca'),
  };
}

function secretsOf({ multiHost }: UserSecretSource): typeof SECRETS {
  return multiHost ? { ...SECRETS, ...MULTI_HOST_SECRETS } : SECRETS;
}

function renamed(map: { [name: string]: string }, named: (variable: string) => string): { [name: string]: string } {
  return Object.fromEntries(Object.entries(map).map(([variable, value]) => [named(variable), value]));
}
