import type { ChildProcess } from 'child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'fs';
import { join } from 'path';
import { setTimeout as sleep } from 'timers/promises';
import { createGroup, freezeGroup, inGroup, killGroup, limitWrites, thawGroup } from './cgroups';
import { CLEAN_ENVIRONMENT, run, runOrThrow, start, type CommandOptions, type CommandResult } from './commands';
import { addressOf, AWS_ENVIRONMENT, BUCKET, ELSEWHERE, ENDPOINT, GATEWAY, METADATA_ADDRESS, S3_ADDRESS, S3_HOST } from './constants';
import { cableOf, plug, unplug } from './network';

/** Size of the volume of a node. Its file takes only what is written. */
const DISK_BYTES = 6 * 1024 ** 3;

const BOOT_SECONDS = 60;

const BUCKETS = [BUCKET, ELSEWHERE.bucket, ELSEWHERE.replica];

export interface HostProps {
  readonly node: number;
  /** Root folder, read only. */
  readonly root: string;
  /** Folder of the lab. */
  readonly work: string;
  /** Control group of the lab. */
  readonly group: string;
  /** Folder with the shipped files. */
  readonly nodeFiles: string;
  /** Lines of `/etc/first-boot.env`. */
  readonly environment: () => string[];
}

/** One EC2 instance of a node, and its volume: systemd as process 1 of namespaces. */
export class Host {
  public readonly name: string;
  public readonly address: string;
  private readonly group: string;
  private readonly folder: string;
  private incarnation = 0;
  private init = 0;
  private child?: ChildProcess;

  constructor(private readonly props: HostProps) {
    this.name = cableOf(props.node);
    this.address = addressOf(props.node);
    this.group = join(props.group, this.name);
    this.folder = join(props.work, this.name);
    mkdirSync(this.folder, { recursive: true });
  }

  public get node(): number {
    return this.props.node;
  }

  /** Instance id; a replacement has another one. */
  public get instanceId(): string {
    return `i-${String(this.props.node).padStart(9, '0')}${String(this.incarnation).padStart(8, '0')}`;
  }

  /** Output of what user data runs, of all instances of the node. */
  public get startLog(): string {
    return join(this.folder, 'start.log');
  }

  /** Makes an empty volume. */
  public async format(): Promise<void> {
    rmSync(this.disk, { force: true });
    writeFileSync(this.disk, '');
    truncateSync(this.disk, DISK_BYTES);
    await runOrThrow('mkfs.ext4', ['-q', '-m', '1', this.disk]);
  }

  /** Boots a new instance: nothing of the former one is there, but the volume. */
  public async launch(): Promise<void> {
    this.incarnation += 1;
    this.prepare();
    await this.boot();
  }

  /** Boots the instance, again after a death. */
  public async boot(): Promise<void> {
    await this.powerOn();
    await this.isUp();
  }

  /** Boots the instance, and does not wait until every service has started. */
  public async powerOn(): Promise<void> {
    await this.diskIsFree();
    await createGroup(this.group);
    const script = join(__dirname, 'boot.sh');
    const command = ['nsenter', `--net=/run/netns/${this.name}`, 'unshare', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child',
      'bash', script, this.name, this.props.root, this.layer, this.disk];
    this.child = start(...inGroup(this.group, command), { log: join(this.folder, 'boot.log'), cwd: '/' });
    this.init = await this.initOf(this.child);
    writeFileSync(join(this.folder, 'pid'), `${this.init}\n`);
    await plug(this.props.node);
  }

  /** Runs what user data runs. It succeeds when CloudFormation would get its signal. */
  public async start(entry = 'start.sh'): Promise<void> {
    const { code } = await this.run(['bash', `/opt/first-boot/${entry}`, '/etc/first-boot.env'], { log: this.startLog });
    if (code !== 0) {
      throw new Error(`${entry} of ${this.name} ended with ${code}. The end of ${this.startLog}:\n${readFileSync(this.startLog, 'utf8').split('\n').slice(-40).join('\n')}`);
    }
  }

  /** Runs a command in the host. */
  public async run(command: string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(...inGroup(this.group, this.enter(command)), { cwd: '/', ...options });
  }

  /** Runs a command in the host that must succeed; answers with its output. */
  public async output(command: string[], options: CommandOptions = {}): Promise<string> {
    return runOrThrow(...inGroup(this.group, this.enter(command)), { cwd: '/', ...options });
  }

  /** Runs lines of bash in the host that must succeed; answers with their output. */
  public async bash(lines: string, options: CommandOptions = {}): Promise<string> {
    return this.output(['bash', '-euo', 'pipefail', '-c', lines], options);
  }

  /** Drops packets that come in and match, like `tcp dport 5432`, until `hear` is called. */
  public async drop(...matches: string[]): Promise<void> {
    const rules = matches.map((match) => `nft add rule inet lab input ${match} drop`);
    await this.bash(['nft add table inet lab', "nft add chain inet lab input '{ type filter hook input priority 0; }'", ...rules].join('\n'));
  }

  public async hear(): Promise<void> {
    await this.bash('nft delete table inet lab');
  }

