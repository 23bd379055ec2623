import type { ChildProcess } from 'child_process';
import { spawn, spawnSync } from 'child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { createServer } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { Client } from 'pg';
import { type AnyMajor, preparePostgres, serverAccount, type ServerAccount, SUPERUSER } from './postgres-binaries';
import { issueCertificates } from './postgres-certificates';
import { scramVerifier } from '../../src/postgres/engine/handler/sql/scram';

export { POSTGRES_MAJORS } from './postgres-binaries';
export type { PostgresMajor } from './postgres-binaries';

export interface StartPostgresOptions {
  /** @default 18 */
  readonly major?: AnyMajor;
  /** @default - a free one */
  readonly port?: number;
  /** Host names that the server's certificate is valid for, besides 127.0.0.1. @default ['localhost'] */
  readonly hostNames?: string[];
  /** Who made the admin: RDS, or the nodes of a self-hosted server. @default - the environment variable POSTGRES_ADMIN, else `rds` */
  readonly admin?: AdminKind;
  /** More settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type AdminKind = 'rds' | 'self-hosted';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface ConnectOptions {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const START_TIMEOUT_MS = 30_000;
const ADMIN: Login = { username: 'postgres', password: 'admin-for-tests' };

/** What RDS does to a fresh server: an admin without superuser rights, and its own roles. */
const PREPARE_LIKE_RDS = [
  `CREATE ROLE ${ADMIN.username} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD '${ADMIN.password}'`,
  'CREATE ROLE rds_superuser NOLOGIN',
  'GRANT pg_signal_backend, pg_monitor TO rds_superuser WITH ADMIN OPTION',
  `GRANT rds_superuser, pg_signal_backend, pg_monitor TO ${ADMIN.username} WITH ADMIN OPTION`,
  'CREATE ROLE rds_iam NOLOGIN',
  `ALTER DATABASE postgres OWNER TO ${ADMIN.username}`,
];

/** Up to 15 any role with CREATEROLE may grant it; from 16 on that takes ADMIN, which must not come with the role itself. */
const GRANT_IAM_FROM_16 = `GRANT rds_iam TO ${ADMIN.username} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`;

/** What the nodes of a self-hosted server do to a fresh server: with their own file, and a verifier instead of the password. */
async function prepareLikeNodes(): Promise<string> {
  const file = readFileSync(join(__dirname, '../../src/postgres/self-hosted/node/sql/admin.sql'), 'utf8');
  return `SET self_hosted.admin = '${ADMIN.username}'; SET self_hosted.verifier = '${await scramVerifier(ADMIN.username, ADMIN.password)}'; ${file}`;
}

/**
 * Runs the server, and ends it when the test process goes away, however it goes: file descriptor 3 is a pipe from it.
 * A line on the pipe means that the process ended the server itself.
 */
const SUPERVISE = `
base="$1"; shift
"$@" 3<&- & server=$!
(if read line <&3; then exit 0; fi; kill -QUIT $server 2>/dev/null; sleep 0.3; rm -rf "$base"; rmdir "$base" 2>/dev/null) &
wait $server
`;

/** Starts a PostgreSQL server of its own on 127.0.0.1, reachable only over TLS, prepared like RDS unless told otherwise. */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const server = await startOnFreePort(options, 3);
  const client = await server.connect({ user: SUPERUSER.username, password: SUPERUSER.password, database: 'postgres' });
  const kind = options.admin ?? process.env.POSTGRES_ADMIN ?? 'rds';
  await client.query(kind === 'self-hosted' ? await prepareLikeNodes() : [...PREPARE_LIKE_RDS, ...(server.major >= 16 ? [GRANT_IAM_FROM_16] : [])].join(';'));
  await client.end();
  return server;
}

/** Somebody else may take a free port between finding and using it. */
async function startOnFreePort(options: StartPostgresOptions, attempts: number): Promise<PostgresServer> {
  const server = await PostgresServer.create(options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.remove();
    if (options.port !== undefined || attempts <= 1) {
      throw error;
    }
    return startOnFreePort(options, attempts - 1);
  }
}

