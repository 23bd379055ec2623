import { spawn, type ChildProcess } from 'child_process';
import { closeSync, openSync, readFileSync, readSync } from 'fs';
import * as path from 'path';
import { createInterface } from 'readline';
import type { ContainerDefinition, Volume } from '@aws-sdk/client-ecs';
import type { Bases } from './bases';
import type { Image } from './image';
import type { MemoryGroup } from './memory';
import type { TaskNetwork } from './network';
import { noSuchProgram, notSetUp } from './texts';

/** What a container runs, and where. */
export interface Program {
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly workdir: string;
  readonly user: string;
  readonly group: string;
}

/** What a container is started from. */
export interface ContainerOptions {
  readonly definition: ContainerDefinition;
  readonly image: Image;
  readonly secrets: Readonly<Record<string, string>>;
  readonly bases: Bases;
  readonly network: TaskNetwork;
  readonly memory?: MemoryGroup;
  /** Empty folder. */
  readonly scratch: string;
  /** The task's `/etc/hosts`. */
  readonly hosts: string;
  /** Folder of a volume of the task. */
  readonly volumeFolder: (name: Volume['name']) => string;
  readonly onLine: (line: string) => void;
}

const SCRIPT = path.join(__dirname, 'container.sh');
/**
 * Makes a command the first process of a new process namespace, kills it where this one ends, and says as a shell does how it ended:
 * `unshare --fork` says 1 for SIGKILL, and what the kernel sends at the death of a parent is forgotten where a process changes its user.
 */
export const FIRST_PROCESS = ['sh', '-c', 'exec 4>&2 2>/dev/null; trap \'kill -KILL $child; exit 137\' TERM; "$@" 2>&4 4>&- & child=$!; exec 3>&- 4>&-; wait $child; exit $?', 'sh'];
/** What Docker gives where nothing is dropped. */
const CAPABILITIES = '+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap';
/** What entering the container's own files takes; whoever is not root there loses it on the way. */
const NO_CAPABILITIES = '+sys_chroot,+setgid,+setuid';
/** Machines of ELF files, by names that Node gives to architectures. */
const ELF_MACHINES: Record<string, number> = { x64: 62, arm64: 183 };

/** A container that runs as processes, out of the reach of Ctrl-C, with files, users and a network of their own. */
export class ContainerProcess {
  /** Resolves once its program runs; rejects with `CannotStart` where it never did. */
  public readonly started: Promise<void>;
  /** Exit code as a container has it, once it has ended. */
  public readonly ended: Promise<number>;
  public readonly pid: number;
  private readonly child: ChildProcess;
  private readonly program: Program;