  /** Starts a command in the host, which dies with it. Its output goes into files outside. */
  public spawn(command: string[], log: string, errors: string): ChildProcess {
    const redirected = ['bash', '-c', 'log=$1 errors=$2; shift 2; exec "$@" >> "$log" 2>> "$errors"', 'spawn', log, errors];
    return start(...inGroup(this.group, [...redirected, ...this.enter(command)]), { cwd: '/' });
  }

  /** Path of a file of the host, as this process sees it while the host lives. */
  public file(path: string): string {
    return `/proc/${this.init}/root${path}`;
  }

  /** The host is dead at once: nobody hears of it, and nothing is stopped in order. */
  public async kill(): Promise<void> {
    await unplug(this.props.node);
    await killGroup(this.group);
    // Another process may get its number.
    this.init = 0;
    this.child = undefined;
  }

  public get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Every process of the host stands still; its network answers, as a host whose processors are stolen. */
  public freeze(): void {
    freezeGroup(this.group);
  }

  public thaw(): void {
    thawGroup(this.group);
  }

  /** Its volume takes so many bytes in a second; 0 for as many as it can. */
  public async limitDisk(bytes: number): Promise<void> {
    limitWrites(this.group, (await this.output(['mountpoint', '-d', '/data'])).trim(), bytes);
  }

  private get disk(): string {
    return join(this.folder, 'data.img');
  }

  private get layer(): string {
    return join(this.props.work, 'layers', `${this.name}-${this.incarnation}`);
  }

  private enter(command: string[]): string[] {
    const environment = variables({ ...CLEAN_ENVIRONMENT, ...AWS_ENVIRONMENT });
    return ['nsenter', '--target', String(this.init), '--mount', '--net', '--pid', '--uts', '--ipc', '--cgroup', '--wdns=/',
      // The command is a child of nsenter, and ends with it.
      'setpriv', '--pdeathsig', 'KILL', 'env', '-i', ...environment, ...command];
  }

  /** Files that a new instance has: those of its image, of cloud-init and of user data. */
  private prepare(): void {
    const upper = join(this.layer, 'upper');
    const write = (path: string, lines: string[]) => {
      mkdirSync(join(upper, path, '..'), { recursive: true });
      writeFileSync(join(upper, path), [...lines, ''].join('\n'));
    };
    write('etc/hostname', [this.name]);
    write('etc/machine-id', [this.instanceId.slice(2).padStart(32, 'a')]);
    write('etc/hosts', ['127.0.0.1 localhost', `${GATEWAY} ${ENDPOINT}`, `${S3_ADDRESS} ${[S3_HOST, ...BUCKETS.map((bucket) => `${bucket}.${S3_HOST}`)].join(' ')}`, `${METADATA_ADDRESS} metadata`]);
    // Nothing listens there, which answers at once, as the resolver of a VPC does.
    write('etc/resolv.conf', [`nameserver ${GATEWAY}`]);
    write('etc/systemd/system.conf.d/lab.conf', ['[Manager]', `DefaultEnvironment=${variables(AWS_ENVIRONMENT).join(' ')}`]);
    write('var/lib/cloud/data/instance-id', [this.instanceId]);
    mkdirSync(join(upper, 'var/log/journal'), { recursive: true });
    write('etc/first-boot.env', this.props.environment());
    cpSync(this.props.nodeFiles, join(upper, 'opt/first-boot'), { recursive: true });
  }

  /** The volume is free when the last process of the former instance has ended. A second mount would destroy its file system. */
  private async diskIsFree(): Promise<void> {
    for (let attempt = 0; (await runOrThrow('losetup', ['--associated', this.disk])) !== ''; attempt += 1) {
      if (attempt === 100) throw new Error(`The volume of ${this.name} is still in use.`);
      await sleep(100);
    }
  }

  /** Process 1 of the host, by its number on the machine. */
  private async initOf(parent: ChildProcess): Promise<number> {
    const read = (pid: string, file: string) => ofProcess(`/proc/${pid}/${file}`);
    for (let attempt = 0; attempt < 100 && parent.exitCode === null; attempt += 1) {
      const children = read(String(parent.pid), `task/${parent.pid}/children`).trim().split(' ');
      const init = children.find((pid) => pid !== '' && /^NSpid:.*\t1$/m.test(read(pid, 'status')));
      if (init !== undefined) return Number(init);
      await sleep(50);
    }
    throw new Error(`${this.name} did not start. See ${join(this.folder, 'boot.log')}.`);
  }

  private async isUp(): Promise<void> {
    let state = '';
    for (const end = Date.now() + BOOT_SECONDS * 1000; Date.now() < end; await sleep(100)) {
      if (!this.isAlive) break;
      state = (await this.run(['systemctl', 'is-system-running'], { timeout: 5 })).output.trim();
      if (/^(running|degraded)$/.test(state)) return;
    }
    throw new Error(`${this.name} did not boot: systemd says '${state}'. See ${join(this.folder, 'boot.log')}.`);
  }
}

/** A file of a process; nothing where that has ended, also just now. */
function ofProcess(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function variables(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}
