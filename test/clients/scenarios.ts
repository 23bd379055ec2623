import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, taskEnvironment, taskVariables, withHost, withoutAuthorities } from './task-environment';
import { ConductorEnv } from '../../src/broker/broker.contract';
import { BrokerCloud } from '../support/broker-cloud';
import { type PostgresServer, startPostgres } from '../support/postgres-server';

/** Environments of tasks. */
export interface Scenarios {
  readonly plain: Environment;
  readonly withoutAuthorities: Environment;
  readonly otherAuthority: Environment;
  readonly otherName: Environment;
  /** Environments of databases with odd names, by their names. */
  readonly odd: { readonly [database: string]: Environment };
  /** An empty home directory, since drivers look for certificates there. */
  readonly home: string;
  readonly remove: () => Promise<void>;
}

/** Databases and their users; together they have all characters that the library lets stand in names, odd ones at the ends. */
export const ODD_NAMES: readonly (readonly [database: string, user: string])[] = [
  ['@odd~!$&()*;=-._+', '/odd-_.~ !"$&\'()*+;=@?#[]%\\<>^`{|}'],
  ['=Odd.it@', '@%2F "Odd+%25'],
  ['+1;', '%'],
];

/** What drivers say, each in its words, when they do not trust a server. */
export const DISTRUST = /certificate|TLS|SSL|PGSSLROOTCERT|root\.crt/;

/** Starts two servers, and has the real broker make users on them. */
export async function prepareScenarios(): Promise<Scenarios> {
  const variables = taskVariables();
  const home = mkdtempSync(join(tmpdir(), 'cdk-private-backend-clients-home-'));
  const [server, other] = await Promise.all([startPostgres({ hostNames: ['localhost'] }), startPostgres({ hostNames: ['db.example.internal'] })]);
  const secret = await secretOf(server, 'localhost', 'shop', 'api');
  const plain = taskEnvironment(variables, secret, server.caFile);
  const odd: Record<string, Environment> = {};
  for (const [database, username] of ODD_NAMES) {
    odd[database] = taskEnvironment(variables, await secretOf(server, 'localhost', database, username), server.caFile);
  }
  return {
    plain,
    withoutAuthorities: withoutAuthorities(plain, server.caFile),
    otherAuthority: taskEnvironment(variables, secret, other.caFile),
    otherName: withHost(taskEnvironment(variables, await secretOf(other, other.host, 'shop', 'api'), other.caFile), other.host, 'localhost'),
    odd,
    home,
    remove: async () => {
      await Promise.all([server.remove(), other.remove()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The value of the secret that the broker writes for a user. */
async function secretOf(server: PostgresServer, host: string, database: string, username: string): Promise<Environment> {
  const cloud = new BrokerCloud(server);
  cloud.world.env[ConductorEnv.HOST] = host;
  await cloud.givenDatabase(database);
  return cloud.secretOf(await cloud.givenUser(username, database));
}
