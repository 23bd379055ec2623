import { spawnSync } from 'child_process';
import { createHash } from 'crypto';
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'fs';
import * as path from 'path';
import { baseOf, sharedFolderOf, type Base, type Bases } from './bases';
import { FIRST_PROCESS } from './container';
import { parseCommand, parseDockerfile, parsePairs, substitute, type Instruction, type Stage } from './dockerfile';
import { ROOT } from '../paths';
import { run } from '../process';

/** What is known of an image besides its files. */
export interface ImageConfig {
  readonly base: Base;
  readonly env: Record<string, string>;
  readonly workdir: string;
  readonly user: string;
  readonly entryPoint: string[];
  readonly command: string[];
  readonly volumes: string[];
}

/** An image whose files stand above those of its base. */
export interface Image extends ImageConfig {
  /** Folder with its layers. */
  readonly layers: string;
}

/** What an image is built from. */
export interface BuildContext {
  readonly directory: string;
  /** @default 'Dockerfile' */
  readonly file?: string;
  /** Stage of the Dockerfile. @default - the last */
  readonly target?: string;
}

const MACHINES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const SCRIPT = path.join(__dirname, 'container.sh');

/**
 * Builds images by the instructions of their own Dockerfiles, for this machine's architecture, without Docker: base images are files of
 * this machine, and each RUN runs in the file system of its stage. What was built once is kept for later calls, also of other processes.
 */
export class ImageBuilder {
  private readonly builds = new Map<string, Build>();

  /**
   * @param cache folder for what was built
   * @param ready files to take instead of building the stages that would make them, by their paths in those stages
   */
  constructor(private readonly bases: Bases, private readonly cache: string, private readonly ready: Readonly<Record<string, string>> = {}) {}

  public async build(context: BuildContext): Promise<Image> {
    const key = keyOf(context);
    const build = this.builds.get(key) ?? new Build(context, path.join(this.cache, key), this.bases, this.ready);
    this.builds.set(key, build);
    return build.stage(context.target);
  }
}

/** The stages of one Dockerfile. Those that nothing is copied from are not made. */
class Build {
  private readonly stages: Stage[];
  private readonly built = new Map<string, Promise<Image>>();

  /** @param folder where stages are kept, each whole or not at all */
  constructor(private readonly context: BuildContext, private readonly folder: string, private readonly bases: Bases, private readonly ready: Readonly<Record<string, string>>) {
    this.stages = parseDockerfile(readFileSync(path.join(context.directory, context.file ?? 'Dockerfile'), 'utf8'));
    mkdirSync(folder, { recursive: true });
  }

  public async stage(name = this.stages.at(-1)?.name ?? ''): Promise<Image> {
    const known = this.built.get(name) ?? this.find(this.stages.find((stage) => stage.name === name));
    this.built.set(name, known);
    return known;
  }

