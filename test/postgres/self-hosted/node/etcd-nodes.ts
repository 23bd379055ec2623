import { execFileSync, spawnSync } from 'child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { NodeDisk } from './node-disk';

/** What systemd does with the unit of etcd, which is started again whenever it ends. It ends with this process. */
const SYSTEMCTL = `case "$*" in start*etcd)
  set -a; . "$ROOT/etc/default/etcd"
  # All members are on one machine, which needs no patience.
  ETCD_HEARTBEAT_INTERVAL=50 ETCD_ELECTION_TIMEOUT=250
  setsid bash -c '(while kill -0 ${process.pid} 2> /dev/null; do /bin/sleep 1; done; kill -KILL 0) & while :; do etcd; /bin/sleep 0.2; done' < /dev/null >> "$ROOT/etcd.log" 2>&1 &
  echo $! > "$ROOT/etcd.pid" ;;
esac`;

/** A host of addresses that nobody else on this machine uses. */
const subnet = `127.${10 + (process.pid % 200)}.${Math.floor(Math.random() * 255)}`;

/** A member as the cluster lists it. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly learner: boolean;
}

/** Instances of a cluster with real etcd, each at an address of its own of this machine. */
export class EtcdNodes {
  private readonly folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  private readonly instances: NodeDisk[] = [];
  /** Whether the bucket has a stanza of this cluster. */
  private stanza = false;

  constructor() {
    const missing = ['etcd', 'etcdctl', 'openssl'].filter((program) => spawnSync('bash', ['-c', `command -v ${program}`]).status !== 0);
    if (missing.length > 0) throw new Error(`This test needs ${missing.join(', ')}. .ci/tier-tools installs them on Debian.`);
    this.createCertificate();
  }

  /** Address of a node; the second subnet is for a node that moves. */
  public address(node: number, moved = false): string {
    return `${subnet}.${(moved ? 100 : 10) + node}`;
  }

  /** From now on the bucket has backups of the cluster. */
  public archive(): void {
    this.stanza = true;
  }

  /** An instance whose volume is empty, or the one of a former instance. Its etcd is not started yet. */
  public instance(node: number, addresses: readonly string[], volume?: NodeDisk): NodeDisk {
    const disk = new NodeDisk({ NODE: String(node), NODES: addresses.join(','), VOLUME: 'vol-1' });
    this.instances.push(disk);
    ['ca.crt', 'node.crt', 'node.key'].forEach((name) => disk.write(`etc/node/tls/${name}`, readFileSync(join(this.folder, name))));
    disk.write('etc/default/etcd', '');
    disk.command('systemctl', SYSTEMCTL);
    disk.command('sleep', 'exec /bin/sleep 0.1');
    disk.command('seq', '/usr/bin/seq "$1" $(($2 < 40 ? $2 : 40))');
    disk.command('pgbackrest', this.stanza ? 'echo 17-1' : 'exit 0');
    if (volume !== undefined) {
      rmSync(disk.path('data'), { recursive: true });
      renameSync(volume.path('data'), disk.path('data'));
    }
    return disk;
  }

  /** Runs what the first boot of an instance runs. */
  public boot(disk: NodeDisk) {
    return disk.run('etcd.sh', [], { ETCD_TIMEOUT: '1s' });
  }

  /** Instances of new nodes that must come up, each after the one before it. */
  public cluster(count: number): NodeDisk[] {
    const addresses = this.addresses(count);
    return addresses.map((_, index) => this.mustBoot(this.instance(index + 1, addresses)));
  }

  /** Whether an instance would signal, where its Patroni says that it is the primary. */
  public isReady(disk: NodeDisk): boolean {
    return disk.run('ready.sh', [], { ETCD_TIMEOUT: '1s' }).status === 0;
  }

  public mustBoot(disk: NodeDisk): NodeDisk {
    const { status, stderr } = this.boot(disk);
    if (status !== 0) throw new Error(`${stderr}\n${disk.has('etcd.log') ? disk.read('etcd.log').slice(-2000) : 'etcd was not started.'}`);
    return disk;
  }

  public addresses(count: number): string[] {
    return Array.from({ length: count }, (_, index) => this.address(index + 1));
  }

  /** The instance is gone at once; its volume stays. */
  public async kill(disk: NodeDisk): Promise<void> {
    if (!disk.has('etcd.pid')) return;
    const pid = Number(disk.read('etcd.pid'));
    disk.remove('etcd.pid');
    try {
      process.kill(-pid, 'SIGKILL');
      for (;;) {
        process.kill(-pid, 0);
        await sleep(20);
      }
    } catch {
      // It has ended.
    }
  }

  /** Runs etcdctl against a node. */
  public ctl(address: string, ...args: string[]): string {
    const tls = ['cacert', 'cert', 'key'].map((name, index) => `--${name}=${join(this.folder, ['ca.crt', 'node.crt', 'node.key'][index])}`);
    return execFileSync('etcdctl', [...tls, `--endpoints=${address}:2379`, ...args], { encoding: 'utf8', env: { ...process.env, ETCDCTL_API: '3' }, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  /** Members by what a node knows. */
  public members(address = this.address(1)): Member[] {
    return this.ctl(address, 'member', 'list').split('\n').map((line) => line.split(', ')).map(([id, , name, url, , learner]) => ({ id, name, url, learner: learner === 'true' }));
  }

  public async remove(): Promise<void> {
    await Promise.all(this.instances.map((disk) => this.kill(disk)));
    this.instances.forEach((disk) => disk.remove(''));
    rmSync(this.folder, { recursive: true });
  }

  /** One for all nodes: who may sign for whom is another test's. */
  private createCertificate(): void {
    // Whoever connects to an address of this machine comes from the first one.
    const addresses = ['127.0.0.1', ...[1, 2, 3].flatMap((node) => [this.address(node), this.address(node, true)])];
    const file = (name: string) => join(this.folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const openssl = (...args: string[]) => execFileSync('openssl', ['req', ...key, ...args], { stdio: 'pipe' });
    openssl('-x509', '-keyout', file('ca.key'), '-out', file('ca.crt'), '-subj', '/CN=authority', '-addext', 'keyUsage=critical,keyCertSign');
    openssl('-keyout', file('node.key'), '-out', file('node.csr'), '-subj', '/CN=node');
    writeFileSync(file('names'), `subjectAltName=${addresses.map((address) => `IP:${address}`).join(',')}\n`);
    execFileSync('openssl', ['x509', '-req', '-in', file('node.csr'), '-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-days', '2', '-extfile', file('names'), '-out', file('node.crt')], { stdio: 'pipe' });
  }
}
