import { CountingProxy, type Traffic } from './broker/counting-proxy';
import { createBroker } from './broker/ours';
import { createPeer, findPeer } from './broker/peer';
import { DATABASES, USERS, type Converger, type Run, type Target } from './broker/workload';
import { printTable, type Verdict } from './support/report';
import { alternate, median } from './support/statistics';
import { startPostgres } from '../test/support/postgres-server';

const ROUNDS = 9;
const PHASES = ['databases first', 'users first', 'databases again', 'users again'] as const;

type Phase = typeof PHASES[number];
type Create = (target: Target) => Converger;

/** (e) The broker on a local PostgreSQL, beside the handler of `cdk-rds-sql`. */
export async function benchConverge(): Promise<Verdict[]> {
  const peer = findPeer();
  if (peer === undefined) {
    console.log('cdk-rds-sql is not installed, so the broker is measured alone. Install it with: npm install --no-save cdk-rds-sql@8.1.4');
  }
  const subjects: Record<string, Create> = { broker: createBroker, ...(peer && { 'cdk-rds-sql': (target: Target) => createPeer(peer, target) }) };
  for (const [name, create] of Object.entries(subjects)) {
    printTraffic(name, await countTraffic(create));
  }
  const samples = await alternate(ROUNDS, Object.fromEntries(Object.entries(subjects).map(([name, create]) => [name, () => measureTimes(create)])));
  const times = Object.fromEntries(Object.entries(samples).map(([name, rounds]) => [name, mediansOf(rounds)]));
  return report(times);
}

function report(times: Record<string, Record<Phase | Run, number>>): Verdict[] {
  const { 'broker': ours, 'cdk-rds-sql': theirs } = times;
  const rows = [...PHASES, 'first', 'again'] as (Phase | Run)[];
  const labels: Record<string, string> = { first: 'all, first run', again: 'all, again' };
  const head = ['milliseconds', 'broker', ...(theirs ? ['cdk-rds-sql', 'ratio'] : [])];
  printTable(`### (e) ${DATABASES.length} databases and ${USERS.length} users, medians of ${ROUNDS} rounds, each on a new server`, head, rows.map((phase) => [
    labels[phase] ?? phase, ours[phase], ...(theirs ? [theirs[phase], ours[phase] / theirs[phase]] : []),
  ]));
  return [{ what: '(e) run without changes over first run', value: ours.again / ours.first, target: 0.5 }];
}

/** Time of each phase on a server of its own. */
async function measureTimes(create: Create): Promise<Record<Phase | Run, number>> {
  return withServer(async (target) => {
    const times: Partial<Record<Phase, number>> = {};
    await inPhases(create(target), async (phase, work) => {
      const start = process.hrtime.bigint();
      await work();
      times[phase] = Number(process.hrtime.bigint() - start) / 1e6;
    });
    const complete = times as Record<Phase, number>;
    return {
      ...complete,
      first: complete['databases first'] + complete['users first'],
      again: complete['databases again'] + complete['users again'],
    };
  });
}

async function countTraffic(create: Create): Promise<Record<Phase, Traffic>> {
  return withServer(async (target) => {
    const proxy = await CountingProxy.start(target.port);
    const traffic: Partial<Record<Phase, Traffic>> = {};
    await inPhases(create({ ...target, port: proxy.port }), async (phase, work) => {
      await work();
      traffic[phase] = proxy.take();
    });
    await proxy.stop();
    return traffic as Record<Phase, Traffic>;
  });
}

/** One after the other, as CloudFormation does it within a stack of this library. */
async function inPhases(converger: Converger, observe: (phase: Phase, work: () => Promise<void>) => Promise<void>): Promise<void> {
  for (const run of ['first', 'again'] as const) {
    await observe(`databases ${run}`, async () => {
      for (const database of DATABASES) await converger.database(database, run);
    });
    await observe(`users ${run}`, async () => {
      for (const user of USERS) await converger.user(user, run);
    });
  }
}

async function withServer<T>(work: (target: Target) => Promise<T>): Promise<T> {
  const server = await startPostgres({ hostNames: ['localhost', '127.0.0.1'] });
  try {
    const result = await work({ host: server.host, port: server.port, admin: server.admin, ca: server.ca });
    const client = await server.connect({ user: server.superuser.username, password: server.superuser.password, database: 'postgres' });
    const { rows } = await client.query('SELECT count(*)::int AS users FROM pg_roles WHERE rolname = ANY ($1) AND rolcanlogin', [USERS.map(({ username }) => username)]);
    await client.end();
    if (rows[0].users !== USERS.length) {
      throw new Error(`There are ${rows[0].users} users instead of ${USERS.length}.`);
    }
    return result;
  } finally {
    await server.remove();
  }
}

function printTraffic(name: string, traffic: Record<Phase, Traffic>): void {
  printTable(`### (e) What ${name} sends, for each resource`, ['', 'connections', 'round trips', 'of these statements'], PHASES.map((phase) => {
    const count = phase.startsWith('users') ? USERS.length : DATABASES.length;
    const { connections, roundTrips } = traffic[phase];
    return [phase, connections / count, roundTrips / count, (roundTrips - connections * HANDSHAKE) / count];
  }));
}

/** Round trips until a connection over TLS 1.3 with SCRAM-SHA-256 is ready: request for TLS, TLS, start-up, SCRAM twice. */
const HANDSHAKE = 5;

function mediansOf(rounds: Record<Phase | Run, number>[]): Record<Phase | Run, number> {
  const names = Object.keys(rounds[0]) as (Phase | Run)[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as Record<Phase | Run, number>;
}
