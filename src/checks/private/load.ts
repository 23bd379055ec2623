import { Conditions, type World } from './conditions';
import { Intrinsics, type Surroundings } from './intrinsics';
import { literalText, ModelResource, resourceKey, TemplateModel, type ModelMap } from './model';
import { NESTED_STACK, type Raw, type RawResource, type TemplateSource } from './source';
import type { SourceGroup } from './source-reader';

/** What the templates of one synthesis say. */
export interface LoadedTemplates {
  /** One model for each outcome of the conditions that only the deployment decides; mostly one. */
  readonly models: readonly TemplateModel[];
  /** Keys of nested stacks whose templates nobody has. */
  readonly unread: ReadonlySet<string>;
  /** What could not be looked at. */
  readonly notes: readonly string[];
}

/** Three checks of one synthesis read the same templates. */
const loaded = new WeakMap<object, { readonly key: readonly (string | boolean)[]; readonly templates: LoadedTemplates }>();

/** Resolves the templates that a check is to judge. */
export function loadTemplates({ sources, app }: SourceGroup): LoadedTemplates {
  if (app === undefined) {
    return new Loader(sources).load();
  }
  const key = sources.flatMap(({ path, judged, text }) => [path, judged, text]);
  const before = loaded.get(app);
  if (before?.key.length === key.length && before.key.every((part, index) => part === key[index])) {
    return before.templates;
  }
  const templates = new Loader(sources).load();
  loaded.set(app, { key, templates });
  return templates;
}

/** Makes the models, with every look-up between templates. */
class Loader implements Surroundings {
  private readonly byStackPath: Map<string, TemplateSource>;
  private readonly byStackName: Map<string, TemplateSource>;
  private readonly nestedByParent: Map<string, TemplateSource>;
  private readonly conditions: Conditions;
  private readonly intrinsics: Intrinsics;
  private exports?: Map<string, { readonly source: TemplateSource; readonly value: Raw }>;
  private world: World = new Map();
  private resources = new Map<string, ModelResource>();

  public constructor(private readonly sources: readonly TemplateSource[]) {
    this.byStackPath = new Map(sources.map((source) => [source.stackPath, source]));
    this.byStackName = new Map(sources.filter(({ nestedIn }) => nestedIn === undefined).map((source) => [source.stackName, source]));
    this.nestedByParent = new Map(sources.flatMap((source) => (
      source.nestedIn === undefined ? [] : [[resourceKey(source.nestedIn, source.nestedIn.logicalId), source]]
    )));
    this.conditions = new Conditions(this);
    this.intrinsics = new Intrinsics(this);
  }

  public load(): LoadedTemplates {
    const { worlds, note } = this.conditions.worlds(this.sources);
    return { models: worlds.map((world) => this.model(world)), unread: this.unread(), notes: note === undefined ? [] : [note] };
  }

  public resource(source: TemplateSource, logicalId: string): ModelResource | undefined {
    return this.resources.get(resourceKey(source, logicalId));
  }

  public nested(source: TemplateSource, logicalId: string): TemplateSource | undefined {
    return this.nestedByParent.get(resourceKey(source, logicalId));
  }

  public parent(source: TemplateSource): TemplateSource | undefined {
    return source.nestedIn === undefined ? undefined : this.byStackPath.get(source.nestedIn.stackPath);
  }

  public named(stackName: string): TemplateSource | undefined {
    return this.byStackName.get(stackName);
  }

  public export(name: string): { readonly source: TemplateSource; readonly value: Raw } | undefined {
    this.exports ??= new Map(this.sources.flatMap((source) => Object.values(source.raw.Outputs ?? {}).flatMap(({ Export, Value }) => {
      const exported = Export === undefined ? undefined : literalText(this.intrinsics.resolve(Export.Name, source));
      return exported === undefined ? [] : [[exported, { source, value: Value }] as const];
    })));
    return this.exports.get(name);
  }

  public holds(source: TemplateSource, condition: string): boolean {
    return this.conditions.holds(source, condition, this.world);
  }

  private unread(): Set<string> {
    return new Set(this.sources.flatMap((source) => Object.entries(source.raw.Resources ?? {})
      .filter(([logicalId, { Type }]) => Type === NESTED_STACK && this.nested(source, logicalId) === undefined)
      .map(([logicalId]) => resourceKey(source, logicalId))));
  }

  private model(world: World): TemplateModel {
    this.world = world;
    // Properties are resolved when first read, and then in the world and among the resources of this model.
    const resources = new Map<string, ModelResource>();
    this.resources = resources;
    const enter = () => {
      this.world = world;
      this.resources = resources;
    };
    for (const source of this.sources.filter((each) => this.stands(each))) {
      for (const [logicalId, raw] of Object.entries(source.raw.Resources ?? {})) {
        if (raw.Condition === undefined || this.holds(source, raw.Condition)) {
          resources.set(resourceKey(source, logicalId), this.modelResource(source, logicalId, raw, enter));
        }
      }
    }
    const judged = [...resources.values()].filter(({ template }) => (template as TemplateSource).judged);
    return new TemplateModel(judged, this.conditions.describe(world));
  }

  /** A nested stack stands where the resource that makes it does. */
  private stands(source: TemplateSource): boolean {
    const parent = this.parent(source);
    const condition = parent?.raw.Resources?.[source.nestedIn?.logicalId ?? '']?.Condition;
    return parent === undefined || (this.stands(parent) && (condition === undefined || this.holds(parent, condition)));
  }

  private modelResource(source: TemplateSource, logicalId: string, raw: RawResource, enter: () => void): ModelResource {
    return new ModelResource({
      logicalId,
      type: raw.Type,
      template: source,
      origin: source.originOf(logicalId),
      deletionPolicy: raw.DeletionPolicy,
      updateReplacePolicy: raw.UpdateReplacePolicy,
      dependsOn: raw.DependsOn === undefined ? [] : [raw.DependsOn].flat(),
      properties: (): ModelMap => {
        enter();
        return this.intrinsics.resolveMap(raw.Properties ?? {}, source);
      },
    });
  }
}
