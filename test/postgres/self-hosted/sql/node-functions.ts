import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { join, resolve } from 'path';
import type { PostgresServer } from '../../../support/postgres-server';

const DIRECTORY = resolve(__dirname, '../../../../src/postgres/self-hosted/node/sql');

/** How a function of the nodes ended. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs functions of `functions.sh` with the commands that the nodes have. Only the way to the server is another: over TLS with a password, instead of the socket. */
export function runOnNode(server: PostgresServer, command: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  ['psql', 'python3'].forEach(requireCommand);
  const script = `set -euo pipefail; as_postgres() { "$@"; }; log() { echo "$*" >&2; }; . '${join(DIRECTORY, 'functions.sh')}'; ${command}`;
  const { username: PGUSER, password: PGPASSWORD } = server.superuser;
  const way = { PGHOST: server.host, PGPORT: String(server.port), PGUSER, PGPASSWORD, PGSSLMODE: 'verify-full', PGSSLROOTCERT: server.caFile };
  const child = spawn('bash', ['--norc', '-c', script], { env: { PATH: process.env.PATH, EXTENSIONS: '', ...way, ...env } });
  let output = '';
  [child.stdout, child.stderr].forEach((stream) => stream.on('data', (data: Buffer) => { output += data.toString(); }));
  return new Promise((done) => child.once('close', (code) => done({ code, output })));
}

function requireCommand(name: string): void {
  if (!(process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, name)))) {
    throw new Error(`This test runs the files of the nodes and needs ${name}: on Debian, apt-get install postgresql-client python3.`);
  }
}
