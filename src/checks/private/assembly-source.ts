import * as path from 'path';
import type { Artifact, AssemblyFiles, ConstructMetadata } from './assembly-files';
import { resourceKey, type Acknowledgements, type Origin } from './model';
import { NESTED_STACK, type RawResource, type RawTemplate, type TemplateSource } from './source';

/** Under which resources of this library say in their `Metadata` what they are. */
const DESCRIPTION = 'cdk-private-backend';
const DESCRIPTION_VERSION = 1;

/** Reads the template of every stack of a cloud assembly, also of its stages, parents before the nested stacks in them. No app is needed. */
export function readAssembly(files: AssemblyFiles): TemplateSource[] {
  const stacks = withStages(files).flatMap((each) => each.stacks.map(([id, artifact]) => new DeployedStack(each, id, artifact)));
  const found = stacks.map((stack) => ({ stack, source: stack.outer() }));
  // Grows while it is walked: nested stacks may hold further ones.
  for (const { stack, source } of found) {
    found.push(...stack.nestedIn(source).map((nested) => ({ stack, source: nested })));
  }
  return found.map(({ source }) => source);
}

function withStages(files: AssemblyFiles): AssemblyFiles[] {
  return [files, ...files.nested.flatMap(withStages)];
}

/** A stack with the nested stacks in it: they are deployed together, and the manifest has one list of constructs for all. */
class DeployedStack {
  private readonly stackPath: string;
  private readonly metadata: ConstructMetadata;
  private readonly constructPaths: ReadonlyMap<string, string>;
  /** Postures that resources at or below a construct path say they have. */
  private readonly postures = new Map<string, Set<string | undefined>>();

  public constructor(private readonly files: AssemblyFiles, private readonly id: string, private readonly artifact: Artifact) {
    this.stackPath = artifact.displayName ?? id;
    this.metadata = files.metadataOf(artifact);
    this.constructPaths = constructPathsOf(this.stackPath, this.metadata);
  }

