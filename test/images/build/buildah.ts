import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type Architecture = 'amd64' | 'arm64';

/** How Docker would be asked to build. */
export interface BuildRequest {
  readonly directory: string;
  /** @default 'Dockerfile' */
  readonly file?: string;
  /** @default - the last stage */
  readonly target?: string;
  readonly platform: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** The configuration of an image, as registries keep it. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: string[];
    readonly Cmd?: string[];
    readonly Env?: string[];
    readonly Volumes?: Record<string, unknown>;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Record<string, unknown>;
    readonly StopSignal?: string;
  };
}

export interface Output {
  readonly code: number | null;
  readonly text: string;
}

const TIMEOUT_MS = 600_000;

/** This machine, as Docker names it. */
export const HOST: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
export const OTHER: Architecture = HOST === 'arm64' ? 'amd64' : 'arm64';

/** Buildah with images of its own in a folder. It runs commands in a chroot, pulls nothing, and has no daemon. */
export class Buildah {
  private readonly options: string[];

  constructor(private readonly folder: string, private readonly settings: { readonly bases: ReadonlyMap<string, string>; readonly volumes: readonly string[] }) {
    const storage = ['root', 'run', 'tmp'].map((name) => join(folder, name));
    storage.forEach((name) => mkdirSync(name, { recursive: true }));
    // Overlays cannot be stacked on an overlay, as containers have.
    const driver = spawnSync('stat', ['--file-system', '--format=%T', folder], { encoding: 'utf8' }).stdout.trim() === 'overlayfs' ? 'vfs' : 'overlay';
    this.options = ['--root', storage[0], '--runroot', storage[1], '--storage-driver', driver];
  }

  /** Makes an image of files of this machine. */
  public base(name: string, architecture: Architecture, context: string): string {
    const tag = `localhost/${name}-${architecture}`;
    this.must('bud', '--quiet', '--isolation', 'chroot', '--platform', `linux/${architecture}`, '--tag', tag, context);
    return tag;
  }

  /** Gives images of several architectures one name. */
  public join(name: string, images: readonly string[]): void {
    this.must('manifest', 'create', `localhost/${name}`);
    images.forEach((image) => this.must('manifest', 'add', `localhost/${name}`, image));
  }

  /** Builds as `docker build` is asked by the CDK CLI, with the bases of this machine in place of those of the Dockerfile. */
  public build(tag: string, request: BuildRequest): Output {
    const { directory, file, target, platform, buildArgs = {} } = request;
    const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=10000:10000'];
    return this.run(
      'bud', '--isolation', 'chroot', '--network', 'host', '--pull=never', '--layers', ...limits,
      // BuildKit sets it by itself.
      '--build-arg', `BUILDPLATFORM=linux/${HOST}`,
      ...Object.entries(buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...[...this.settings.bases].flatMap(([image, base]) => ['--build-context', `${image}=container-image://localhost/${base}`]),
      ...this.settings.volumes.flatMap((volume) => ['--volume', volume]),
      ...(target === undefined ? [] : ['--target', target]),
      '--file', join(directory, file ?? 'Dockerfile'), '--platform', platform, '--tag', tag, directory,
    );
  }

  public config(image: string): ImageConfig {
    return (JSON.parse(this.must('inspect', '--type', 'image', image)) as { OCIv1: ImageConfig }).OCIv1;
  }

  /** Where the files of an image are. */
  public files(image: string): string {
    return this.must('mount', this.container(image));
  }

  /** Runs a program of an image of this machine's architecture, as the image's user, or another. */
  public start(image: string, command: readonly string[], environment: Readonly<Record<string, string>> = {}): Output {
    const container = this.container(image);
    return this.run('run', '--isolation', 'chroot', ...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]), container, '--', ...command);
  }

  /** Takes the mounts of containers away, so that the folder can be removed. */
  public end(): void {
    this.run('rm', '--all');
    // Its own folder is a mount too, where layers are overlays.
    spawnSync('umount', ['--lazy', join(this.folder, 'root', 'overlay')]);
  }

  private container(image: string): string {
    return this.must('from', '--pull=never', image);
  }

  private must(...args: string[]): string {
    const { code, text } = this.run(...args);
    if (code !== 0) throw new Error(`'buildah ${args.join(' ')}' ended with ${code}:\n${text}`);
    return text.trim().split('\n').filter((line) => !line.startsWith('WARNING:')).join('\n');
  }

  private run(...args: string[]): Output {
    const { status, stdout, stderr, error } = spawnSync('buildah', [...this.options, ...args], { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 1e8, env: { ...process.env, TMPDIR: join(this.folder, 'tmp') } });
    if (error !== undefined) throw new Error(`buildah cannot be run, as 'bash .ci/tier-images' installs it: ${error.message}`);
    return { code: status, text: stdout + (status === 0 ? '' : stderr) };
  }
}