  /** @throws CannotStart where its program does not exist */
  constructor(private readonly options: ContainerOptions) {
    const { network, onLine, scratch } = options;
    this.program = programOf(options);
    const [name] = this.program.argv;
    const file = findProgram(options, this.program);
    if (file === undefined) throw noSuchProgram(name ?? '');
    this.child = isForOtherMachine(file) ? spawn('sh', ['-c', 'echo >&3; echo "exec $1: exec format error" >&2; exit 1', 'sh', name], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] }) : spawn('setpriv', [
      '--pdeathsig', 'TERM', 'nsenter', `--target=${network.pid}`, '--net', 'unshare', '--mount', '--pid', ...FIRST_PROCESS,
      'sh', SCRIPT, scratch, this.usesInit ? 'init' : 'direct', ...this.identity, ...this.mounts(), '--', ...this.program.argv,
    ], { env: this.program.env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.pid = this.child.pid ?? 0;
    const read = [this.child.stdout, this.child.stderr].map(async (stream) => new Promise<void>((end) => {
      createInterface({ input: stream! }).on('line', onLine).once('close', end);
    }));
    const exit = new Promise<number>((done, failed) => this.child
      .once('error', failed)
      .once('exit', (code, signal) => done(code ?? 128 + (signal === 'SIGTERM' ? 15 : 9))));
    this.ended = exit.then(async (code) => Promise.all(read).then(() => code));
    this.started = new Promise((running, failed) => {
      this.child.stdio[3]?.once('data', () => running());
      this.ended.then(() => failed(notSetUp()), failed);
    });
  }

  /** What ECS does: SIGTERM, and SIGKILL for what takes longer. */
  public async stop(seconds: number): Promise<void> {
    this.signal('SIGTERM');
    const impatience = setTimeout(() => this.kill(), seconds * 1000);
    await this.ended;
    clearTimeout(impatience);
  }

  /** Ends all its processes at once. */
  public kill(): void {
    this.signal('SIGKILL');
    if (this.firstProcess === undefined) this.child.kill('SIGKILL');
  }

  /** Runs a command beside it, as a health check does; answers with its exit code, undefined where it took too long. */
  public async exec(argv: string[], seconds: number): Promise<number | undefined> {
    const first = this.firstProcess;
    if (first === undefined) return 1;
    const { user, group, workdir, env } = this.program;
    const root = path.join(this.options.scratch, 'root');
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'nsenter', `--target=${first}`, '--mount', '--pid', '--net',
      'setpriv', '--no-new-privs', '--inh-caps=-all', `--bounding-set=-all,${this.capabilities}`, 'nsenter', `--root=${root}`, `--wd=${root}${workdir}`, '--setuid', user, '--setgid', group, ...argv], { env, stdio: 'ignore' });
    return new Promise((done) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        done(undefined);
      }, seconds * 1000);
      child.once('error', () => done(1)).once('exit', (code) => {
        clearTimeout(timer);
        done(code ?? 137);
      });
    });
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      if (this.firstProcess !== undefined) process.kill(this.firstProcess, signal);
    } catch {
      // It has ended already.
    }
  }

  /** The process that has the number 1 in the container. */
  private get firstProcess(): number | undefined {
    try {
      const [child] = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ');
      return child === '' ? undefined : Number(child);
    } catch {
      return undefined;
    }
  }

  private get usesInit(): boolean {
    return this.options.definition.linuxParameters?.initProcessEnabled ?? false;
  }

  private get capabilities(): string {
    return this.options.definition.linuxParameters?.capabilities?.drop?.includes('ALL') === true ? NO_CAPABILITIES : CAPABILITIES;
  }

  private get identity(): string[] {
    const { user, group, workdir } = this.program;
    return [user, group, this.capabilities, workdir, this.options.memory?.folder ?? '-'];
  }

  private mounts(): string[] {
    const { bases, image, definition, hosts, volumeFolder } = this.options;
    const volumes = (definition.mountPoints ?? []).map(({ sourceVolume, containerPath = '', readOnly }) => ({ containerPath, mount: `bind:${volumeFolder(sourceVolume)}:${containerPath}:${readOnly === true ? 'ro' : 'rw'}` }));
    const temporary = (definition.linuxParameters?.tmpfs ?? []).map(({ containerPath = '', size, mountOptions = [] }) => ({ containerPath, mount: `tmpfs:${['mode=1777', `size=${size}m`, ...mountOptions].join(',')}:${containerPath}` }));
    // A path below another is mounted after it.
    const own = [...volumes, ...temporary].sort((a, b) => a.containerPath.length - b.containerPath.length).map(({ mount }) => mount);
    return [
      ...bases.mounts(image.base, image.layers), `bind:${hosts}:/etc/hosts:ro`, ...own,
      ...image.base.kind === 'debian' ? [`bind:${process.execPath}:/usr/local/bin/node:ro`] : [],
      ...definition.readonlyRootFilesystem === true ? ['readonly:-:-'] : [],
    ];
  }
}

/** What a container runs: the image's program and settings, with the definition's in their place. */
export function programOf({ definition, image, secrets }: Pick<ContainerOptions, 'definition' | 'image' | 'secrets'>): Program {
  const entryPoint = definition.entryPoint ?? image.entryPoint;
  // Docker forgets the image's command where the entry point is another.
  const command = definition.command ?? (definition.entryPoint === undefined ? image.command : []);
  const environment = Object.fromEntries((definition.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
  const [user, group] = numbersOf(definition.user ?? image.user);
  return {
    argv: [...entryPoint, ...command],
    env: { HOME: user === '0' ? '/root' : '/', ...image.env, ...environment, ...secrets },
    workdir: definition.workingDirectory ?? image.workdir,
    user,
    group,
  };
}

function numbersOf(user: string): [string, string] {
  const names: Record<string, string> = { root: '0', node: '1000', nonroot: '65532' };
  const [uid, gid] = user.split(':').map((part) => names[part] ?? part);
  const numbers: [string, string] = [uid, gid ?? (user in names ? uid : '0')];
  if (!numbers.every((part) => /^\d+$/.test(part))) throw new Error(`The user '${user}' of a container is not known here.`);
  return numbers;
}

function findProgram({ bases, image: { base, layers } }: ContainerOptions, { argv: [name = ''], env, workdir }: Program): string | undefined {
  const places = name.includes('/') ? [path.posix.resolve(workdir, name)] : (env.PATH ?? '').split(':').map((folder) => path.posix.join(folder, name));
  if (base.kind === 'debian' && ['node', '/usr/local/bin/node'].includes(name)) return process.execPath;
  return places.map((place) => bases.find(base, layers, place)).find((file) => file !== undefined);
}

function isForOtherMachine(file: string): boolean {
  const header = Buffer.alloc(20);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, header, 0, header.length, 0);
  } finally {
    closeSync(opened);
  }
  return header.readUInt32BE(0) === 0x7f454c46 && header.readUInt16LE(18) !== ELF_MACHINES[process.arch];
}
