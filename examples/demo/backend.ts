import { Containers } from './containers';
import { Deployment, type Converged } from './deployment';
import type { Report } from './report';
import type { Synthesised } from './synth';
import { startPostgres, type PostgresServer } from '../../test/support/postgres-server';

/** One example running on a database server of its own. */
export interface RunningBackend {
  readonly server: PostgresServer;
  readonly deployment: Deployment;
  readonly containers: Containers;
}

/** Puts a synthesised example on a server: nothing is on it yet. */
export function placeOn(server: PostgresServer, name: string, { template, assembly }: Synthesised, workDir: string): RunningBackend {
  const deployment = new Deployment(name, template, server);
  return { server, deployment, containers: new Containers(template, assembly, deployment, workDir) };
}

/** A real PostgreSQL with TLS by a private CA and a non-superuser admin. */
export async function startServer(report: Report): Promise<PostgresServer> {
  const server = await startPostgres();
  report.note(`PostgreSQL ${server.major} on ${server.host}:${server.port}, TLS only, certificate of a private CA, admin '${server.admin.username}' is no superuser`);
  return server;
}

/** Replays the custom-resource requests of the template and reports each. */
export async function converge(report: Report, { deployment }: RunningBackend): Promise<Converged[]> {
  const results = await deployment.converge();
  for (const { type, name, status, reason, changes } of results) {
    report.check(status === 'SUCCESS', `${type} '${name}'`, reason ?? `${changes.length} statement(s) changed something`);
  }
  if (results.some(({ status }) => status !== 'SUCCESS')) {
    throw new Error('The broker failed, so nothing that needs the database was tried.');
  }
  return results;
}

/** Applies the example's migrations with its real engine, through the entry point that the container has. */
export async function migrate(report: Report, { containers }: RunningBackend, engine: string, engineDirectory: string): Promise<string> {
  const { code, output } = await containers.migrate(engineDirectory);
  const lines = output.trim().split('\n');
  report.check(code === 0, `${engine} through the runner`, lines.at(-1));
  if (code !== 0) {
    lines.forEach((line) => report.note(line));
  }
  return output;
}