export class PostgresServer {
  public static async create(options: StartPostgresOptions): Promise<PostgresServer> {
    const major = options.major ?? 18;
    const hostNames = options.hostNames ?? ['localhost'];
    const account = serverAccount();
    const files = preparePostgres(major, account);
    const certificates = await issueCertificates(hostNames);
    const port = options.port ?? await freePort();
    // From here on nothing is waited for, so nobody can end the process before the server knows what to remove.
    const base = mkdtempSync(join(tmpdir(), 'cdk-private-backend-server-'));
    const dataDir = join(base, 'data');
    spawnSync('cp', ['-Rp', files.dataTemplate, dataDir]);
    const caFile = join(base, 'ca.pem');
    writeFileSync(caFile, certificates.ca);
    const give = (name: string, content: string) => writeOwned(join(dataDir, name), content, account);
    give('server.crt', certificates.certificate);
    give('server.key', certificates.privateKey);
    give('pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
    chmodSync(base, 0o755);
    if (account.uid !== undefined && account.gid !== undefined) {
      chownSync(base, account.uid, account.gid);
    }
    return new PostgresServer(major, hostNames[0], port, certificates.ca, caFile, base, dataDir, files.postgres, account, options.settings ?? {});
  }

  /** Address that the server listens on. */
  public readonly host = '127.0.0.1';
  /** Like the master user of RDS: CREATEROLE and CREATEDB, no superuser. */
  public readonly admin = ADMIN;
  /** Bootstrap superuser, as `rdsadmin` on RDS; for arranging and inspecting only. */
  public readonly superuser: Login = SUPERUSER;
  private child?: ChildProcess;
  private readonly logFile: string;
  private readonly onExit = () => this.removeNow();

  private constructor(
    public readonly major: AnyMajor,
    /** Name that the certificate is valid for. */
    public readonly hostName: string,
    public readonly port: number,
    /** PEM of the authority that issued the certificate. */
    public readonly ca: string,
    public readonly caFile: string,
    private readonly base: string,
    public readonly dataDir: string,
    private readonly executable: string,
    private readonly account: ServerAccount,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.logFile = join(base, 'server.log');
    process.once('exit', this.onExit);
  }

  /** Connects over verified TLS. End the client yourself. */
  public async connect(options: ConnectOptions): Promise<Client> {
    const client = new Client({
      host: this.host, port: this.port, ...options, ssl: { ca: this.ca, servername: this.hostName }, connectionTimeoutMillis: 10_000,
    });
    // Tests end servers and sessions on purpose; an idle client's error must not end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  public async start(): Promise<void> {
    if (this.child) {
      return;
    }
    const settings = {
      port: this.port,
      listen_addresses: this.host,
      unix_socket_directories: '',
      ssl: 'on',
      password_encryption: 'scram-sha-256',
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      shared_buffers: '16MB',
      max_connections: '60',
      log_statement: 'all',
      ...this.settings,
    };
    writeOwned(this.logFile, '', this.account);
    const log = openSync(this.logFile, 'a');
    const child = spawn('sh', [
      '-c', SUPERVISE, 'supervise', this.base, this.executable, '-D', this.dataDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ], { ...this.account, cwd: '/', detached: true, stdio: ['ignore', log, log, 'pipe'] });
    closeSync(log);
    child.stdio[3]?.on('error', () => undefined);
    child.unref();
    (child.stdio[3] as unknown as { unref(): void }).unref();
    this.child = child;
    await this.waitUntilReady(child);
  }

  public async stop(): Promise<void> {
    const child = this.child;
    if (!child) {
      return;
    }
    this.child = undefined;
    const exited = new Promise<void>((done) => child.exitCode !== null ? done() : child.once('exit', () => done()));
    (child.stdio[3] as NodeJS.WritableStream | undefined)?.end('stopped\n');
    child.ref();
    this.signal('SIGINT');
    await exited;
  }

  public async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Stops the server and deletes its files. */
  public async remove(): Promise<void> {
    await this.stop();
    process.removeListener('exit', this.onExit);
    rmSync(this.base, { recursive: true, force: true });
  }

  /** Everything that the server has logged since it was last started, every statement included. */
  public log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  private async waitUntilReady(child: ChildProcess): Promise<void> {
    const giveUp = Date.now() + START_TIMEOUT_MS;
    let reason: unknown;
    while (Date.now() < giveUp && child.exitCode === null) {
      try {
        const client = await this.connect({ user: SUPERUSER.username, password: SUPERUSER.password, database: 'postgres' });
        await client.end();
        return;
      } catch (error) {
        reason = error;
        await sleep(25);
      }
    }
    throw new Error(`PostgreSQL ${this.major} did not start on port ${this.port}: ${String(reason)}\n${this.log()}`);
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      const pid = Number(readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  }

  private removeNow(): void {
    if (this.child) {
      this.signal('SIGQUIT');
    }
    rmSync(this.base, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function writeOwned(path: string, content: string, account: ServerAccount): void {
  writeFileSync(path, content, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(path, account.uid, account.gid);
  }
}
