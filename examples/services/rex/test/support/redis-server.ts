import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { eventually } from './eventually';
import { RedisAccess } from '../../../../../src/cache/redis-access';
import { issueCertificates } from '../../../../../test/support/postgres-certificates';
import { freePort } from '../../../../../test/support/postgres-server';

const USER = 'worker';
/** For the tests alone. */
const ADMIN = 'admin';
const PASSWORD = 'abc123ABC';

/**
 * A real Redis that is as hard to get into as the cache of the library: TLS only, no default user, one user with the access string of
 * `RedisAccess`. It keeps nothing on disk, so a restart loses all that it knew.
 */
export class RedisServer {
  public static async start(keyPrefix: string): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'cdk-private-backend-redis-'));
    const certificates = await issueCertificates(['localhost']);
    const port = await freePort();
    const path = (name: string) => join(folder, name);
    writeFileSync(path('ca.pem'), certificates.ca);
    writeFileSync(path('server.crt'), certificates.certificate);
    writeFileSync(path('server.key'), certificates.privateKey, { mode: 0o600 });
    writeFileSync(path('redis.conf'), [
      'bind 127.0.0.1', 'port 0', `tls-port ${port}`, 'tls-auth-clients no', `dir ${folder}`, 'save ""', 'appendonly no', 'maxmemory-policy noeviction',
      `tls-cert-file ${path('server.crt')}`, `tls-key-file ${path('server.key')}`, `tls-ca-cert-file ${path('ca.pem')}`,
      'user default off',
      `user ${USER} ${RedisAccess.readWrite({ keyPrefixes: [keyPrefix] }).accessString} >${PASSWORD}`,
      `user ${ADMIN} on +@all >${PASSWORD}`,
    ].join('\n'));
    const server = new RedisServer(port, folder, certificates.ca);
    await server.start();
    return server;
  }

  public readonly caFile: string;
  public readonly url: string;
  private child?: ChildProcess;

  private constructor(private readonly port: number, private readonly folder: string, private readonly ca: string) {
    this.caFile = join(folder, 'ca.pem');
    this.url = `rediss://${USER}:${PASSWORD}@localhost:${port}`;
  }

  public async start(): Promise<void> {
    const child = spawn('redis-server', [join(this.folder, 'redis.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
    let problem: Error | undefined;
    child.once('error', (error) => { problem = error; });
    process.once('exit', () => child.kill('SIGKILL'));
    this.child = child;
    await eventually('Redis listens', async () => {
      if (problem !== undefined || child.exitCode !== null) {
        throw new Error(`redis-server does not run: ${problem?.message ?? child.exitCode}`);
      }
      return this.listens();
    });
  }

  /** Ends it at once, with all that it knew. */
  public async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child?.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  /** Lets no writes through. What a client has sent meanwhile goes down with the client. */
  public pause(): void {
    this.administer('CLIENT', 'PAUSE', '30000', 'WRITE');
  }

  public resume(): void {
    this.administer('CLIENT', 'UNPAUSE');
  }

  public async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private administer(...command: string[]): void {
    execFileSync('redis-cli', ['-h', 'localhost', '-p', String(this.port), '--tls', '--cacert', this.caFile, '--user', ADMIN, '-e', ...command], {
      env: { PATH: process.env.PATH, REDISCLI_AUTH: PASSWORD }, stdio: 'pipe', timeout: 10_000,
    });
  }

  private async listens(): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port: this.port, ca: this.ca, servername: 'localhost' });
    try {
      await once(socket, 'secureConnect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
