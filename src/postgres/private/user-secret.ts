import { createHash } from 'crypto';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { ServiceBindingConfig } from '../../fargate';
import { CA_FILE } from '../../fargate/private/trust.contract';
import type { UserSecretValue } from '../broker/broker.contract';

const SECRETS: { readonly [variable: string]: keyof UserSecretValue } = {
  DATABASE_URL: 'url',
  JDBC_DATABASE_URL: 'jdbcUrl',
  PGHOST: 'host',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'username',
  PGPASSWORD: 'password',
};

/** What a service receives from a user's secret. */
export function userSecretBinding(field: (name: keyof UserSecretValue) => Secret, poolSize: number, prefix?: string): ServiceBindingConfig {
  const named = (variable: string) => (prefix === undefined ? variable : `${prefix}_${variable}`);
  const trust = { PGSSLROOTCERT: CA_FILE, NODE_EXTRA_CA_CERTS: CA_FILE };
  const environment = { ...trust, PGSSLMODE: 'verify-full', DATABASE_POOL_SIZE: String(poolSize) };
  return {
    environment: { ...trust, ...renamed(environment, named) },
    secrets: Object.fromEntries(Object.entries(SECRETS).map(([variable, name]) => [named(variable), field(name)])),
    certificateAuthority: field('ca'),
  };
}

/** Enough of a hash to tell names apart in a construct id. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function renamed(map: { [name: string]: string }, named: (variable: string) => string): { [name: string]: string } {
  return Object.fromEntries(Object.entries(map).map(([variable, value]) => [named(variable), value]));
}
