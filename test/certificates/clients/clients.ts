import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';

const HELLO = 'hello';
const TIMEOUT_MS = 60_000;

/** A certificate of a node with its key, and certificates of the authority; files. */
export interface Presented {
  readonly authorities: string;
  readonly certificate: string;
  readonly key: string;
}

/** A program that verifies certificates: 'accepted', or why not. */
export type Client = (presented: Presented, name: string) => Promise<string>;

/** Programs as they run on nodes and beside them: PostgreSQL and libpq verify by OpenSSL, Patroni by Python, etcd by Go. */
export const CLIENTS: { readonly [name: string]: Client } = {
  'OpenSSL, strictly': async ({ authorities, certificate }, name) => {
    const verifyName = [isIP(name) === 0 ? '-verify_hostname' : '-verify_ip', name];
    const results = ['sslserver', 'sslclient'].map((purpose) => run('openssl', ['verify', '-x509_strict', '-purpose', purpose, ...verifyName, '-CAfile', authorities, certificate]));
    return (await Promise.all(results)).find((result) => !result.endsWith(': OK')) ?? 'accepted';
  },
  'Python, as strict as 3.13': (presented, name) => withServer(presented, async (port) => {
    const answer = await run('python3', [join(__dirname, 'handshake.py'), presented.authorities, String(port), name, presented.certificate, presented.key]);
    return answer === HELLO ? 'accepted' : answer;
  }),
  'Go': async ({ authorities, certificate }, name) => run(goProgram(), [authorities, certificate, name]),
  'Node.js': (presented, name) => withServer(presented, (port) => connectByNode(presented, name, port)),
};

/** Writes what a node has into files. */
export function present(authorities: string, certificate: string, key: string): Presented {
  const folder = mkdtempSync(join(tmpdir(), 'presented-'));
  const files = { authorities: join(folder, 'ca.crt'), certificate: join(folder, 'node.crt'), key };
  writeFileSync(files.authorities, authorities);
  writeFileSync(files.certificate, certificate);
  return files;
}

/** Builds the program that stands for etcd, once. */
export function goProgram(): string {
  const program = join(tmpdir(), 'verify-as-etcd');
  if (!existsSync(program)) {
    execFileSync('go', ['build', '-trimpath', '-o', program, '.'], { cwd: join(__dirname, 'go'), env: { ...process.env, CGO_ENABLED: '0' }, stdio: 'pipe' });
  }
  return program;
}

/** Programs without which nothing can be said. */
export function missingPrograms(programs = ['openssl', 'python3', 'go']): string[] {
  return programs.filter((program) => {
    try {
      execFileSync(program, [program === 'python3' ? '--version' : 'version'], { stdio: 'pipe' });
      return false;
    } catch {
      return true;
    }
  });
}

/** What a program printed, or why it failed. */
async function run(file: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => resolve(error === null ? stdout.trim() : `refused: ${stderr.trim() || error.message}`));
  });
}

/** A server that presents the certificate, and wants one of the same authority from its clients. */
async function withServer(presented: Presented, use: (port: number) => Promise<string>): Promise<string> {
  const [ca, cert, key] = [presented.authorities, presented.certificate, presented.key].map((file) => readFileSync(file));
  const server = tls.createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }, (socket) => {
    socket.on('error', () => undefined);
    socket.end(HELLO);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function connectByNode(presented: Presented, name: string, port: number): Promise<string> {
  const [ca, cert, key] = [presented.authorities, presented.certificate, presented.key].map((file) => readFileSync(file));
  return new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, cert, key, checkServerIdentity: (_host, found) => tls.checkServerIdentity(name, found) });
    socket.once('data', (data) => resolve(String(data) === HELLO ? 'accepted' : `refused: ${String(data)}`));
    socket.once('error', (error) => resolve(`refused: ${error.message}`));
    socket.once('end', () => resolve('refused: the connection ended'));
  });
}