  private async find(stage: Stage | undefined): Promise<Image> {
    if (stage === undefined) throw new Error(`A Dockerfile in ${this.context.directory} refers to a stage that it does not have.`);
    const layers = path.join(this.folder, stage.name);
    if (!existsSync(layers)) {
      const draft = mkdtempSync(path.join(this.folder, 'draft-'));
      try {
        const made = path.join(draft, 'layers');
        writeFileSync(path.join(draft, 'image.json'), JSON.stringify(await this.make(stage, made)));
        renameSync(path.join(draft, 'image.json'), path.join(made, 'image.json'));
        if (!existsSync(layers)) renameSync(made, layers);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
    }
    return { ...JSON.parse(readFileSync(path.join(layers, 'image.json'), 'utf8')) as ImageConfig, layers };
  }

  private async make(stage: Stage, layers: string): Promise<ImageConfig> {
    let config = await this.start(stage, layers);
    // Arguments are gone where the stage ends.
    const machine = MACHINES[process.arch] ?? process.arch;
    const args: Record<string, string> = { TARGETARCH: machine, BUILDPLATFORM: `linux/${machine}` };
    for (const instruction of stage.instructions) {
      config = await this.apply(instruction, config, layers, args);
    }
    return config;
  }

  private async start({ from }: Stage, layers: string): Promise<ImageConfig> {
    if (this.stages.some(({ name }) => name === from)) {
      const { layers: before, ...config } = await this.stage(from);
      copyTree(before, layers, '--archive');
      return config;
    }
    mkdirSync(layers);
    const base = baseOf(from);
    if (base === undefined) throw new Error(`Nothing on this machine stands for the image '${from}'; test/deploy/ecs/bases.ts has those that something does.`);
    return { base, env: { ...base.env }, workdir: '/', user: '0:0', entryPoint: [], command: [], volumes: [] };
  }

  private async apply(instruction: Instruction, config: ImageConfig, layers: string, args: Record<string, string>): Promise<ImageConfig> {
    const { name } = instruction;
    const text = name === 'RUN' ? instruction.text : substitute(instruction.text, { ...args, ...config.env });
    switch (name) {
      case 'ARG': {
        const [key, byDefault] = text.split('=');
        args[key] ??= byDefault ?? '';
        return config;
      }
      case 'ENV': return { ...config, env: { ...config.env, ...Object.fromEntries(parsePairs(text)) } };
      case 'WORKDIR': {
        const workdir = path.posix.resolve(config.workdir, text);
        mkdirSync(placeIn(config, layers, workdir), { recursive: true });
        return { ...config, workdir };
      }
      case 'USER': return { ...config, user: text };
      case 'ENTRYPOINT': return { ...config, entryPoint: parseCommand(text), command: [] };
      case 'CMD': return { ...config, command: parseCommand(text) };
      case 'VOLUME': return { ...config, volumes: [...config.volumes, ...text.startsWith('[') ? JSON.parse(text) as string[] : text.split(/\s+/)] };
      case 'COPY': await this.copy(text, instruction.options, config, layers); return config;
      case 'RUN': await this.run(text, config, layers, args); return config;
      case 'EXPOSE': case 'STOPSIGNAL': case 'LABEL': return config;
      default: throw new Error(`The instruction ${name} of a Dockerfile is not understood here.`);
    }
  }

  private async copy(text: string, { from, chmod, chown }: Readonly<Record<string, string>>, config: ImageConfig, layers: string): Promise<void> {
    const words = text.split(/\s+/);
    const target = words.pop() ?? '';
    const into = path.posix.resolve(config.workdir, target);
    for (const word of words) {
      const sources = from === undefined ? this.inContext(word) : [await this.inStage(from, path.posix.resolve('/', word))];
      for (const source of sources) {
        const isFolder = lstatSync(source).isDirectory();
        const place = placeIn(config, layers, !isFolder && (/(^|\/)\.?$/.test(target) || sources.length > 1) ? path.posix.join(into, path.basename(source)) : into);
        mkdirSync(path.dirname(place), { recursive: true });
        const isNew = !existsSync(place);
        // Between stages, owners are kept.
        copyTree(source, place, from === undefined ? '--preserve=mode' : '--preserve=mode,ownership');
        if (chown !== undefined) chownTree(source, place, ownerOf(chown), isNew);
        if (chmod !== undefined) chmodTree(place, parseInt(chmod, 8));
      }
    }
  }

  private inContext(pattern: string): string[] {
    const file = path.join(this.context.directory, pattern);
    if (!pattern.includes('*')) return [file];
    const wanted = new RegExp(`^${path.basename(pattern).replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
    return readdirSync(path.dirname(file)).filter((name) => wanted.test(name)).map((name) => path.join(path.dirname(file), name));
  }

  private async inStage(from: string, file: string): Promise<string> {
    if (file in this.ready) return this.ready[file];
    const { base, layers } = await this.stage(from);
    const found = this.bases.find(base, layers, file);
    if (found === undefined) throw new Error(`The stage '${from}' of a Dockerfile in ${this.context.directory} made no '${file}'.`);
    return found;
  }

  /** With the network and the settings of this machine's package managers, which Docker would get from its own configuration. */
  private async run(text: string, config: ImageConfig, layers: string, args: Record<string, string>): Promise<void> {
    const beside = path.dirname(layers);
    const mounts = [...this.bases.mounts(config.base, layers, mkdtempSync(path.join(beside, 'work-'))), 'tmpfs:mode=1777:/tmp', ...buildMounts()];
    const scratch = mkdtempSync(path.join(beside, 'run-'));
    const { code, output } = await run('setpriv', ['--pdeathsig', 'TERM', 'unshare', '--mount', '--pid', ...FIRST_PROCESS, 'sh', SCRIPT, scratch, 'direct', '0', '0', '+all', config.workdir, '-', ...mounts, '--', '/bin/sh', '-c', text], {
      env: { ...process.env, ...args, ...config.env, HOME: '/root' },
    });
    if (code !== 0) throw new Error(`'RUN ${text}' of a Dockerfile in ${this.context.directory} ended with ${code}:\n${output}`);
  }
}

function copyTree(from: string, to: string, option: string): void {
  const { status, stderr } = spawnSync('cp', ['--recursive', '--no-dereference', '--no-target-directory', option, from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** Caches and settings that builds use. */
function buildMounts(): string[] {
  const home = process.env.HOME ?? '/root';
  const go = ['/usr/local/go', path.join(process.env.GOROOT ?? '/usr/local/go')].find((folder) => existsSync(folder));
  return [
    ...['.npmrc', '.cache', '.npm'].map((name) => [path.join(home, name), `/root/${name}`]),
    ...go === undefined || go === '/usr/local/go' ? [] : [[go, '/usr/local/go']],
    ['/run/systemd/resolve', '/run/systemd/resolve'],
  ].filter(([from]) => existsSync(from)).map(([from, to]) => `bind:${from}:${to}:rw`);
}

function placeIn({ base }: ImageConfig, layers: string, file: string): string {
  return path.join(layers, base.kind === 'debian' && sharedFolderOf(file) !== undefined ? '' : 'root', file);
}

function chmodTree(place: string, mode: number): void {
  chmodSync(place, mode);
  if (lstatSync(place).isDirectory()) readdirSync(place).forEach((name) => chmodTree(path.join(place, name), mode));
}

function ownerOf(chown: string): [number, number] {
  const [user, group = user] = chown.split(':').map((id) => id === 'root' ? 0 : Number(id));
  if (!Number.isInteger(user) || !Number.isInteger(group)) throw new Error(`'--chown=${chown}' of a Dockerfile is not understood here.`);
  return [user, group];
}

/** Of what was copied. As with Docker, a directory that was there before keeps its owner. */
function chownTree(source: string, place: string, owner: [number, number], isNew: boolean): void {
  if (isNew) lchownSync(place, ...owner);
  if (lstatSync(source).isDirectory()) readdirSync(source).forEach((name) => chownTree(path.join(source, name), path.join(place, name), owner, true));
}

/** Of all that a build depends on, but for this machine's tools. */
function keyOf({ directory, file }: BuildContext): string {
  const hash = createHash('sha256').update(JSON.stringify([file, process.arch, process.version]));
  [__filename, SCRIPT, path.join(__dirname, 'bases.ts'), path.join(__dirname, 'dockerfile.ts')].forEach((source) => hash.update(readFileSync(source)));
  hashFolder(directory, hash);
  return hash.digest('hex').slice(0, 32);
}

function hashFolder(folder: string, hash: ReturnType<typeof createHash>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (['node_modules', 'dist', 'test'].includes(entry.name)) continue;
    const file = path.join(folder, entry.name);
    hash.update(`${entry.name}\n`);
    if (entry.isDirectory()) hashFolder(file, hash);
    else hash.update(readFileSync(file));
  }
}

/** Where images are kept between runs. */
export function imageCache(temporary: string): string {
  return path.join(process.env.CDK_PRIVATE_BACKEND_CACHE ?? temporary, `cdk-private-backend-images-${process.getuid?.() ?? 'user'}`);
}

/** Folder of the programs that stand in for images that cannot be had here. */
export const STAND_INS = path.join(ROOT, 'test', 'deploy', 'ecs', 'stand-ins');
