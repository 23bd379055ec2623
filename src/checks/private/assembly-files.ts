import * as fs from 'fs';
import * as path from 'path';
import { InvalidBackendError, type ProblemSource } from '../../private/errors';

const MANIFEST = 'manifest.json';

/** A part of a cloud assembly, as its manifest has it. */
export interface Artifact {
  readonly type: string;
  /** Such as `aws://111111111111/eu-west-1`. */
  readonly environment?: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly directoryName?: string; readonly file?: string };
  /** The construct path of a stack. */
  readonly displayName?: string;
  readonly metadata?: ConstructMetadata;
  /** Has the metadata of newer assemblies. */
  readonly additionalMetadataFile?: string;
}

/** What constructs of a stack say, by construct path with a slash in front. */
export type ConstructMetadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;

/** A template of a nested stack, and what its URL holds. */
export interface TemplateAsset {
  readonly id: string;
  readonly file: string;
}

/** A folder that `cdk synth` wrote, read as plain JSON: the file formats outlive the versions of the CDK. */
export class AssemblyFiles {
  /** The folder of the whole app, for a template in it or in the folder of one of its stages. */
  public static around(template: string, asker: ProblemSource): AssemblyFiles {
    let directory = path.dirname(template);
    while (holds(path.dirname(directory), directory)) {
      directory = path.dirname(directory);
    }
    return new AssemblyFiles(directory, asker);
  }

  private readonly artifacts: Readonly<Record<string, Artifact>>;
  private templateAssets?: TemplateAsset[];

  /** @throws InvalidBackendError where there is no manifest, or one that is broken */
  public constructor(public readonly directory: string, private readonly asker: ProblemSource) {
    if (!fs.existsSync(path.join(directory, MANIFEST))) {
      throw new InvalidBackendError(asker, 'Check.noAssembly', `'${directory}' isn't a cloud assembly, because \`manifest.json\` is missing in it. Pass the folder that \`cdk synth\` wrote, such as \`cdk.out\`, or templates in it.`);
    }
    this.artifacts = (this.json(MANIFEST) as { readonly artifacts?: Readonly<Record<string, Artifact>> }).artifacts ?? {};
  }

  /** Stacks by the ids of their artifacts. */
  public get stacks(): [string, Artifact][] {
    return Object.entries(this.artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  }

  /** Of stages. */
  public get nested(): AssemblyFiles[] {
    return this.ofType('cdk:cloud-assembly').map(({ properties }) => new AssemblyFiles(path.join(this.directory, properties?.directoryName ?? ''), this.asker));
  }

  /** Templates of nested stacks that are assets of the stacks here. */
  public get assets(): readonly TemplateAsset[] {
    this.templateAssets ??= this.ofType('cdk:asset-manifest').flatMap(({ properties }) => {
      const { files = {} } = this.json(properties?.file ?? '') as { readonly files?: Record<string, { readonly source?: { readonly path?: string } }> };
      return Object.entries(files).flatMap(([id, { source }]) => (source?.path === undefined ? [] : [{ id, file: source.path }]));
    });
    return this.templateAssets;
  }

  public metadataOf({ metadata = {}, additionalMetadataFile }: Artifact): ConstructMetadata {
    return additionalMetadataFile === undefined ? metadata : { ...metadata, ...this.json(additionalMetadataFile) as ConstructMetadata };
  }

  public has(file: string): boolean {
    return fs.existsSync(path.join(this.directory, file));
  }

  public text(file: string): string {
    return fs.readFileSync(path.join(this.directory, file), 'utf8');
  }

  /** @throws InvalidBackendError for what is not there, or no map in JSON: nothing can be said of a folder that is incomplete */
  public json(file: string): object {
    const { map, reason } = readMap(path.join(this.directory, file));
    if (map === undefined) {
      throw new InvalidBackendError(this.asker, 'Check.unreadable', `'${file}' of the cloud assembly in '${this.directory}' can't be read: "${reason}". Run \`cdk synth\` again.`);
    }
    return map;
  }

  private ofType(type: string): Artifact[] {
    return Object.values(this.artifacts).filter((artifact) => artifact.type === type);
  }
}

/** Whether a folder is an assembly with another one as a stage. Any project may have a `manifest.json` of another kind. */
function holds(parent: string, directory: string): boolean {
  const { artifacts = {} } = (readMap(path.join(parent, MANIFEST)).map ?? {}) as { readonly artifacts?: Record<string, Artifact> };
  return Object.values(artifacts).some(({ type, properties }) => type === 'cdk:cloud-assembly' && path.join(parent, properties?.directoryName ?? '') === directory);
}

/** A map in JSON, or why there is none. */
function readMap(file: string): { readonly map?: object; readonly reason?: string } {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { map: value } : { reason: 'the file isn\'t a JSON object' };
  } catch (error) {
    return { reason: (error as Error).message.replace(/\.$/, '') };
  }
}
