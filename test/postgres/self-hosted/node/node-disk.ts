import { spawnSync } from 'child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';
import { belowRoot } from '../../../support/first-boot';

const FILES = join(__dirname, '../../../../src/postgres/self-hosted/node');

const ENVIRONMENT = {
  CLUSTER: 'orders',
  NODE: '1',
  NODES: '10.0.0.1,10.0.1.1,10.0.2.1',
  ENDPOINT: 'orders.internal',
  REGION: 'eu-central-1',
  BUCKET: 'orders-backups',
  BACKUP_RETENTION_DAYS: '14',
  FULL_BACKUP: 'Sun 02:00',
  DIFF_BACKUP: 'Mon..Sat 02:00',
  NAMESPACE: 'CdkPrivateBackend/SelfHostedPostgres',
};

/** Commands of a host that is not there. Users are those of this process, and a network is not needed. */
const COMMANDS = {
  setpriv: 'while [[ "$1" == --* ]]; do shift; done; exec "$@"',
  install: 'args=(); while [ $# -gt 0 ]; do case $1 in -o | -g) shift 2 ;; *) args+=("$1"); shift ;; esac; done; exec /usr/bin/install "${args[@]}"',
  // Patroni, which says whether this node is the primary.
  curl: 'test -e "$ROOT/primary" && printf 200 || printf 503',
  systemctl: 'exit 0',
  sleep: 'exit 0',
  mountpoint: 'exit 0',
  aws: '[[ "$*" =~ file://([^ ]+) ]] && cp "${BASH_REMATCH[1]}" "$ROOT/published.json"',
};

/** The shipped files of a node, on a disk of their own, with commands that note how they were called. */
export class NodeDisk {
  public readonly root = mkdtempSync(join(tmpdir(), 'node-'));

  constructor(environment: Readonly<Record<string, string>> = {}) {
    ['bin', 'etc', 'run/node', 'data'].forEach((path) => mkdirSync(this.path(path), { recursive: true }));
    readdirSync(FILES).filter((name) => /\.(sh|sql|py)$/.test(name)).forEach((name) => this.write(`opt/first-boot/${name}`, this.below(readFileSync(join(FILES, name), 'utf8'))));
    this.write('etc/first-boot.env', Object.entries({ ...ENVIRONMENT, ...environment }).map(([name, value]) => `${name}=${value}\n`).join(''));
    this.write('run/node/cluster.json', '{"cipherPass":"right horse"}');
    this.write('primary', '');
    Object.entries(COMMANDS).forEach(([name, body]) => this.command(name, body));
  }

  /** A command, in bash. */
  public command(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/bin/bash\nROOT='${this.root}'\necho "${name} $*" >> "$ROOT/log"\n${body}\n`);
  }

  public write(path: string, text: string | Buffer): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
    chmodSync(this.path(path), 0o755);
  }

  public run(script: string, args: string[] = [], environment: Readonly<Record<string, string>> = {}) {
    const { status, stdout, stderr } = spawnSync('bash', [this.path(`opt/first-boot/${script}`), ...args], {
      encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: `${this.path('bin')}:${process.env.PATH}`, ...environment },
    });
    return { status, stdout, stderr: this.shown(stderr) };
  }

  public read(path: string): string {
    return this.shown(readFileSync(this.path(path), 'utf8'));
  }

  public has(path: string): boolean {
    return existsSync(this.path(path));
  }

  public remove(path: string): void {
    rmSync(this.path(path), { force: true, recursive: true });
  }

  /** Calls of a command, with their arguments. */
  public calls(name: string): string[] {
    return this.has('log') ? this.read('log').split('\n').filter((line) => line.startsWith(`${name} `)) : [];
  }

  public path(name: string): string {
    return join(this.root, name);
  }

  private below(script: string): string {
    return belowRoot(script, this.root).replace(/(?<![\w.}])\/run\/node\b/g, `${this.root}/run/node`);
  }

  private shown(text: string): string {
    return text.split(this.root).join('');
  }
}
