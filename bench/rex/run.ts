import { spawn } from 'child_process';
import { Agent, get } from 'http';
import { join } from 'path';
import { Caller } from '../../examples/services/rex/test/support/client';
import { eventually } from '../../examples/services/rex/test/support/eventually';
import { System } from '../../examples/services/rex/test/support/system';
import { freePort } from '../../test/support/postgres-server';
import { printTable } from '../support/report';
import { alternate, median } from '../support/statistics';

const ROUNDS = 9;
const MILLISECONDS = 2_000;
const CONNECTIONS = 16;
const TARGET = 0.9;

/** Requests a second over kept connections, each sending its next request when it has the answer. */
async function requestsASecond(url: string, token: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { authorization: `Bearer ${token}` };
  const once = async (): Promise<void> => new Promise((done, failed) => {
    get(url, { agent, headers }, (response) => {
      response.resume().once('end', () => response.statusCode === 200 ? done() : failed(new Error(`${url} answered ${response.statusCode}`)));
    }).once('error', failed);
  });
  let answered = 0;
  const start = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() - start < MILLISECONDS) {
      await once();
      answered += 1;
    }
  }));
  const seconds = (performance.now() - start) / 1000;
  agent.destroy();
  return answered / seconds;
}

/**
 * `GET /api/jobs/:id` of the API of the example, with its session check and its log, beside a bare handler on the same database.
 * Needs the built service in the folder that REX_SERVICE names: npx tsx --tsconfig tsconfig.dev.json bench/rex/run.ts
 */
async function main(): Promise<void> {
  const system = await System.start();
  const api = await system.startApi();
  const port = String(await freePort());
  const bare = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'bare.ts')], { env: { PATH: process.env.PATH, ...system.environment('api'), PORT: port }, stdio: 'inherit' });
  try {
    const token = await system.supertokens.signIn('ada');
    const { body } = await new Caller(token, () => [api.url]).submit('bench', 'A text to be read very often');
    const [ours, theirs] = [api.url, `http://127.0.0.1:${port}`].map((base) => `${base}/api/jobs/${body.id}`);
    await eventually('the bare handler listens', async () => fetch(theirs).then((answer) => answer.ok, () => false));
    await Promise.all([requestsASecond(ours, token), requestsASecond(theirs, token)]);
    const rates = await alternate(ROUNDS, { api: async () => requestsASecond(ours, token), bare: async () => requestsASecond(theirs, token) });
    const [rateOfApi, rateOfBare] = [median(rates.api), median(rates.bare)];
    const ratio = median(rates.api.map((rate, round) => rate / rates.bare[round]));
    printTable(`### GET of the API of example 03 beside a bare Fastify + pg handler, medians of ${ROUNDS} rounds`, ['', 'requests a second'], [
      ['API', rateOfApi], ['bare', rateOfBare], ['ratio', ratio], ['target', `≥ ${TARGET}`],
    ]);
  } finally {
    bare.kill();
    await api.program.stop();
    await system.remove();
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
