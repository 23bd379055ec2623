import * as path from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { buildSync } from 'esbuild';
import type { RunningBackend } from './backend';
import type { Report } from './report';

const SOURCE = path.join(__dirname, '..', 'services', 'hello-birthday', 'src', 'main.ts');
const READY_ATTEMPTS = 100;

/** Starts the example's service with what its task definition declares; answers with its URL. */
export async function startService(report: Report, { containers }: RunningBackend, workDir: string): Promise<string> {
  const bundle = path.join(workDir, 'hello-birthday.cjs');
  buildSync({ entryPoints: [SOURCE], bundle: true, platform: 'node', target: 'node20', outfile: bundle, external: ['pg-native'], logLevel: 'error' });
  const caFile = containers.deliverCertificateAuthorities();
  report.note(`The init container wrote the certificate authority to ${caFile}`);
  const log: string[] = [];
  let port: string | undefined;
  // A container has its port for itself; here the system chooses one that is free. There is no load balancer to wait for at the end.
  const child = containers.start(process.execPath, [bundle], { ...containers.serviceEnvironment(), HOST: '127.0.0.1', PORT: '0', DRAIN_SECONDS: '0' }, (text) => {
    log.push(text);
    port ??= /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
  });
  for (let attempt = 0; attempt < READY_ATTEMPTS && child.exitCode === null; attempt++) {
    if (port !== undefined && await isReady(`http://127.0.0.1:${port}/readyz`)) {
      return `http://127.0.0.1:${port}`;
    }
    await sleep(100);
  }
  throw new Error(`The service did not become ready:\n${log.join('')}`);
}

/** Makes the requests that a user would, and checks the answers. */
export async function useService(report: Report, url: string): Promise<void> {
  const request = async (method: string, name: string, status: number, expected: RegExp, dateOfBirth?: string) => {
    const response = await fetch(`${url}/hello/${name}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: dateOfBirth === undefined ? undefined : JSON.stringify({ dateOfBirth }),
    });
    const text = await response.text();
    report.check(response.status === status && expected.test(text), `${method} /hello/${name} ${dateOfBirth ?? ''}`.trim(), `${response.status} ${text}`);
  };
  const today = new Date().toISOString().slice(5, 10);
  const otherDay = today === '06-15' ? '06-16' : '06-15';
  await request('PUT', 'ada', 204, /^$/, `1990-${today === '02-29' ? '02-28' : today}`);
  await request('GET', 'ada', 200, /Hello, ada! (Happy birthday!|Your birthday is in \d+ day)/);
  await request('PUT', 'grace', 204, /^$/, `1906-${otherDay}`);
  await request('GET', 'grace', 200, /Hello, grace! Your birthday is in \d+ day\(s\)/);
  await request('PUT', 'ada', 400, /./, '2190-01-01');
  await request('PUT', 'ada', 400, /./, '1990-02-30');
  await request('PUT', 'r2d2', 400, /./, '1977-05-25');
  await request('GET', 'nobody', 404, /./);
}

async function isReady(url: string): Promise<boolean> {
  return fetch(url).then(({ ok }) => ok, () => false);
}