  public outer(): TemplateSource {
    const { environment, properties } = this.artifact;
    const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment ?? '') ?? [];
    return this.source(properties?.templateFile ?? '', {
      stackPath: this.stackPath,
      stackName: properties?.stackName ?? this.id,
      region: known(region),
      account: known(account),
    });
  }

  /** The nested stacks that stand directly in a template. Those whose template is not in the folder are missing. */
  public nestedIn(parent: TemplateSource): TemplateSource[] {
    return Object.entries(parent.raw.Resources ?? {}).filter(([, { Type }]) => Type === NESTED_STACK).flatMap(([logicalId, resource]) => {
      const file = this.templateOf(resource);
      if (file === undefined) {
        return [];
      }
      const stackPath = this.pathOf(parent, logicalId).replace(/\.NestedStack\/[^/]+$/, '');
      const { region, account } = parent;
      return [this.source(file, { stackPath, stackName: stackPath, region, account, nestedIn: { stackPath: parent.stackPath, logicalId } })];
    });
  }

  /** Only templates that the CDK wrote: an asset that a user made may be YAML, and the app does not know it as a stack either. */
  private templateOf({ Metadata, Properties }: RawResource): string | undefined {
    const url = JSON.stringify(Properties?.TemplateURL ?? '');
    const named = Metadata?.['aws:asset:path'];
    const candidates = [
      ...(typeof named === 'string' ? [named] : []),
      ...[...this.files.assets, ...legacyAssetsOf(this.metadata)].filter(({ id }) => url.includes(id)).map(({ file }) => file),
    ];
    return candidates.find((file) => file.endsWith('.nested.template.json') && this.files.has(file));
  }

  private source(file: string, place: Pick<TemplateSource, 'stackPath' | 'stackName' | 'region' | 'account' | 'nestedIn'>): TemplateSource {
    const raw = this.files.json(file) as RawTemplate;
    const source = {
      ...place,
      path: path.join(this.files.directory, file),
      text: this.files.text(file),
      raw,
      outerStackPath: this.stackPath,
      judged: false,
      originOf: (logicalId: string) => this.originOf(this.pathOf(source, logicalId)),
    };
    Object.entries(raw.Resources ?? {}).forEach(([logicalId, resource]) => this.hear(this.pathOf(source, logicalId), resource));
    return source;
  }

  private pathOf({ stackPath, raw }: { readonly stackPath: string; readonly raw: RawTemplate }, logicalId: string): string {
    const own = raw.Resources?.[logicalId]?.Metadata?.['aws:cdk:path'];
    return this.constructPaths.get(resourceKey({ stackPath }, logicalId)) ?? (typeof own === 'string' && isWithin(own, stackPath) ? own : `${stackPath}/${logicalId}`);
  }

  /** Notes what posture a resource says it has, for itself and for what has to ask its neighbours. */
  private hear(constructPath: string, { Metadata }: RawResource): void {
    const description = Metadata?.[DESCRIPTION];
    if (typeof description === 'object' && description !== null && !Array.isArray(description) && description.version === DESCRIPTION_VERSION) {
      const { posture, postureApplied } = description;
      const applied = typeof posture === 'string' && postureApplied !== false ? posture : undefined;
      this.outwards(constructPath).forEach((at) => this.postures.set(at, (this.postures.get(at) ?? new Set()).add(applied)));
    }
  }

  private originOf(constructPath: string): Origin {
    const scopes = this.outwards(constructPath);
    // The nearest that say something. Where they disagree nobody knows, and production is asked for.
    const [posture, ...others] = scopes.map((at) => this.postures.get(at)).find((postures) => postures !== undefined) ?? [];
    const acknowledged = scopes.flatMap((at) => this.metadata[`/${at}`] ?? []).filter(({ type }) => type === 'aws:cdk:acknowledged-rules');
    return { constructPath, posture: others.length === 0 ? posture : undefined, acknowledgements: acknowledged.map(({ data }) => data).filter(isAcknowledgements) };
  }

  /** The path, and those around it up to the stack. */
  private outwards(constructPath: string): string[] {
    const outer = isWithin(constructPath, this.stackPath) ? constructPath : this.stackPath;
    const inner = outer.slice(this.stackPath.length).split('/').slice(1);
    return [...inner.map((_, index) => [this.stackPath, ...inner.slice(0, inner.length - index)].join('/')), this.stackPath];
  }
}

/** Construct paths by stack path and logical id: logical ids are unique in a template only, so each belongs to the innermost stack around it. */
function constructPathsOf(stackPath: string, metadata: ConstructMetadata): Map<string, string> {
  const paths = Object.keys(metadata).map((key) => key.slice(1));
  const nested = paths.flatMap((each) => /^(.*)\.NestedStack\/[^/]+\.NestedStackResource$/.exec(each)?.[1] ?? []);
  const stacks = [...nested, stackPath].sort((a, b) => b.length - a.length);
  return new Map(paths.flatMap((each) => {
    const stack = stacks.find((candidate) => isWithin(each, candidate));
    const logicalId = metadata[`/${each}`].find(({ type }) => type === 'aws:cdk:logicalId')?.data;
    return stack === undefined || typeof logicalId !== 'string' ? [] : [[resourceKey({ stackPath: stack }, logicalId), each] as const];
  }));
}

/** Assets of stacks that are deployed without an asset manifest. */
function legacyAssetsOf(metadata: ConstructMetadata): { readonly id: string; readonly file: string }[] {
  return Object.values(metadata).flat().filter(({ type }) => type === 'aws:cdk:asset').flatMap(({ data }) => {
    const { id, path: file } = data as { readonly id?: unknown; readonly path?: unknown };
    return typeof id === 'string' && typeof file === 'string' ? [{ id, file }] : [];
  });
}

function isAcknowledgements(data: unknown): data is Acknowledgements {
  return typeof data === 'object' && data !== null && Object.values(data).every((reason) => typeof reason === 'string');
}

function isWithin(constructPath: string, ancestor: string): boolean {
  return constructPath.startsWith(`${ancestor}/`);
}

function known(value: string | undefined): string | undefined {
  return value === 'unknown-account' || value === 'unknown-region' ? undefined : value;
}
