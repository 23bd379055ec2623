/** A value of a template with its intrinsic functions resolved, as far as the templates of the app decide it. */
export type ModelValue = string | number | boolean | null | readonly ModelValue[] | ModelMap | Reference | Text | Unknown;

/** A map of a template, as policies and properties are. */
export interface ModelMap { readonly [key: string]: ModelValue }

/** A reference to a resource: `Ref` (attribute `Ref`) or `Fn::GetAtt`. */
export class Reference {
  public constructor(public readonly resource: ModelResource, public readonly attribute: string) {}

  public toString(): string {
    return this.attribute === 'Ref' ? `\${${this.resource.logicalId}}` : `\${${this.resource.logicalId}.${this.attribute}}`;
  }
}

/** A text that is known in part: a joined ARN, a URL with an endpoint in it. */
export class Text {
  public constructor(public readonly parts: readonly (string | Reference | Unknown)[]) {}

  public toString(): string {
    return this.parts.map(String).join('');
  }
}

/** What only the deployment decides. Two unknowns with one name are the same value. */
export class Unknown {
  public constructor(public readonly name: string, public readonly reason: string, public readonly mentions: readonly ModelResource[] = []) {}

  public toString(): string {
    return `\${${this.name}}`;
  }
}

/** One synthesised template: of a stack or of a nested stack. */
export interface ModelTemplate {
  /** Absolute path of the file. */
  readonly path: string;
  /** Construct path of the stack; no other template of one synthesis has it. */
  readonly stackPath: string;
  /** Of a nested stack: construct path of the stack that it is deployed with. */
  readonly outerStackPath: string;
  /** Of a nested stack, which CloudFormation names: its construct path. */
  readonly stackName: string;
  readonly region?: string;
  readonly account?: string;
}

/** Reasons by the id of what was accepted. */
export type Acknowledgements = Readonly<Record<string, string>>;

/** What is known of a resource besides its template. */
export interface Origin {
  readonly constructPath: string;
  /** Name of the posture that holds for its construct; undefined where none was applied, or nobody knows. */
  readonly posture?: string;
  /** What was accepted on its construct and on those that it stands in, the nearest first. */
  readonly acknowledgements: readonly Acknowledgements[];
}

/** What a model's resource is made from. */
export interface ModelResourceProps {
  readonly logicalId: string;
  readonly type: string;
  readonly template: ModelTemplate;
  readonly origin: Origin;
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
  readonly dependsOn: readonly string[];
  readonly properties: () => ModelMap;
}

/** A resource of a template. */
export class ModelResource {
  /** The same in every model of one synthesis. */
  public readonly key: string;
  public readonly logicalId: string;
  public readonly type: string;
  public readonly template: ModelTemplate;
  public readonly origin: Origin;
  public readonly deletionPolicy?: string;
  public readonly updateReplacePolicy?: string;
  public readonly dependsOn: readonly string[];
  private readonly resolve: () => ModelMap;
  private resolved?: ModelMap;

  public constructor(props: ModelResourceProps) {
    this.key = resourceKey(props.template, props.logicalId);
    this.logicalId = props.logicalId;
    this.type = props.type;
    this.template = props.template;
    this.origin = props.origin;
    this.deletionPolicy = props.deletionPolicy;
    this.updateReplacePolicy = props.updateReplacePolicy;
    this.dependsOn = props.dependsOn;
    this.resolve = props.properties;
  }

  public get constructPath(): string {
    return this.origin.constructPath;
  }

  /** The construct path as people name it: without the child that is the resource itself. */
  public get name(): string {
    return this.constructPath.replace(/\/(Resource|Default)$/, '');
  }

  /** Properties with intrinsic functions resolved and `AWS::NoValue` left out. */
  public get properties(): ModelMap {
    this.resolved ??= this.resolve();
    return this.resolved;
  }

  /** The value at a path such as `VpcConfig.SubnetIds`. */
  public value(path: string): ModelValue | undefined {
    return path.split('.').reduce<ModelValue | undefined>((value, key) => (isMap(value) ? value[key] : undefined), this.properties);
  }

  /** A literal text, or a number as one; undefined where it is absent or not decided. */
  public text(path: string): string | undefined {
    return literalText(this.value(path));
  }

  public number(path: string): number | undefined {
    const text = this.text(path);
    return text === undefined || text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  }

  public flag(path: string): boolean | undefined {
    const value = this.value(path);
    return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
  }

  /** A list; one value is a list of one, as CloudFormation takes it; none is an empty list. */
  public list(path: string): readonly ModelValue[] {
    return listOf(this.value(path));
  }

  public record(path: string): ModelMap {
    const value = this.value(path);
    return isMap(value) ? value : {};
  }

  /** Every resource that the properties below a path mention, also within texts. */
  public mentions(path?: string): ModelResource[] {
    return [...new Set(mentionsOf(path === undefined ? this.properties : this.value(path)))];
  }
}

/** Every template of one synthesis under one outcome of the conditions that the templates leave open. */
export class TemplateModel {
  private readonly byType = new Map<string, ModelResource[]>();

  public constructor(
    public readonly resources: readonly ModelResource[],
    /** In words, such as `when Stage is 'prod'`; undefined where no condition is open. */
    public readonly condition?: string,
  ) {
    for (const resource of resources) {
      const same = this.byType.get(resource.type);
      if (same === undefined) {
        this.byType.set(resource.type, [resource]);
      } else {
        same.push(resource);
      }
    }
  }

  public ofType(...types: string[]): ModelResource[] {
    return types.flatMap((type) => this.byType.get(type) ?? []);
  }
}

/** Key of a resource over all templates. Two nested stacks may have one file. */
export function resourceKey({ stackPath }: { readonly stackPath: string }, logicalId: string): string {
  return `${stackPath}#${logicalId}`;
}

export function isMap(value: ModelValue | undefined): value is ModelMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSymbolic(value);
}

export function isList(value: ModelValue | undefined): value is readonly ModelValue[] {
  return Array.isArray(value);
}

/** Whether a value is known only in part, or not at all. */
export function isSymbolic(value: ModelValue | undefined): value is Reference | Text | Unknown {
  return value instanceof Reference || value instanceof Text || value instanceof Unknown;
}

export function listOf(value: ModelValue | undefined): readonly ModelValue[] {
  return value === undefined || value === null ? [] : isList(value) ? value : [value];
}

export function literalText(value: ModelValue | undefined): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The resource that a value refers to as a whole. */
export function resourceOf(value: ModelValue | undefined): ModelResource | undefined {
  return value instanceof Reference ? value.resource : undefined;
}

export function mentionsOf(value: ModelValue | undefined): ModelResource[] {
  if (value instanceof Reference) {
    return [value.resource];
  }
  if (value instanceof Unknown) {
    return [...value.mentions];
  }
  if (value instanceof Text) {
    return value.parts.flatMap((part) => (typeof part === 'string' ? [] : mentionsOf(part)));
  }
  return isList(value) ? value.flatMap(mentionsOf) : isMap(value) ? Object.values(value).flatMap(mentionsOf) : [];
}

/** A value in one line, with `${…}` for what is not known. */
export function rendered(value: ModelValue): string {
  if (isList(value)) {
    return `[${value.map(rendered).join(', ')}]`;
  }
  return isMap(value) ? `{${Object.entries(value).map(([key, item]) => `${key}: ${rendered(item)}`).join(', ')}}` : String(value);
}
