import { randomUUID } from 'crypto';
import { join } from 'path';
import { load, type NextRequest } from './rex/requests';
import { Server } from './rex/server';
import { buildService, missingForService } from './rex/service';
import { printTable, type Verdict } from './support/report';
import { alternate, median } from './support/statistics';
import { Caller } from '../examples/services/rex/test/support/client';
import { eventually } from '../examples/services/rex/test/support/eventually';
import { System } from '../examples/services/rex/test/support/system';

const ROUNDS = 9;
const MILLISECONDS = 2_000;
const CALLERS = 16;
const OWNER = 'caller';
const TEXT = 'A text to be read very often';

type Subject = 'api' | 'bare' | 'prepared';

interface Sample {
  readonly rate: number;
  readonly processorMicros: number;
}

interface Endpoint {
  readonly name: string;
  readonly status: number;
  readonly callers: NextRequest[];
  readonly prepare: () => Promise<unknown>;
  /** Whether all that the requests bring with them has happened; until then the clock runs. */
  readonly isDone: () => Promise<boolean>;
}

/** (i) Requests a second of the API of example 03, with all that it does, beside a bare Fastify and `pg` handler on the same database. */
export async function benchRex(): Promise<Verdict[]> {
  const missing = missingForService();
  if (missing !== undefined) {
    console.log(`\n(i) is not measured: ${missing}.`);
    return [];
  }
  const folder = await buildService();
  const system = await System.start();
  const servers = await startServers(folder, system);
  try {
    const verdicts: Verdict[] = [];
    for (const endpoint of await endpointsOf(system, servers.api)) {
      verdicts.push(...report(endpoint, await measure(endpoint, servers)));
    }
    return verdicts;
  } finally {
    await Promise.all(Object.values(servers).map(async (server) => server.stop()));
    await system.remove();
  }
}

async function startServers(folder: string, system: System): Promise<Record<Subject, Server>> {
  const bare = async (prepared: boolean) => Server.start(join(folder, 'bare.js'), { ...system.environment('api'), OWNER, PREPARED: String(prepared) });
  return {
    api: await Server.start(join(folder, 'dist/api.js'), { ...system.apiEnvironment(), CORS_ORIGINS: 'https://app.example.com' }),
    bare: await bare(false),
    prepared: await bare(true),
  };
}

/** Each caller has a session of its own, all of one owner. */
async function endpointsOf(system: System, api: Server): Promise<Endpoint[]> {
  const tokens = await Promise.all(Array.from({ length: CALLERS }, async () => system.supertokens.signIn(OWNER)));
  const { body: { id } } = await new Caller(tokens[0], () => [`http://127.0.0.1:${api.port}`]).submit('bench', TEXT);
  await system.query(`UPDATE jobs SET state = 'done', result = '{"words": 7, "longest": "often", "sha256": "${'0'.repeat(64)}"}' WHERE id = '${id}'`);
  const head = (token: string) => `host: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n`;
  const body = JSON.stringify({ text: TEXT });
  return [
    {
      name: 'GET /api/jobs/:id',
      status: 200,
      callers: tokens.map((token) => () => `GET /api/jobs/${id} HTTP/1.1\r\n${head(token)}\r\n`),
      prepare: async () => undefined,
      isDone: async () => true,
    },
    {
      name: 'POST /api/jobs',
      status: 202,
      callers: tokens.map((token) => () => (
        `POST /api/jobs HTTP/1.1\r\n${head(token)}idempotency-key: ${randomUUID()}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      )),
      prepare: async () => system.query('TRUNCATE jobs, deliveries'),
      isDone: async () => (await system.query("SELECT 1 FROM jobs WHERE state = 'accepted' LIMIT 1")).length === 0,
    },
  ];
}

async function measure({ name, status, callers, prepare, isDone }: Endpoint, servers: Record<Subject, Server>): Promise<Record<Subject, Sample[]>> {
  const shapes = new Set<string>();
  const once = async (subject: Subject): Promise<Sample> => {
    const server = servers[subject];
    await prepare();
    const [start, before] = [performance.now(), server.processorMillis()];
    const { requests, body } = await load(server.port, status, MILLISECONDS, callers);
    await eventually(`${name} has done all`, isDone);
    shapes.add(body.replace(/"id":"[^"]*"/, ''));
    return { rate: requests * 1000 / (performance.now() - start), processorMicros: (server.processorMillis() - before) * 1000 / requests };
  };
  const subjects = { api: async () => once('api'), bare: async () => once('bare'), prepared: async () => once('prepared') };
  await alternate(1, subjects);
  if (shapes.size !== 1) {
    throw new Error(`${name} is not answered alike: ${[...shapes].join(' and ')}`);
  }
  return alternate(ROUNDS, subjects);
}

function report({ name }: Endpoint, samples: Record<Subject, Sample[]>): Verdict[] {
  const rates = (subject: Subject) => samples[subject].map(({ rate }) => rate);
  const processor = (subject: Subject) => median(samples[subject].map(({ processorMicros }) => processorMicros));
  const ratio = (subject: Subject) => median(rates('api').map((rate, round) => rate / rates(subject)[round]));
  printTable(`### (i) ${name}, ${CALLERS} callers, medians of ${ROUNDS} rounds`, ['', 'API', 'bare', 'ratio', 'bare, prepared', 'ratio'], [
    ['requests a second', median(rates('api')), median(rates('bare')), ratio('bare'), median(rates('prepared')), ratio('prepared')],
    ['processor, µs a request', processor('api'), processor('bare'), processor('api') / processor('bare'), processor('prepared'), processor('api') / processor('prepared')],
  ]);
  return [{ what: `(i) ${name}: requests a second over a bare handler`, value: ratio('bare'), target: 0.9, atLeast: true }];
}
